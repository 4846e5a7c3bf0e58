// Nodes of Holdfast under the demo: a cluster as kvctl dev up starts it, or one that runs already.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/kvctl/demo/servers.h"
#include "tools/kvctl/dev_start.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/verify.h"

namespace holdfast::kvctl {
namespace {

constexpr int kServers = 3;
constexpr Nanos kAskPatience = Seconds(1);

class HoldfastServers : public Servers {
 public:
  HoldfastServers(const Session& session, const ServersOptions& options, DevCluster cluster)
      : session_(session), options_(options), cluster_(std::move(cluster)) {
    set_network(options.network);
    session_.options.quiet = true;
  }

  Done Start() override {
    was_there_ = !cluster_.nodes().empty();
    if (!was_there_) {
      std::vector<DevPlace> places(kServers);
      for (int i = 0; options_.network != nullptr && i < kServers; ++i) {
        places[i] = {.host = options_.network->AddressOf(i), .prefix = options_.network->Inside(i)};
      }
      cluster_.Plan(places, options_.base_port);
    }
    Result<ClusterView> view = StartDevCluster(session_, cluster_, {.flags = options_.flags});
    if (!view.ok()) return view.failure();
    FindDoors(*view);
    return Succeeded();
  }

  void End(bool keep_files) override {
    if (was_there_) return;
    Result<int> stopped = cluster_.StopAll();
    if (stopped.ok() && !keep_files) cluster_.Erase();
  }

  std::string Describe() const override {
    return absl::StrCat("Holdfast, ", Count(size(), "node"), " at ",
                        absl::StrJoin(doors_.servers, " ",
                                      [](std::string* out, const Endpoint& server) {
                                        absl::StrAppend(out, server.ToString());
                                      }),
                        was_there_ ? ", which ran already" : "");
  }

  const Doors& doors() const override { return doors_; }
  size_t size() const override { return cluster_.nodes().size(); }
  std::string NameOf(int server) const override {
    return cluster_.nodes()[server].description.name;
  }

  int Leader() override {
    const ClusterView view = Look();
    const NodeRow* primary = view.Primary();
    if (primary == nullptr || !primary->status->group.serving) return -1;
    for (size_t i = 0; i < size(); ++i) {
      if (NameOf(static_cast<int>(i)) == primary->description.name) return static_cast<int>(i);
    }
    return -1;
  }

  bool IsSettled() override {
    // A port of a killed process may not have been free yet when it was started again.
    Result<std::string> binary = NodeBinary();
    if (binary.ok()) (void)cluster_.StartAll(*binary, {});
    const ClusterView view = Look();
    return view.Primary() != nullptr && Judge(view).level == HealthLevel::kHealthy &&
           view.configuration.group.in_sync.size() == size();
  }

  Result<bool> DigestsEqual(const std::vector<std::string>&) override {
    Result<std::vector<MemberDigest>> digests = ReadDigests(session_, Look());
    if (!digests.ok()) return digests.failure();
    return digests->size() == size() && AllEqual(*digests);
  }

 protected:
  std::vector<DevProcess> ProcessesOf(int server) const override {
    return {cluster_.nodes()[server].process};
  }

  Done Restart() override {
    Result<std::string> binary = NodeBinary();
    if (!binary.ok()) return binary.failure();
    return cluster_.StartAll(*binary, {});
  }

 private:
  // What the nodes say that are not hit.
  ClusterView Look() {
    std::vector<Question> questions;
    for (size_t i = 0; i < size(); ++i) {
      if (!IsHit(static_cast<int>(i)))
        questions.push_back({doors_.servers[i], {"HOLDFAST", "STATUS"}});
    }
    const std::vector<Answer> answers = AskAll(questions, {.patience = kAskPatience});
    std::vector<Report> reports;
    for (size_t i = 0; i < answers.size(); ++i) {
      reports.push_back(MakeReport(questions[i].to, answers[i]));
    }
    return Assemble(reports);
  }

  void FindDoors(const ClusterView& view) {
    doors_.master_name = view.configuration.name;
    doors_.cluster = true;
    for (const DevNode& node : cluster_.nodes()) {
      const Endpoint server = ClientEndpoint(node.description);
      doors_.servers.push_back(server);
      const std::vector<ReplyValue> replies = Converse(
          server, {{"CLUSTER", "SLOTS"}, {"CONFIG", "GET", "sentinel-port"}}, kAskPatience);
      doors_.cluster = doors_.cluster && replies.size() == 2 && !replies[0].is_error();
      int port = 0;
      if (replies.size() < 2 || replies[1].children.size() < 2 ||
          !absl::SimpleAtoi(replies[1].children[1].text, &port) || port <= 0 || port > UINT16_MAX) {
        continue;
      }
      const Endpoint sentinel{server.host, static_cast<uint16_t>(port)};
      const std::vector<ReplyValue> named = Converse(
          sentinel, {{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", doors_.master_name}}, kAskPatience);
      if (named.size() == 1 && named[0].children.size() == 2) doors_.sentinels.push_back(sentinel);
    }
  }

  Session session_;
  const ServersOptions options_;
  DevCluster cluster_;
  Doors doors_;
  bool was_there_ = false;
};

}  // namespace

Result<std::unique_ptr<Servers>> MakeHoldfastServers(const Session& session,
                                                     const ServersOptions& options) {
  Result<DevCluster> cluster = DevCluster::Load(options.directory);
  if (!cluster.ok()) return cluster.failure();
  if (options.network != nullptr && !cluster->nodes().empty()) {
    return UsageFailure(absl::StrCat("the cluster in ", cluster->directory(),
                                     " is not in a network that can be partitioned"),
                        "end it with kvctl dev down, or name another --dir");
  }
  return std::unique_ptr<Servers>(
      std::make_unique<HoldfastServers>(session, options, std::move(*cluster)));
}

}  // namespace holdfast::kvctl
