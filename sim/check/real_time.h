// RealTime: do places in the log agree with what clients could tell about before and after?
//
//   connection 1   | SET a 1, place 7 |
//   connection 2                         | GET a, place 5 |        wrong: it began after 7 was told
//
// Two operations are compared if they meet at a hash tag (nothing else is promised about them), or
// are on one connection. A place is compared by LSN, then writes before reads, then log_time.
//
// 1. An operation that ended before another began stands before it; a read may share its place.
// 2. On a hash tag log_time never falls from place to place.
// 3. On one connection the order sent is the order of places.
// 4. Reads on a replica are compared with those of the same connection only, but over all keys.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/check/history.h"

namespace holdfast {

struct Place {
  Lsn lsn;
  bool is_read = false;
  Millis log_time;
  auto operator<=>(const Place&) const = default;
};

// The hash tags, or whole keys, that the operation touches; sorted. One that touches every key
// touches all of `known`, which are sorted.
std::vector<std::string> TagsOf(const Operation& operation, const std::vector<std::string>& known);

class RealTime {
 public:
  struct Item {
    const Operation* operation = nullptr;
    Place place;
    bool on_replica = false;
  };
  void Add(const Item& item) { items_.push_back(item); }
  // Empty, or two operations that contradict.
  std::string Check() const;

 private:
  using Group = std::vector<const Item*>;
  std::vector<std::string> AllTags() const;
  static std::string CheckOverlap(Group group);
  static std::string CheckLogTime(Group group);
  static std::string CheckConnection(const Group& group);

  std::vector<Item> items_;
};

}  // namespace holdfast
