// Model: a small Redis of strings, lists and deadlines, on std::map and nothing clever.
//
// It says what a command should have replied, for the checker, the simulated clients and tests. It
// shares no code with storage and node: two mistakes would have to agree.
//
// The time at which a command ran is known only within bounds (Window), so a deadline set relative
// to it is an interval too. Three things follow:
//
// 1. Execute takes every key as it stands. Whether a key had reached its deadline is for the caller
// to
//    decide beforehand, with Erase: "still alive" and "already gone" are two branches of a search.
// 2. A reply that tells a remaining time or a deadline is expected within a range. Accept compares
//    and then narrows the key's deadline to what the reply allows: a later reply must fit that.
// 3. With exact windows there are no ranges, and EraseDue makes it a plain deterministic store.
//
// A deadline that lies in the past already is kept until the caller erases the key; no command can
// tell the difference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "net/resp/reply_value.h"

namespace holdfast {

using Command = std::vector<std::string>;

class Model {
 public:
  // Bounds, both included, of a point of log time.
  struct Window {
    Millis earliest;
    Millis latest;
    bool operator==(const Window&) const = default;
  };
  struct Entry {
    bool is_list = false;
    std::string text;
    std::vector<std::string> elements;
    std::optional<Window> deadline;
    bool operator==(const Entry&) const = default;
  };

  // Executes the command somewhere in the window and returns the reply; where a range of integers
  // is possible, its lower end.
  ReplyValue Execute(const Command& command, const Window& now);
  // Executes the command and tells whether it could have replied so. Errors are equal when their
  // first words are.
  bool Accept(const Command& command, const Window& now, const ReplyValue& observed);

  const Entry* Find(const std::string& key) const;
  void Erase(const std::string& key) { entries_.erase(key); }
  void EraseAll() { entries_.clear(); }
  // Erases the key if it is due for certain at `now`.
  void EraseIfDue(const std::string& key, Millis now);
  // Erases what is due for certain at `now`.
  void EraseDue(Millis now);
  const std::map<std::string, Entry>& entries() const { return entries_; }
  uint64_t Hash() const;
  // Of one key's value and deadline; 0 if it is not there.
  uint64_t HashOf(const std::string& key) const;
  std::string ToString() const;

  // The keys a command touches; empty for commands that are not keyed.
  static std::vector<std::string> KeysOf(const Command& command);
  // Whether the command can change nothing whatever the state.
  static bool IsRead(const Command& command);
  static bool Knows(const Command& command);
  // Whether the command touches every key there is.
  static bool IsOfAllKeys(const Command& command);

 private:
  friend struct ModelCommands;

  // What the reply of the command under way may be instead of one value.
  struct Range {
    int64_t low = 0;
    int64_t high = 0;
    std::string key;
    bool in_seconds = false;
    bool absolute = false;
  };

  std::map<std::string, Entry> entries_;
  std::optional<Range> range_;
};

// Whether two replies are the same; errors are if their first words are, any null is a null.
bool SameReply(const ReplyValue& expected, const ReplyValue& observed);

}  // namespace holdfast
