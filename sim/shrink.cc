#include "sim/shrink.h"

#include <utility>
#include <vector>

#include "net/base/limits.h"
#include "sim/ddmin.h"
#include "sim/isolated_run.h"

namespace holdfast {
namespace {

using NamedOperation = std::pair<Script::OperationName, std::vector<Command>>;

// What a knob is set to, if the run stays red, in the order tried.
struct Plainer {
  absl::string_view knob;
  int64_t value;
};
constexpr Plainer kPlainer[] = {
    {"false_start", 0},
    {"priority_step_us", 0},
    {"replica_readers", 0},
    {"bytes_per_second", 0},
    {"socket_window_bytes", 0},
    {"reset_per_10000_segments", 0},
    {"connect_failures_per_100", 0},
    {"latency_max_us", 500},
    {"backlog_bytes", 0},
    {"window_bytes", 0},
    {"workers", 1},
    {"clients", 2},
    {"clients", 1},
    {"witnesses", 0},
    {"nodes", 3},
};

class Shrinker {
 public:
  explicit Shrinker(const Script& script) {
    IsolatedRun run = RunIsolated(script, true);
    result_.violation = run.violation;
    result_.script = std::move(run.script);
    if (!result_.script.faults) result_.script.faults = result_.script.AllFaults();
  }

  ShrinkResult Run() {
    if (result_.violation.empty()) return result_;
    // The recording itself must be red, or it is of no use.
    if (!Try(result_.script)) return result_;
    for (size_t before = 0; before != Size();) {
      before = Size();
      ShrinkFaults();
      ShrinkOperations();
      ShrinkKnobs();
    }
    return result_;
  }

 private:
  size_t Size() const {
    return result_.script.faults->size() +
           (result_.script.operations ? result_.script.operations->size() : 0);
  }

  // Keeps the candidate if it is red for the same reason.
  bool Try(const Script& candidate) {
    if (++result_.runs > limits::kShrinkRunsMax) return false;
    const IsolatedRun run = RunIsolated(candidate, false);
    if (run.violation.empty() || KindOf(run.violation) != KindOf(result_.violation)) return false;
    result_.violation = run.violation;
    result_.script = candidate;
    return true;
  }

  void ShrinkFaults() {
    Ddmin<Fault>(*result_.script.faults, [this](const std::vector<Fault>& rest) {
      Script candidate = result_.script;
      candidate.faults = rest;
      return Try(candidate);
    });
  }

  void ShrinkOperations() {
    if (!result_.script.operations) return;
    const auto& all = *result_.script.operations;
    Ddmin<NamedOperation>({all.begin(), all.end()},
                          [this](const std::vector<NamedOperation>& rest) {
                            Script candidate = result_.script;
                            candidate.operations->clear();
                            candidate.operations->insert(rest.begin(), rest.end());
                            return Try(candidate);
                          });
  }

  void ShrinkKnobs() {
    for (const Plainer& plainer : kPlainer) {
      if (GetKnob(result_.script.AllKnobs(), plainer.knob) == plainer.value) continue;
      Script candidate = result_.script;
      candidate.knobs[std::string(plainer.knob)] = plainer.value;
      Try(candidate);
    }
  }

  ShrinkResult result_;
};

}  // namespace

ShrinkResult Shrink(const Script& script) { return Shrinker(script).Run(); }

}  // namespace holdfast
