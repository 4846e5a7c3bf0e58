// Slowlog: the slowest commands of late, newest first, for SLOWLOG.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace holdfast {

struct SlowlogEntry {
  uint64_t id = 0;
  int64_t unix_seconds = 0;
  int64_t microseconds = 0;
  std::vector<std::string> arguments;  // cut as Redis cuts them
  std::string client_address;
  std::string client_name;
};

class Slowlog {
 public:
  // Keeps at most `length_max` entries. Arguments past the 32nd and bytes past the 128th of each
  // are replaced by a note of how many there were. Any thread, as all others.
  void Add(SlowlogEntry entry, absl::Span<const absl::string_view> arguments, size_t length_max);
  // The newest `count` entries.
  std::vector<SlowlogEntry> Newest(size_t count) const;
  size_t size() const;
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::deque<SlowlogEntry> entries_;  // newest first
  uint64_t next_id_ = 0;
};

}  // namespace holdfast
