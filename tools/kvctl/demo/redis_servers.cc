// Debian's redis-server and redis-sentinel under the demo, three of each, as their documentation
// has them: one primary, two replicas, a sentinel beside each, a quorum of two.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "net/posix/system.h"
#include "tools/kvctl/demo/servers.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr int kServers = 3;
constexpr int kSentinelPortDistance = 20;
constexpr int kDownAfterMillis = 500;
constexpr char kMaster[] = "shop";
constexpr Nanos kAskPatience = Seconds(1);
constexpr Nanos kStartPatience = Seconds(30);

class RedisServers : public Servers {
 public:
  explicit RedisServers(const ServersOptions& options) : options_(options) {
    set_network(options.network);
    for (int i = 0; i < kServers; ++i) {
      const std::string host =
          options.network == nullptr ? "127.0.0.1" : options.network->AddressOf(i);
      const auto port = static_cast<uint16_t>(options.base_port + i);
      doors_.servers.push_back({host, port});
      doors_.sentinels.push_back({host, static_cast<uint16_t>(port + kSentinelPortDistance)});
    }
    doors_.master_name = kMaster;
  }

  Done Start() override {
    Result<std::string> version = RunProgram({"redis-server", "--version"});
    if (!version.ok()) {
      return Failure{.code = "NO_REDIS",
                     .what = "there is no redis-server to compare with",
                     .why = version.failure().why,
                     .next = "ops/setup installs it"};
    }
    version_ = VersionIn(*version);
    Done free = CheckPortsFree();
    if (!free.ok()) return free;
    for (int i = 0; i < kServers; ++i) {
      WriteConfiguration(i);
      Done server = Launch(i, "redis.conf", {}, &servers_[i]);
      if (!server.ok()) return server;
      Done sentinel = Launch(i, "sentinel.conf", {"--sentinel"}, &sentinels_[i]);
      if (!sentinel.ok()) return sentinel;
    }
    const SystemClock clock;
    const Nanos end = clock.Monotonic() + kStartPatience;
    while (clock.Monotonic() < end && PauseFor(Milliseconds(100))) {
      if (IsSettled() && SentinelsKnowAll()) return Succeeded();
    }
    return Failure{.exit = Interrupted() ? ExitCode::kInterrupted : ExitCode::kTimeout,
                   .code = Interrupted() ? "INTERRUPTED" : "TIMED_OUT",
                   .what = "redis-server and its sentinels did not find each other",
                   .next = absl::StrCat("see the logs in ", options_.directory)};
  }

  void End(bool keep_files) override {
    for (int i = 0; i < kServers; ++i) {
      for (const DevProcess& process : {servers_[i], sentinels_[i]}) {
        // A process that stands still does not end before it goes on.
        Signal(process, SIGCONT);
        Signal(process, SIGKILL);
      }
    }
    std::error_code ignored;
    if (!keep_files) std::filesystem::remove_all(options_.directory, ignored);
  }

  std::string Describe() const override {
    return absl::StrCat("redis-server ", version_,
                        ", three with their default configuration, and three sentinels\n",
                        "  added: replicaof on two of them; sentinel monitor ", kMaster,
                        " <primary> 2; sentinel ", "down-after-milliseconds ", kMaster, " ",
                        kDownAfterMillis,
                        options_.network == nullptr ? "" : "; bind, protected-mode no");
  }

  const Doors& doors() const override { return doors_; }
  size_t size() const override { return kServers; }
  std::string NameOf(int server) const override { return absl::StrCat("redis", server + 1); }

  int Leader() override {
    for (int i = 0; i < kServers; ++i) {
      if (IsHit(i)) continue;
      const std::vector<ReplyValue> named = Converse(
          doors_.sentinels[i], {{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMaster}}, kAskPatience);
      int port = 0;
      if (named.empty() || named[0].children.size() != 2 ||
          !absl::SimpleAtoi(named[0].children[1].text, &port)) {
        continue;
      }
      const Endpoint master{named[0].children[0].text, static_cast<uint16_t>(port)};
      const auto found = std::find(doors_.servers.begin(), doors_.servers.end(), master);
      const int leader = static_cast<int>(found - doors_.servers.begin());
      if (leader == kServers || IsHit(leader)) continue;
      if (absl::StrContains(Info(leader), "role:master")) return leader;
    }
    return -1;
  }

  bool IsSettled() override {
    const int leader = Leader();
    if (leader < 0) return false;
    const std::string info = Info(leader);
    if (!absl::StrContains(info, "connected_slaves:2")) return false;
    for (int i = 0; i < kServers; ++i) {
      if (i == leader) continue;
      const std::string replica = Info(i);
      if (!absl::StrContains(replica, "role:slave") ||
          !absl::StrContains(replica, absl::StrCat("master_port:", doors_.servers[leader].port)) ||
          !absl::StrContains(replica, "master_link_status:up")) {
        return false;
      }
    }
    return true;
  }

