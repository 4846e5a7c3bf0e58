// kvctl doctor: what is not as it should be before it hurts.
//
// | id   | looks at                                                    |
// |------|-------------------------------------------------------------|
// | D001 | the cluster's health, as status has it                      |
// | D002 | nodes that cannot be asked                                  |
// | D003 | one release everywhere                                      |
// | D004 | the same settings everywhere                                |
// | D005 | clocks of the nodes, as they see each other                 |
// | D006 | an odd number of voters                                     |
// | D007 | two nodes on one machine                                    |
// | D008 | memory near its limit                                       |
// | D009 | an operation on the configuration of unknown outcome        |
// | D010 | a password, once nodes can be reached from other machines   |
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/preflight.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

constexpr double kClockOffsetMsMax = 100;
constexpr double kMemoryShareMax = 0.9;

enum class Grade { kOk, kWarning, kFailure };

struct Finding {
  std::string id;
  Grade grade;
  std::string text;
};

absl::string_view GradeName(Grade grade) {
  constexpr absl::string_view kNames[] = {"OK", "WARN", "FAIL"};
  return kNames[static_cast<size_t>(grade)];
}

bool IsLoopback(const std::string& host) {
  return absl::StartsWith(host, "127.") || host == "localhost" || host == "::1";
}

class Doctor {
 public:
  Doctor(const Session& session, const ClusterView& view) : session_(session), view_(view) {}

  std::vector<Finding> Examine() {
    LookAtHealth();
    LookAtNodes();
    LookAtClocks();
    LookAtVoters();
    LookAtMachines();
    LookAtSettings();
    return std::move(findings_);
  }

 private:
  void Say(std::string id, Grade grade, std::string text) {
    findings_.push_back({std::move(id), grade, std::move(text)});
  }
  // One line: the troubles, or that there are none.
  void Judged(std::string id, const std::vector<std::string>& troubles, std::string fine,
              Grade grade = Grade::kWarning) {
    if (troubles.empty()) return Say(std::move(id), Grade::kOk, std::move(fine));
    Say(std::move(id), grade, absl::StrJoin(troubles, "; "));
  }

  void LookAtHealth() {
    const Health health = Judge(view_);
    Say("D001",
        health.level == HealthLevel::kHealthy    ? Grade::kOk
        : health.level == HealthLevel::kDegraded ? Grade::kWarning
                                                 : Grade::kFailure,
        health.headline);
  }

  void LookAtNodes() {
    std::vector<std::string> unreachable, open;
    std::set<std::string> versions;
    for (const NodeRow& row : view_.rows) {
      if (row.description.client_port == 0) continue;
      if (!row.status.has_value()) {
        unreachable.push_back(absl::StrCat(row.description.name, ": ", row.trouble));
        continue;
      }
      versions.insert(row.status->version);
      if (row.status->config_register.open) {
        open.push_back(absl::StrCat(row.description.name, ": ", row.status->config_register.why));
      }
    }
    Judged("D002", unreachable,
           absl::StrCat("all of ", Count(view_.rows.size(), "node"), " answer"), Grade::kFailure);
    const std::string list = absl::StrJoin(versions, ", ");
    Say("D003", versions.size() > 1 ? Grade::kWarning : Grade::kOk,
        versions.size() > 1 ? absl::StrCat("several releases: ", list) : "one release: " + list);
    Judged("D009", open, "no open operation on the configuration");
  }

  void LookAtClocks() {
    std::vector<NodeDescription> nodes;
    for (const NodeRow& row : view_.rows) {
      if (row.status.has_value()) nodes.push_back(row.description);
    }
    std::vector<std::string> apart;
    double greatest = 0;
    for (const NodeFinding& finding : Preflight(session_, nodes)) {
      for (const auto& [looker, peer] : finding.from) {
        const double offset = std::abs(peer.clock_offset_ms.value_or(0));
        greatest = std::max(greatest, offset);
        if (offset <= kClockOffsetMsMax) continue;
        apart.push_back(
            absl::StrFormat("%s's clock is %.0f ms from %s's", finding.node.name, offset, looker));
      }
    }
    Judged("D005", apart, absl::StrFormat("clocks are at most %.0f ms apart", greatest));
  }

  void LookAtVoters() {
    const size_t voters = view_.configuration.voters.size();
    if (voters % 2 == 1 && voters > 1) {
      return Say("D006", Grade::kOk, absl::StrCat(voters, " voters"));
    }
    Say("D006", Grade::kWarning,
        absl::StrCat(Count(voters, "voter"), ": ",
                     voters > 1 ? "one more or one fewer survives as much"
                                : "without it there is no failover",
                     "; 3 or 5 are usual"));
  }

