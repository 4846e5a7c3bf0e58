#include "tools/kvctl/watch.h"

#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr char kIntervalDefault[] = "2s";
constexpr char kHomeAndClear[] = "\x1b[H\x1b[2J";

}  // namespace

void Watch::Declare(CLI::App* command) {
  option_ = command->add_option("-w,--watch", interval_, "Again and again, every 2s or SPAN")
                ->expected(0, 1)
                ->type_name("SPAN");
}

Result<ExitCode> Watch::Run(const Session& session,
                            const std::function<Result<ExitCode>(int)>& show) {
  if (option_->count() == 0) return show(2);
  Result<Nanos> interval = ParseDuration(interval_.empty() ? kIntervalDefault : interval_);
  if (!interval.ok()) return interval.failure();
  const bool in_place = session.stdout_is_terminal() && !session.is_json();
  while (true) {
    if (in_place) session.Out(kHomeAndClear);
    Result<ExitCode> shown = show(-1);
    if (!shown.ok()) {
      if (shown.failure().exit == ExitCode::kInterrupted) break;
      session.Report(shown.failure());
    }
    if (!PauseFor(*interval)) break;
    if (!in_place && !session.is_json()) session.Out("\n");
  }
  return ExitCode::kInterrupted;
}

}  // namespace holdfast::kvctl
