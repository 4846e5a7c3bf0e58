// Knobs: what one seed's life is made of, as named numbers.
//
// Each is drawn from a sub-stream of its own name, so that a knob that is set by hand, or a new
// one, leaves the others as they were. A script (sim/script.h) may set any of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

enum class Profile { kSingle, kCluster, kDisk };
absl::string_view NameOf(Profile profile);
std::optional<Profile> ProfileNamed(absl::string_view name);

struct Knobs {
  // Machines.
  int64_t nodes = 1;  // that hold data
  int64_t witnesses = 0;
  int64_t workers = 1;
  // The cluster's configuration.
  int64_t min_in_sync = 0;
  int64_t confirm_reads = 0;
  int64_t redirects = 0;  // replicas send clients away instead of passing their requests on
  int64_t backlog_bytes = 0;
  int64_t window_bytes = 0;
  int64_t block_bytes = 0;  // of a snapshot; such small ones also go one at a time
  // The disk. A log there, and when it is synced: 0 once a second, 1 before anything is
  // acknowledged, 2 never; and after how many changes a snapshot is saved, 0: never.
  int64_t log_on_disk = 0;
  int64_t fsync = 0;
  int64_t save_changes = 0;
  // Clients.
  int64_t clients = 1;
  int64_t replica_readers = 0;
  int64_t tags = 1;
  int64_t keys_per_tag = 1;
  int64_t operations = 1000;
  int64_t ballast_keys = 0;  // that nobody touches, so that a full sync takes its time
  // Times.
  int64_t chaos_ms = 0;     // both halves together
  int64_t false_start = 0;  // a first life of the nodes ends before they serve
  // Which faults: a bit per class of sim/fault.h.
  int64_t fault_classes = 0;
  int64_t stressed_class = 0;  // counted from 1
  // The network.
  int64_t latency_max_us = 500;
  int64_t bytes_per_second = 0;
  int64_t socket_window_bytes = 0;
  int64_t reset_per_10000_segments = 0;
  int64_t connect_failures_per_100 = 0;
  // Microseconds of lag per priority; 0: events run when they are due.
  int64_t priority_step_us = 0;

  bool operator==(const Knobs&) const = default;
};

Knobs DrawKnobs(uint64_t seed, Profile profile);
// Names, in the order above.
std::vector<absl::string_view> KnobNames();
int64_t GetKnob(const Knobs& knobs, absl::string_view name);
// False if there is no such knob.
bool SetKnob(Knobs& knobs, absl::string_view name, int64_t value);

}  // namespace holdfast
