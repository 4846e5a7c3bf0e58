#include "node/log_sink.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr char kPattern[] = "%P:M %d %b %Y %H:%M:%S.%e %v";

char LevelMark(LogLevel level) { return ".-*#"[static_cast<int>(level)]; }

class LogSink : public Logger {
 public:
  LogSink(LogLevel level, std::vector<spdlog::sink_ptr> sinks)
      : level_(level), log_("holdfast", sinks.begin(), sinks.end()) {
    log_.set_pattern(kPattern);
    log_.flush_on(spdlog::level::trace);
  }
  void Write(LogLevel level, absl::string_view line) override {
    if (level < level_.load(std::memory_order_relaxed)) return;
    log_.info("{} {}", LevelMark(level), spdlog::string_view_t(line.data(), line.size()));
  }
  void SetLevel(LogLevel level) override { level_.store(level, std::memory_order_relaxed); }

 private:
  std::atomic<LogLevel> level_;
  spdlog::logger log_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Logger>> MakeLogSink(const LogSinkOptions& options) {
  std::vector<spdlog::sink_ptr> sinks;
  if (options.file.empty()) {
    sinks.push_back(std::make_shared<spdlog::sinks::stdout_sink_mt>());
  } else {
    // The library reports a file that it cannot open by an exception; it ends here.
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
    } catch (const spdlog::spdlog_ex& error) {
      return absl::UnavailableError(
          absl::StrCat("can't open the log file '", options.file, "': ", error.what()));
    }
  }
  if (options.syslog) {
    sinks.push_back(std::make_shared<spdlog::sinks::syslog_sink_mt>(
        options.syslog_ident, 0, options.syslog_facility, /*enable_formatting=*/false));
  }
  return std::make_unique<LogSink>(options.level, std::move(sinks));
}

}  // namespace holdfast
