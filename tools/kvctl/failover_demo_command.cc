// kvctl dev failover-demo: servers are hit under load, and what clients were told is judged.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/posix/system.h"
#include "sim/check/history_file.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/demo/report.h"
#include "tools/kvctl/dev_start.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr char kRedisDirectory[] = "holdfast-demo-redis";
constexpr int kRedisPort = 7201;
// What no order explains is shown up to here.
constexpr size_t kViolationBytesShown = 2000;

const std::map<std::string, Victim> kVictims = {
    {"primary", Victim::kPrimary}, {"replica", Victim::kReplica}, {"random", Victim::kRandom}};
const std::map<std::string, Fault> kFaults = {
    {"kill", Fault::kKill}, {"stop", Fault::kStop}, {"partition", Fault::kPartition}};

template <typename T>
std::string NameIn(const std::map<std::string, T>& names, T value) {
  for (const auto& [name, named] : names) {
    if (named == value) return name;
  }
  return "";
}

class FailoverDemoCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand(
        "failover-demo", "Hit a server under load and count what is lost [-- kvnode flags]");
    command->add_option("--rounds", rounds_, "How many (default 3)")
        ->check(CLI::Range(1, 10'000))
        ->type_name("COUNT");
    command->add_option("--kill", victim_, "Who is hit: primary (default), replica or random")
        ->type_name("WHO")
        ->transform(CLI::CheckedTransformer(kVictims).description(""));
    command->add_option("--fault", fault_, "What happens: kill (default), stop or partition")
        ->type_name("WHAT")
        ->transform(CLI::CheckedTransformer(kFaults).description(""));
    command->add_option("--durability", durability_, "replicated (default) or async: a control")
        ->type_name("MODE")
        ->check(CLI::IsMember({"replicated", "async"}).description(""));
    command->add_option("--against", against_, "redis: the same on redis-server and its sentinels")
        ->type_name("SERVER")
        ->check(CLI::IsMember({"redis"}).description(""));
    command->add_option("--history", history_, "Keep what clients asked and saw")
        ->type_name("FILE");
    command->add_option("--check", check_, "Judge such a file again; nothing is started")
        ->type_name("FILE");
    command
        ->add_option("--rate", traffic_.operations_per_second,
                     "Operations a second, of all clients (default 5000)")
        ->check(CLI::Range(100, 1'000'000))
        ->type_name("COUNT");
    command->add_option("--clients", traffic_.clients, "How many (default 9)")
        ->check(CLI::Range(3, 1000))
        ->type_name("COUNT");
    command->add_option("--dir", directory_,
                        "Of the cluster to use, or to start (default ./holdfast-dev)");
    command->add_option("--base-port", base_port_, "The first port of what is started")
        ->check(CLI::Range(1024, 55'000))
        ->type_name("PORT");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    if (!check_.empty()) return Check(session);
    std::optional<Network> network;
    if (fault_ == Fault::kPartition) {
      network.emplace(3);
      Done built = network->Build();
      if (!built.ok()) return built.failure();
    }
    Result<std::unique_ptr<Servers>> servers =
        MakeServers(session, network.has_value() ? &*network : nullptr);
    if (!servers.ok()) return servers.failure();
    Done started = (*servers)->Start();
    Result<ExitCode> done = started.ok() ? RunAll(session, **servers) : started.failure();
    // Nobody who was there before stays stopped, and nothing that was started stays.
    NoticeInterrupt();
    Done healed = (*servers)->Heal();
    (*servers)->End(/*keep_files=*/!done.ok() && done.failure().exit == ExitCode::kTimeout);
    if (done.ok() && !healed.ok()) return healed.failure();
    return done;
  }

 private:
  Result<std::unique_ptr<Servers>> MakeServers(const Session& session, Network* network) {
    const bool redis = against_ == "redis";
    if (redis && durability_ == "async") {
      return UsageFailure("redis-server has no durability to choose: it is always async");
    }
    std::error_code error;
    const std::string directory = std::filesystem::absolute(!directory_.empty() ? directory_
                                                            : redis             ? kRedisDirectory
                                                                    : kDevDirectoryDefault,
                                                            error)
                                      .string();
    const ServersOptions options{.directory = directory,
                                 .base_port = static_cast<uint16_t>(base_port_ != 0 ? base_port_
                                                                    : redis         ? kRedisPort
                                                                            : kDevPortDefault),
                                 .flags = session.passthrough,
                                 .network = network};
    if (redis) return MakeRedisServers(options);
    return MakeHoldfastServers(session, options);
  }

  Result<ExitCode> RunAll(Session& session, Servers& servers) {
    std::ofstream file;
    if (!history_.empty()) {
      file.open(history_, std::ios::trunc);
      if (!file) return CannotWrite();
    }
    if (!session.is_json()) session.Out(Preamble(servers) + RoundHeader());
    Summary summary;
    nlohmann::json rounds = nlohmann::json::array();
    SystemEntropy entropy;
    // Keys of another run may be there.
    const std::string run = absl::StrFormat("demo:%08x", entropy.Next() & 0xffffffff);
    for (int number = 1; number <= rounds_; ++number) {
      Record record(absl::StrCat(run, ":", number));
      RoundOptions options{
          .number = number, .victim = victim_, .fault = fault_, .traffic = traffic_};
      options.traffic.async = durability_ == "async";
      options.traffic.seed = entropy.Next();
      Result<RoundResult> result = RunRound(servers, options, record);
      for (const Operation& operation : record.history()) {
        if (file.is_open()) file << HistoryLine(operation);
      }
      if (!result.ok()) return result.failure();
      summary.Add(*result);
      rounds.push_back(RoundJson(*result));
      if (!session.is_json()) session.Out(RoundLine(*result));
      if (!result->violation.empty()) {
        session.Note(result->violation.substr(0, kViolationBytesShown) + "\n");
      }
    }
    if (file.is_open() && !file.flush()) return CannotWrite();
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.failover-demo/v1"},
                       {"servers", servers.Describe()},
                       {"durability", durability_},
                       {"fault", NameIn(kFaults, fault_)},
                       {"rounds", rounds},
                       {"summary", SummaryJson(summary)}});
    } else {
      session.Out(SummaryLine(summary));
    }
    return summary.ok() ? ExitCode::kOk : ExitCode::kFailed;
  }

  std::string Preamble(const Servers& servers) const {
    std::map<absl::string_view, int> counts;
    for (const Door door : DoorsOfClients(traffic_.clients, servers.doors())) {
      ++counts[DoorName(door)];
    }
    std::string clients;
    for (const auto& [door, count] : counts) absl::StrAppend(&clients, ", ", count, " ", door);
    return absl::StrCat(
        servers.Describe(), "\n", NameIn(kFaults, fault_), " of the ",
        victim_ == Victim::kRandom ? "primary or a replica" : NameIn(kVictims, victim_),
        " under load: ", traffic_.clients, " clients", clients, "; ",
        traffic_.operations_per_second, " operations/s; durability ", durability_, "\n\n");
  }

  Result<ExitCode> Check(Session& session) const {
    absl::StatusOr<History> history = ReadHistory(check_);
    if (!history.ok()) {
      return UsageFailure(
          absl::StrCat("cannot judge ", check_, ": ", std::string(history.status().message())),
          "name a file that --history wrote");
    }
    const Tally tally = Count(*history);
    const LinearizabilityResult judged = JudgeHistory(*history);
    const bool ok = judged.ok() && tally.lost == 0 && tally.stale == 0 && tally.phantom == 0;
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.failover-demo-check/v1"},
                       {"operations", history->size()},
                       {"keys", judged.groups},
                       {"undecided", judged.undecided_groups},
                       {"lost", tally.lost},
                       {"stale", tally.stale},
                       {"phantom", tally.phantom},
                       {"linearizable", judged.ok()},
                       {"ok", ok}});
    } else {
      session.Out(absl::StrCat(history->size(), " operations on ", Count(judged.groups, "key"),
                               ": ", tally.lost, " of ", tally.acknowledged,
                               " acknowledged writes lost, ", tally.stale, " stale reads, ",
                               tally.phantom, " phantoms; ", Count(judged.undecided_groups, "key"),
                               " undecided; ", judged.ok() ? "" : "not ", "linearizable\n"));
    }
    if (!judged.ok()) session.Note(judged.violation.substr(0, kViolationBytesShown) + "\n");
    return ok ? ExitCode::kOk : ExitCode::kFailed;
  }

  Failure CannotWrite() const {
    return {.code = "FILE",
            .what = absl::StrCat("cannot write ", history_),
            .next = "name another file with --history"};
  }

  int rounds_ = 3;
  Victim victim_ = Victim::kPrimary;
  Fault fault_ = Fault::kKill;
  std::string durability_ = "replicated";
  std::string against_;
  std::string history_, check_, directory_;
  TrafficOptions traffic_;
  int base_port_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeFailoverDemoCommand() {
  return std::make_unique<FailoverDemoCommand>();
}

}  // namespace holdfast::kvctl