  Result<bool> DigestsEqual(const std::vector<std::string>& keys) override {
    constexpr int kLooks = 50;
    for (int look = 0; look < kLooks && !SameOffsets(); ++look) PauseFor(Milliseconds(100));
    return SameContents(doors_.servers, keys);
  }

 protected:
  std::vector<DevProcess> ProcessesOf(int server) const override { return {servers_[server]}; }

  Done Restart() override {
    for (int i = 0; i < kServers; ++i) {
      if (IsRunning(servers_[i])) continue;
      Done started = Launch(i, "redis.conf", {}, &servers_[i]);
      if (!started.ok()) return started;
    }
    return Succeeded();
  }

 private:
  // "Redis server v=7.0.15 sha=..."
  static std::string VersionIn(const std::string& text) {
    for (absl::string_view word : absl::StrSplit(text, ' ')) {
      if (absl::ConsumePrefix(&word, "v=")) return std::string(word);
    }
    return "of an unknown version";
  }

  Done CheckPortsFree() const {
    for (const std::vector<Endpoint>& endpoints : {doors_.servers, doors_.sentinels}) {
      for (const Endpoint& endpoint : endpoints) {
        if (Converse(endpoint, {{"PING"}}, Milliseconds(200)).empty()) continue;
        return Failure{
            .code = "PORT_IN_USE",
            .what = absl::StrCat("something listens at ", endpoint.ToString(), " already"),
            .next = "choose other ports with --base-port",
            .effect = "nothing was started"};
      }
    }
    return Succeeded();
  }

  std::string HomeOf(int server) const {
    return absl::StrCat(options_.directory, "/", NameOf(server));
  }

  void WriteConfiguration(int i) const {
    const Endpoint& server = doors_.servers[i];
    const Endpoint& first = doors_.servers[0];
    const std::string home = HomeOf(i);
    std::filesystem::create_directories(home);
    const std::string place = options_.network == nullptr
                                  ? ""
                                  : absl::StrCat("bind ", server.host, "\nprotected-mode no\n");
    std::ofstream redis(home + "/redis.conf");
    redis << "port " << server.port << "\ndir " << home << "\n" << place;
    if (i != 0) redis << "replicaof " << first.host << " " << first.port << "\n";
    std::ofstream sentinel(home + "/sentinel.conf");
    sentinel << "port " << doors_.sentinels[i].port << "\ndir " << home << "\n"
             << place << "sentinel monitor " << kMaster << " " << first.host << " " << first.port
             << " 2\nsentinel down-after-milliseconds " << kMaster << " " << kDownAfterMillis
             << "\n";
  }

  Done Launch(int i, const std::string& file, const std::vector<std::string>& more,
              DevProcess* process) const {
    std::vector<std::string> words;
    if (options_.network != nullptr) words = options_.network->Inside(i);
    words.insert(words.end(), {"redis-server", absl::StrCat(HomeOf(i), "/", file)});
    words.insert(words.end(), more.begin(), more.end());
    Result<DevProcess> started = Spawn({.binary = words[0],
                                        .arguments = {words.begin() + 1, words.end()},
                                        .environment = "HOLDFAST_DEMO=1",
                                        .log_path = absl::StrCat(HomeOf(i), "/", file, ".log")});
    if (!started.ok()) return started.failure();
    *process = *started;
    return Succeeded();
  }

  std::string Info(int server) const {
    const std::vector<ReplyValue> replies =
        Converse(doors_.servers[server], {{"INFO", "replication"}}, kAskPatience);
    return replies.empty() ? "" : replies[0].text;
  }

  // Every sentinel knows the other two and both replicas.
  bool SentinelsKnowAll() const {
    return std::all_of(
        doors_.sentinels.begin(), doors_.sentinels.end(), [](const Endpoint& sentinel) {
          const std::vector<ReplyValue> replies =
              Converse(sentinel, {{"INFO", "sentinel"}}, kAskPatience);
          return !replies.empty() && absl::StrContains(replies[0].text, "slaves=2,sentinels=3");
        });
  }

  bool SameOffsets() const {
    std::vector<std::string> offsets;
    for (int i = 0; i < kServers; ++i) {
      const std::string info = Info(i);
      for (absl::string_view line : absl::StrSplit(info, "\r\n")) {
        if (absl::ConsumePrefix(&line, "master_repl_offset:")) offsets.emplace_back(line);
      }
    }
    return offsets.size() == kServers && offsets[0] == offsets[1] && offsets[1] == offsets[2];
  }

  const ServersOptions options_;
  Doors doors_;
  std::string version_;
  DevProcess servers_[kServers];
  DevProcess sentinels_[kServers];
};

}  // namespace

std::unique_ptr<Servers> MakeRedisServers(const ServersOptions& options) {
  return std::make_unique<RedisServers>(options);
}

}  // namespace holdfast::kvctl
