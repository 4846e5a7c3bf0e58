// Runs a script in a process of its own, so that a node that aborts costs one run and nothing else.
#pragma once

#include <string>

#include "sim/script.h"

namespace holdfast {

struct IsolatedRun {
  // Empty, or what went wrong; a process that died says so.
  std::string violation;
  // With `record`: the run's script with everything listed; the script as given if it died.
  Script script;
};

IsolatedRun RunIsolated(const Script& script, bool record);

// What makes two violations the same mistake: the words before the first digit or colon.
std::string KindOf(const std::string& violation);

}  // namespace holdfast
