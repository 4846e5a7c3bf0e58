// The operating system's clocks, entropy and process figures.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/runtime/clock.h"
#include "net/runtime/entropy.h"
#include "net/runtime/runtime.h"

namespace holdfast {

class SystemClock : public Clock {
 public:
  Nanos Monotonic() const override;
  Nanos Wall() const override;
};

class SystemEntropy : public Entropy {
 public:
  uint64_t Next() override;
};

// "<what>: <text of the errno value>", with the status code that belongs to it.
absl::Status ErrnoStatus(int error, absl::string_view what);

uint64_t ResidentBytes();
uint64_t MachineMemoryBytes();
Runtime::CpuTime ProcessCpuTime();

// Raises the soft limit of open files towards `wanted`, as far as the hard limit allows; returns
// the limit that holds now.
uint64_t RaiseDescriptorLimit(uint64_t wanted);

// Names the calling thread for top and debuggers; at most 15 bytes are kept.
void NameThread(const std::string& name);

}  // namespace holdfast
