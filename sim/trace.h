// Trace: what happened, as a rolling hash, and as text for whoever compares two runs.
//
//   hash' = mix(hash, time, actor, incarnation, event name, payload)
//
// Two runs of one seed are the same run if and only if their hashes agree. When they do not, both
// are run again with a recording, and the first line that differs tells where they parted.
//
// 1. Lines are only made while somebody records them; hashing goes on regardless and does not
// depend
//    on it.
// 2. Notes are text without weight: they are recorded but not hashed.
#pragma once

#include <compare>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

// Who an event belongs to: a process in its nth life, a client, the network, the world.
struct Actor {
  uint32_t id = 0;
  uint32_t incarnation = 0;
  auto operator<=>(const Actor&) const = default;
};

class Trace {
 public:
  void Add(Nanos time, Actor actor, absl::string_view event, uint64_t payload);
  void Note(Nanos time, Actor actor, absl::string_view text);

  uint64_t hash() const { return hash_; }
  uint64_t event_count() const { return event_count_; }

  // Keeps the last `count` lines; 0 (the default) keeps none.
  void KeepLast(size_t count) { keep_ = count; }
  const std::deque<std::string>& kept() const { return kept_; }
  // Writes every line to the file, which must outlive the recording; null stops it.
  void WriteTo(std::FILE* file) { file_ = file; }
  bool recording() const { return keep_ > 0 || file_ != nullptr; }

 private:
  void Record(std::string line);

  uint64_t hash_ = 0;
  uint64_t event_count_ = 0;
  size_t keep_ = 0;
  std::deque<std::string> kept_;
  std::FILE* file_ = nullptr;
};

}  // namespace holdfast
