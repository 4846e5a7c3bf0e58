// Where log lines go: a file, stdout or syslog in production, the trace in simulation.
#pragma once

#include "absl/strings/string_view.h"

namespace holdfast {

// Redis's four levels, loudest last.
enum class LogLevel { kDebug, kVerbose, kNotice, kWarning };

class Logger {
 public:
  virtual ~Logger() = default;
  // One line without its newline. Any thread.
  virtual void Write(LogLevel level, absl::string_view line) = 0;
  // Lines below the level may be dropped from now on. Any thread; a Logger that keeps every line
  // need not listen.
  virtual void SetLevel(LogLevel) {}
};

}  // namespace holdfast
