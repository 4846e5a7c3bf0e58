// kvctl status: how the cluster is, in words, and what each node believes.
#include <nlohmann/json.hpp>

#include "net/base/limits.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/status_render.h"

namespace holdfast::kvctl {
namespace {

class StatusCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("status", "Show health, nodes, and what each believes");
    watch_option_ =
        command->add_option("-w,--watch", interval_, "Again and again, every 2s or SPAN")
            ->expected(0, 1)
            ->type_name("SPAN");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    if (watch_option_->count() == 0) return Show(session, 2);
    Result<Nanos> interval = ParseDuration(interval_.empty() ? kIntervalDefault : interval_);
    if (!interval.ok()) return interval.failure();
    // On a terminal each picture replaces the last one; elsewhere each is a line, or a paragraph.
    const bool in_place = session.stdout_is_terminal() && !session.is_json();
    while (true) {
      if (in_place) session.Out("\x1b[H\x1b[2J");
      Result<ExitCode> shown = Show(session, -1);
      if (!shown.ok()) {
        if (shown.failure().exit == ExitCode::kInterrupted) break;
        session.Report(shown.failure());
      }
      if (!PauseFor(*interval)) break;
      if (!in_place && !session.is_json()) session.Out("\n");
    }
    return ExitCode::kInterrupted;
  }

 private:
  static constexpr char kIntervalDefault[] = "2s";

  static Result<ExitCode> Show(const Session& session, int json_indent) {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    const Health health = Judge(*view);
    if (session.is_json()) {
      session.OutJson(StatusJson(*view, health), json_indent);
    } else {
      session.Out(StatusText(session, *view, health));
    }
    return HealthExitCode(health.level);
  }

  CLI::Option* watch_option_ = nullptr;
  std::string interval_;
};

}  // namespace

std::unique_ptr<Command> MakeStatusCommand() { return std::make_unique<StatusCommand>(); }

}  // namespace holdfast::kvctl
