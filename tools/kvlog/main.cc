// kvlog: looks into a log on disk, while no node uses it.
//
//   kvlog verify DIRECTORY                  what there is, and whether it is sound
//   kvlog dump DIRECTORY [--after LSN] [--until LSN] [--text-bytes N]
//   kvlog truncate DIRECTORY --after LSN [--yes]
//
// Exit codes: 0 sound (a torn tail is told, and is no error), 1 damaged or failed, 2 usage,
// 7 refused.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/epoll/epoll_runtime.h"
#include "net/runtime/logger.h"
#include "storage/effects/describe.h"
#include "storage/log/log_files.h"
#include "storage/log/log_recovery.h"

namespace holdfast {
namespace {

constexpr int kFailed = 1;
constexpr int kRefused = 7;

class StderrLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view line) override {
    absl::FPrintF(stderr, "kvlog: %s\n", line);
  }
  void SetLevel(LogLevel) override {}
};

int Complain(const absl::Status& status) {
  absl::FPrintF(stderr, "kvlog: %s\n", status.message());
  return kFailed;
}

// One run of the program on a runtime of one loop.
class Run {
 public:
  explicit Run(ThreadedRuntime& runtime) : runtime_(runtime) {}

  // Reads the whole log behind `after`, showing its records to `visit`.
  absl::StatusOr<RecoveredLog> Recover(
      const std::string& directory, Lsn after,
      absl::AnyInvocable<absl::Status(const Record&, const LogPosition&)> visit) {
    absl::StatusOr<RecoveredLog> result = absl::UnknownError("nothing was read");
    Disk& disk = runtime_.loop(0).disk();
    runtime_.loop(0).Post([&, visit = std::move(visit)]() mutable {
      RecoverLog(disk, {.directory = directory, .after = after, .visit = std::move(visit)},
                 [&](absl::StatusOr<RecoveredLog> recovered) {
                   result = std::move(recovered);
                   runtime_.Stop();
                 });
    });
    runtime_.Run();
    return result;
  }

 private:
  ThreadedRuntime& runtime_;
};

void PrintSummary(const RecoveredLog& log) {
  if (!log.log_id) {
    absl::PrintF("no log\n");
    return;
  }
  absl::PrintF("log %016x: records %d to %d, epoch %d, hash %016x\n", *log.log_id,
               log.before_first.lsn.value + 1, log.tail.position.lsn.value,
               log.tail.position.epoch.value, log.tail.position.hash);
  for (const LogFiles::Segment& segment : log.tail.segments) {
    absl::PrintF("  %s  %d bytes\n", SegmentName(segment.first), segment.bytes);
  }
  if (!log.cut_off.empty()) absl::PrintF("torn tail, not counted: %s\n", log.cut_off);
}

int Verify(Run& run, const std::string& directory) {
  const auto log = run.Recover(directory, Lsn{}, [](const Record& record, const LogPosition&) {
    return DescribeEffects(record.payload, 0).status();
  });
  if (!log.ok()) return Complain(log.status());
  PrintSummary(*log);
  return 0;
}

struct DumpOptions {
  uint64_t after = 0;
  uint64_t until = UINT64_MAX;
  size_t text_bytes = 64;
};

int Dump(Run& run, const std::string& directory, const DumpOptions& options) {
  const auto log = run.Recover(
      directory, Lsn{options.after}, [&](const Record& record, const LogPosition&) -> absl::Status {
        const RecordHeader& header = record.header;
        if (header.lsn.value > options.until) return absl::OkStatus();
        const auto effects = DescribeEffects(record.payload, options.text_bytes);
        if (!effects.ok()) return effects.status();
        absl::PrintF("%d epoch=%d time=%d commit=%d bytes=%d %s\n", header.lsn.value,
                     header.epoch.value, header.log_time.value, header.commit.value,
                     header.payload_bytes, *effects);
        return absl::OkStatus();
      });
  if (!log.ok()) return Complain(log.status());
  if (!log->cut_off.empty()) {
    absl::FPrintF(stderr, "kvlog: torn tail, not shown: %s\n", log->cut_off);
  }
  return 0;
}

