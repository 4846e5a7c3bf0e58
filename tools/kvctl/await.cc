#include "tools/kvctl/await.h"

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/posix/system.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

Failure Left(const Awaited& awaited) {
  return {.exit = ExitCode::kInterrupted,
          .code = "INTERRUPTED",
          .what = absl::StrCat("no longer waiting until ", awaited.what),
          .why = "interrupted",
          .next = "kvctl status -w",
          .effect = awaited.goes_on};
}

Failure TimedOut(const Awaited& awaited, Result<ClusterView>& last) {
  std::string state;
  if (last.ok()) {
    const Health health = Judge(*last);
    state = absl::StrCat(HealthLevelName(health.level), ": ", health.headline);
    for (const std::string& note : health.notes) absl::StrAppend(&state, "; ", note);
  } else {
    state = absl::StrCat(last.failure().what, ": ", last.failure().why);
  }
  return {.exit = ExitCode::kTimeout,
          .code = "TIMED_OUT",
          .what = absl::StrCat("not within ", DurationText(awaited.patience), ": ", awaited.what),
          .why = state,
          .next = "kvctl status",
          .effect = awaited.goes_on};
}

}  // namespace

Result<ClusterView> Await(const Session& session, const Awaited& awaited) {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + awaited.patience;
  while (true) {
    Result<ClusterView> view = Gather(session);
    if (view.ok()) {
      if (awaited.show) awaited.show(*view);
      if (awaited.holds(*view)) return view;
    } else if (view.failure().exit == ExitCode::kUsage) {
      return view.failure();
    }
    if (Interrupted()) return Left(awaited);
    if (clock.Monotonic() >= end) return TimedOut(awaited, view);
    PauseFor(std::min(Milliseconds(limits::kControlLookMillis), end - clock.Monotonic()));
  }
}

}  // namespace holdfast::kvctl
