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
};

}  // namespace holdfast