// Cuts the log behind a record. Another run, since a runtime runs once.
int Truncate(ThreadedRuntime& runtime, const std::string& directory, const RecoveredLog& log,
             const LogPosition& keep) {
  absl::Status failure;
  std::unique_ptr<LogFiles> files;
  EventLoop& loop = runtime.loop(0);
  loop.Post([&] {
    files = std::make_unique<LogFiles>(
        loop.disk(), LogFiles::Options{.directory = directory, .log_id = *log.log_id},
        LogFiles::Hooks{.on_progress = [] {},
                        .on_failure =
                            [&](absl::Status status) {
                              failure = status;
                              runtime.Stop();
                            }});
    files->Continue(log.tail);
    files->CutBack(keep);
    files->Do("ending", [&](const StatusHandler&) { runtime.Stop(); });
  });
  runtime.Run();
  return failure.ok() ? 0 : Complain(failure);
}

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeRuntime(Logger& logger) {
  return MakeEpollRuntime({.loops = 1, .logger = &logger});
}

int TruncateCommand(const std::string& directory, uint64_t after, bool sure, Logger& logger) {
  auto reading = MakeRuntime(logger);
  if (!reading.ok()) return Complain(reading.status());
  std::optional<LogPosition> last_kept;
  const auto log =
      Run(**reading).Recover(directory, Lsn{}, [&](const Record&, const LogPosition& at) {
        if (at.lsn.value <= after) last_kept = at;
        return absl::OkStatus();
      });
  if (!log.ok()) return Complain(log.status());
  const uint64_t first = log->before_first.lsn.value;
  const uint64_t last = log->tail.position.lsn.value;
  if (!log->log_id || after >= last || after < first) {
    absl::FPrintF(stderr, "kvlog: nothing to cut behind %d: the log has records %d to %d\n", after,
                  first + 1, last);
    return kRefused;
  }
  if (!sure) {
    absl::FPrintF(stderr,
                  "kvlog: this would remove %d records, %d to %d, for good; nothing was changed\n"
                  "  try: kvlog truncate %s --after %d --yes\n",
                  last - after, after + 1, last, directory, after);
    return kRefused;
  }
  auto writing = MakeRuntime(logger);
  if (!writing.ok()) return Complain(writing.status());
  const int code = Truncate(**writing, directory, *log, last_kept.value_or(log->before_first));
  if (code == 0) absl::PrintF("removed %d records behind %d\n", last - after, after);
  return code;
}

int Main(int argc, char** argv) {
  CLI::App app("Looks into a log on disk, while no node uses it.", "kvlog");
  app.require_subcommand(1);
  std::string directory;
  DumpOptions dump_options;
  uint64_t keep = 0;
  bool sure = false;
  const auto add = [&](const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("directory", directory, "where the segments are")->required();
    return command;
  };
  CLI::App* verify = add("verify", "Tells what there is, and whether it is sound");
  CLI::App* dump = add("dump", "Prints a line for each record");
  dump->add_option("--after", dump_options.after, "begin behind this LSN");
  dump->add_option("--until", dump_options.until, "end with this LSN");
  dump->add_option("--text-bytes", dump_options.text_bytes, "of keys and values, so much is shown");
  CLI::App* truncate = add("truncate", "Removes the records behind an LSN");
  truncate->add_option("--after", keep, "the last LSN that stays")->required();
  truncate->add_flag("--yes", sure, "do it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  StderrLogger logger;
  if (truncate->parsed()) return TruncateCommand(directory, keep, sure, logger);
  auto runtime = MakeRuntime(logger);
  if (!runtime.ok()) return Complain(runtime.status());
  Run run(**runtime);
  return verify->parsed() ? Verify(run, directory) : Dump(run, directory, dump_options);
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) { return holdfast::Main(argc, argv); }
