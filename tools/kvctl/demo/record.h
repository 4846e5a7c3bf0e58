// Record: what the clients of a round asked and saw, and what that says in words of operators.
//
// 1. A key is written once, by one client, to a value that nobody else writes; everybody reads what
//    was written lately. So an acknowledged write that the last reads do not find is lost: nothing
//    can have taken its place.
// 2. The last reads are those of client 0, on connections of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/base/types.h"
#include "sim/check/history.h"

namespace holdfast::kvctl {

inline constexpr uint32_t kLastReader = 0;

// What a record says, counted in a way that needs no checker.
struct Tally {
  uint64_t operations = 0;
  uint64_t acknowledged = 0;   // writes
  uint64_t lost = 0;           // acknowledged, and not there at the end
  uint64_t stale = 0;          // reads of what was older than an acknowledged write
  uint64_t phantom = 0;        // reads of what nobody wrote, or what was refused
  uint64_t indeterminate = 0;  // writes of which nobody said whether they were done

  Tally& operator+=(const Tally& other);
};

Tally Count(const History& history);

// Of one round.
class Record {
 public:
  explicit Record(std::string prefix) : prefix_(std::move(prefix)) {}

  const History& history() const { return history_; }
  // When acknowledged writes were, in order.
  const std::vector<Nanos>& acknowledgements() const { return acknowledgements_; }
  // All keys that a write was sent for.
  const std::vector<std::string>& keys() const { return keys_; }

  uint32_t NextConnection() { return ++connections_; }
  // A key that was not there before.
  std::string NewKey(uint32_t client);
  // One of the keys written lately, of which there is one; any number will do.
  const std::string& RecentKey(uint64_t number) const;

  // Notes a request and returns its place; its reply is unknown until it is noted.
  size_t NoteRequest(uint32_t client, uint32_t connection, Nanos now, Command command);
  void NoteReply(size_t place, Nanos now, ReplyValue reply);

  // The longest time without an acknowledged write.
  Nanos LongestGap(Nanos since, Nanos until) const;
  uint64_t AcknowledgedSince(Nanos since) const;

 private:
  const std::string prefix_;
  History history_;
  std::vector<Nanos> acknowledgements_;
  std::vector<std::string> keys_;
  uint32_t connections_ = 0;
};

}  // namespace holdfast::kvctl
