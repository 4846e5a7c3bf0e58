#include "tools/kvctl/demo/round.h"

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "net/posix/system.h"
#include "sim/check/history_file.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr Nanos kWarmUp = Seconds(1);
// A server that is not killed stays away longer than any failover takes here.
constexpr Nanos kAwayAtLeast = Seconds(4);
constexpr Nanos kRecoverPatience = Seconds(60);
constexpr Nanos kSettlePatience = Seconds(120);
constexpr Nanos kAfterwards = Milliseconds(500);
constexpr Nanos kReadPatience = Seconds(20);
constexpr uint64_t kWritesThatShowRecovery = 500;
constexpr Nanos kLookEvery = Milliseconds(200);

Failure Stuck(std::string what) {
  if (Interrupted()) {
    return {.exit = ExitCode::kInterrupted, .code = "INTERRUPTED", .what = "interrupted"};
  }
  return {.exit = ExitCode::kTimeout,
          .code = "TIMED_OUT",
          .what = std::move(what),
          .next = "look at the logs in the servers' directory; kvctl dev down --dir removes it"};
}

int Choose(Servers& servers, const RoundOptions& options, int leader) {
  Prng random(options.traffic.seed);
  const int count = static_cast<int>(servers.size());
  if (options.victim == Victim::kPrimary) return leader;
  if (options.victim == Victim::kRandom) return static_cast<int>(random.Below(count));
  return (leader + 1 + static_cast<int>(random.Below(count - 1))) % count;
}

// Asks something of the servers now and then; in between it remembers the answer.
class Occasionally {
 public:
  explicit Occasionally(std::function<bool()> look) : look_(std::move(look)) {}
  bool operator()() {
    const Nanos now = SystemClock().Monotonic();
    if (now - looked_ < kLookEvery) return false;
    const bool holds = look_();
    looked_ = SystemClock().Monotonic();
    return holds;
  }

 private:
  std::function<bool()> look_;
  Nanos looked_;
};

// Every key once more, into the record; false if not all could be read.
bool ReadAll(const Endpoint& server, Record& record) {
  const SystemClock clock;
  const uint32_t connection = record.NextConnection();
  std::vector<Request> requests;
  std::vector<size_t> places;
  for (const std::string& key : record.keys()) {
    requests.push_back({"GET", key});
    places.push_back(
        record.NoteRequest(kLastReader, connection, clock.Monotonic(), requests.back()));
  }
  std::vector<ReplyValue> replies = Converse(server, requests, kReadPatience);
  for (size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].is_error()) return false;
    record.NoteReply(places[i], clock.Monotonic(), std::move(replies[i]));
  }
  return replies.size() == requests.size();
}

}  // namespace

Result<RoundResult> RunRound(Servers& servers, const RoundOptions& options, Record& record) {
  const SystemClock clock;
  int leader = servers.Leader();
  if (leader < 0) return Stuck("no server leads before the fault");
  TrafficOptions traffic_options = options.traffic;
  traffic_options.primary = servers.doors().servers[leader];
  Traffic traffic(traffic_options, servers.doors(), record);
  const Nanos begun = clock.Monotonic();
  if (traffic.Run(kWarmUp, [] { return false; }), Interrupted()) return Stuck("");

  const int victim = Choose(servers, options, leader);
  RoundResult result{
      .number = options.number, .hit = servers.NameOf(victim), .hit_primary = victim == leader};
  const Nanos since = clock.Monotonic();
  result.operations_per_second = static_cast<double>(record.history().size()) * 1e9 /
                                 static_cast<double>((since - begun).value);
  Done hit = servers.Hit(victim, options.fault);
  if (!hit.ok()) return hit.failure();
  const Nanos earliest = options.fault == Fault::kKill ? since : since + kAwayAtLeast;
  Occasionally leads([&] { return servers.Leader() >= 0; });
  const bool recovered = traffic.Run(kRecoverPatience, [&] {
    return clock.Monotonic() >= earliest &&
           record.AcknowledgedSince(since) >= kWritesThatShowRecovery && leads();
  });
  // Whatever came of it, nobody stays hit.
  Done healed = servers.Heal();
  if (!healed.ok()) return healed.failure();
  if (!recovered) return Stuck("nobody took over after the fault");
  Occasionally settled([&] { return servers.IsSettled(); });
  if (!traffic.Run(kSettlePatience, [&] { return settled(); })) {
    return Stuck("the servers do not all take part again");
  }
  if (traffic.Run(kAfterwards, [] { return false; }), Interrupted()) return Stuck("");
  const Nanos until = clock.Monotonic();
  traffic.Finish();

  leader = servers.Leader();
  if (leader < 0 || !ReadAll(servers.doors().servers[leader], record)) {
    return Stuck("the keys cannot be read at the end");
  }
  Result<bool> equal = servers.DigestsEqual(record.keys());
  if (!equal.ok()) return equal.failure();
  result.digests_equal = *equal;
  result.gap = record.LongestGap(since, until);
  result.tally = Count(record.history());
  const LinearizabilityResult judged = JudgeHistory(record.history());
  result.linearizable = judged.ok();
  result.undecided = judged.undecided_groups;
  result.violation = judged.violation;
  return result;
}

}  // namespace holdfast::kvctl
