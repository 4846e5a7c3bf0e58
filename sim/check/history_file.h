// History files: what clients of real servers recorded, a JSON object a line.
//
//   {"client": 1, "connection": 7, "begin": 12, "end": 34, "command": ["SET", "k", "5"],
//    "reply": "+OK\r\n"}
//
// Times are nanoseconds of one clock. Requests of a connection stand in the order they were sent.
// `end` and `reply` are missing if no reply came: the command may take effect once, at any time
// after its begin, or never. Fields that are not named here are passed over.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sim/check/history.h"
#include "sim/check/linearizability.h"

namespace holdfast {

// The error names the file and the line that is wrong.
absl::StatusOr<History> ReadHistory(const std::string& path);

// One operation of one command, with the line's end.
std::string HistoryLine(const Operation& operation);

// Could one server, executing one operation at a time, have given these replies? A key is read and
// written by few here, so what a search needs is nearly linear; what it may need if many replies
// are missing is bounded.
LinearizabilityResult JudgeHistory(const History& history);

}  // namespace holdfast
