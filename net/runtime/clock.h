// What time it is. Read through this interface only; the simulator bends it.
#pragma once

#include "net/base/types.h"

namespace holdfast {

class Clock {
 public:
  virtual ~Clock() = default;

  // Nanoseconds since an arbitrary start. Never falls, and runs on while the machine is suspended
  // (CLOCK_BOOTTIME). Its rate may be off by the drift of the oscillator. Any thread.
  virtual Nanos Monotonic() const = 0;

  // Nanoseconds since the Unix epoch as the operating system believes. May jump both ways. Any
  // thread.
  virtual Nanos Wall() const = 0;
};

}  // namespace holdfast
