// Processes that outlive kvctl, known again by a later run.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

// A number alone may have gone to somebody else since.
struct DevProcess {
  pid_t pid = 0;              // 0: none
  uint64_t started_tick = 0;  // in the kernel's clock ticks since boot
};

struct SpawnOptions {
  std::string binary;
  std::vector<std::string> arguments;
  std::string environment;  // one more "NAME=value"
  std::string log_path;     // gets stdout and stderr, appended
};

// In a session of its own, so that a Ctrl-C here does not reach it. A binary without a slash is
// looked for in PATH.
Result<DevProcess> Spawn(const SpawnOptions& options);

// Whether it is this process that runs, and not only its remains.
bool IsRunning(const DevProcess& process);

// Sends the signal if it runs.
void Signal(const DevProcess& process, int number);

// Runs a program to its end; what it wrote to stdout, or a failure with what it wrote at all.
Result<std::string> RunProgram(const std::vector<std::string>& words);

}  // namespace holdfast::kvctl