  void LookAtMachines() {
    std::map<std::string, std::vector<std::string>> machines;
    for (const NodeRow& row : view_.rows) {
      // On one machine for development they are meant to be.
      if (!IsLoopback(row.description.host)) {
        machines[row.description.host].push_back(row.description.name);
      }
    }
    std::vector<std::string> shared;
    for (const auto& [host, names] : machines) {
      if (names.size() < 2) continue;
      shared.push_back(absl::StrCat(absl::StrJoin(names, ", "), " are on one machine, ", host));
    }
    Judged("D007", shared,
           machines.empty() ? "a cluster on this machine" : "a machine for each node");
  }

  void LookAtSettings() {
    Result<std::vector<NodeReply>> replies = AskNodes(session_, view_, {"CONFIG", "GET", "*"});
    if (!replies.ok()) {
      return Say("D004", Grade::kWarning,
                 absl::StrCat("settings cannot be read: ", replies.failure().why));
    }
    std::map<std::string, std::set<std::string>> values;
    std::vector<std::string> open;
    for (const NodeReply& reply : *replies) {
      const std::vector<ReplyValue>& words = reply.value.children;
      for (size_t i = 0; i + 1 < words.size(); i += 2) {
        values[words[i].text].insert(words[i + 1].text);
        const bool bare = words[i].text == "requirepass" && words[i + 1].text.empty();
        if (bare && !IsLoopback(reply.row->description.host)) {
          open.push_back(reply.row->description.name);
        }
      }
    }
    std::vector<std::string> different;
    for (const char* name : {"maxmemory", "maxmemory-policy", "min-in-sync", "durability",
                             "suspect-after", "lease", "heartbeat", "appendonly"}) {
      if (values[name].size() > 1) different.push_back(absl::StrCat(name, " differs"));
    }
    if (!different.empty()) different.push_back("kvctl config diff shows it");
    Judged("D004", different, "the same settings where it matters");
    std::vector<std::string> unguarded;
    if (!open.empty()) {
      unguarded.push_back(absl::StrCat(absl::StrJoin(open, ", "),
                                       " take requests from other machines without a password"));
    }
    Judged("D010", unguarded, "passwords where they are needed");
    LookAtMemory();
  }

  void LookAtMemory() {
    Result<std::vector<NodeReply>> replies = AskNodes(session_, view_, {"INFO", "memory"});
    if (!replies.ok()) return;
    std::vector<std::string> full;
    for (const NodeReply& reply : *replies) {
      double used = 0, limit = 0;
      if (!absl::SimpleAtod(InfoField(reply.value.text, "used_memory"), &used) ||
          !absl::SimpleAtod(InfoField(reply.value.text, "maxmemory"), &limit)) {
        continue;
      }
      if (limit == 0 || used / limit < kMemoryShareMax) continue;
      full.push_back(absl::StrFormat("%s uses %.0f %% of maxmemory", reply.row->description.name,
                                     100 * used / limit));
    }
    Judged("D008", full, "memory below its limits");
  }

  const Session& session_;
  const ClusterView& view_;
  std::vector<Finding> findings_;
};

class DoctorCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    return app.add_subcommand("doctor", "Look for what will hurt later");
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    const std::vector<Finding> findings = Doctor(session, *view).Examine();
    size_t counts[3] = {0, 0, 0};
    Json list = Json::array();
    for (const Finding& finding : findings) {
      ++counts[static_cast<size_t>(finding.grade)];
      list.push_back(
          {{"id", finding.id}, {"grade", GradeName(finding.grade).data()}, {"text", finding.text}});
      if (session.is_json()) continue;
      const Color color = finding.grade == Grade::kOk        ? Color::kGreen
                          : finding.grade == Grade::kWarning ? Color::kYellow
                                                             : Color::kRed;
      session.Out(
          absl::StrCat(session.Paint(color, absl::StrFormat("%-4s", GradeName(finding.grade))),
                       "  ", finding.id, "  ", finding.text, "\n"));
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.doctor/v1"}, {"findings", list}});
    } else {
      session.Out(absl::StrCat(counts[0], " ok, ", Count(counts[1], "warning"), ", ",
                               Count(counts[2], "failure"), "\n"));
    }
    return counts[1] + counts[2] == 0 ? ExitCode::kOk : ExitCode::kDegraded;
  }
};

}  // namespace

std::unique_ptr<Command> MakeDoctorCommand() { return std::make_unique<DoctorCommand>(); }

}  // namespace holdfast::kvctl
