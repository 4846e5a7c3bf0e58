// Workload: what a simulated client asks for: operations on a few hot keys, so that they collide.
//
// Keys that may meet in one command share a hash tag. Even keys are mostly strings and odd ones
// mostly lists; now and then one is used as the other. Deadlines are from one millisecond to
// ttl_max.
#pragma once

#include <string>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/log_time_bounds.h"
#include "sim/kernel.h"

namespace holdfast {

struct WorkloadProfile {
  int tags = 4;
  int keys_per_tag = 4;
  int64_t ttl_max_ms = 5000;
  // How often a new deadline is given where one may be.
  Ratio with_deadline{1, 2};
  Ratio transaction{1, 20};
  Ratio other_type{1, 20};
};

class Workload {
 public:
  // Values are unique over all workloads with different entities. The bounds tell what absolute
  // deadlines to ask for.
  Workload(const Kernel& kernel, const WorkloadProfile& profile, const LogTimeBounds& bounds,
           uint64_t entity);

  // The next operation; only its commands are set.
  Operation Next();
  // The next operation, which only reads.
  Operation NextRead();

  // One write of many keys of a tag of their own.
  static Operation Ballast(int64_t keys);
  // A read of how many of them there are.
  static Operation CountBallast(int64_t keys);
  // Deletes every key.
  static Operation FlushAll();
  static std::vector<std::string> AllKeys(const WorkloadProfile& profile);

 private:
  static std::string KeyName(uint64_t tag, uint64_t index);
  std::string Key(uint64_t tag, bool list);
  std::string AnyKey(uint64_t tag);
  std::string Value();
  std::string Ttl();
  std::string Deadline();

  Command Next(uint64_t tag);
  Command StringCommand(uint64_t tag);
  Command SetCommand(const std::string& key);
  Command GetExCommand(const std::string& key);
  Command ListCommand(uint64_t tag);
  Command KeyCommand(uint64_t tag);

  const Kernel& kernel_;
  const WorkloadProfile profile_;
  const LogTimeBounds& bounds_;
  const uint64_t entity_;
  Draws draws_;
  uint64_t next_value_ = 0;
};

}  // namespace holdfast
