// Progress: how far something long has come, on stderr.
//
// On a terminal one line is drawn over and over; elsewhere a line comes for each new state and each
// further ten percent.
#pragma once

#include <optional>
#include <string>

#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

class Progress {
 public:
  explicit Progress(const Session& session) : session_(session) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const std::string& state, std::optional<double> percent);

 private:
  const Session& session_;
  std::string state_shown_;
  int tens_shown_ = -1;
  bool line_is_open_ = false;
};

// "[##########--------------]".
std::string Bar(double percent);

}  // namespace holdfast::kvctl
