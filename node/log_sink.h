// The production Logger: lines in Redis's form, to standard output, a file or syslog, through
// spdlog.
//
//   12345:M 21 Nov 2026 08:33:58.123 * Ready to accept connections
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "net/runtime/logger.h"

namespace holdfast {

struct LogSinkOptions {
  LogLevel level = LogLevel::kNotice;
  std::string file;  // empty: standard output
  bool syslog = false;
  std::string syslog_ident;
  int syslog_facility = 0;  // LOG_LOCAL0 and so on
};

// Fails if the file cannot be opened for appending.
absl::StatusOr<std::unique_ptr<Logger>> MakeLogSink(const LogSinkOptions& options);

}  // namespace holdfast
