#include "node/commands/lists.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> ListRows() {
  static const CommandSpec kRows[] = {
      Row(kList, "lindex", LIndexCommand, 3, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("1.0.0", "O(N), N: chunks to the index", "Returns the element at an index.")
          .Takes("key index:integer"),
      Row(kList, "linsert", LInsertCommand, 5, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("2.2.0", "O(N), N: elements up to the pivot",
                "Inserts an element before or after another.")
          .Takes("key (BEFORE | AFTER) pivot element"),
      Row(kList, "llen", LLenCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO")
          .Docs("1.0.0", "O(1)", "Returns the number of elements of a list.")
          .Takes("key"),
      Row(kList, "lmove", LMoveCommand, 5, kWrite | kDenyOom)
          .Keys({1, 2, 1}, "RW access delete; RW insert")
          .Docs("6.2.0", "O(1)", "Moves an element from an end of one list to an end of another.")
          .Takes("source:key destination:key (LEFT | RIGHT) (LEFT | RIGHT)"),
      Row(kList, "lmpop", LMPopCommand, -4, kWrite | kMovableKeys)
          .Keys({.count_at = 1}, "RW access delete")
          .Docs("7.0.0", "O(N+M), N: keys, M: elements returned",
                "Removes elements from the first of several lists that has any.")
          .Takes("numkeys:integer key ... (LEFT | RIGHT) [COUNT count:integer]"),
      Row(kList, "lpop", LPopCommand, -2, kWrite | kFast)
          .Keys({1, 1, 1}, "RW access delete")
          .Docs("1.0.0", "O(N), N: elements returned",
                "Removes and returns elements from the head of a list.")
          .Takes("key [count:integer]"),
      Row(kList, "lpos", LPosCommand, -3, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("6.0.6", "O(N), N: elements looked at",
                "Finds the indexes at which an element stands.")
          .Takes(
              "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]"),
      Row(kList, "lpush", LPushCommand, -3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("1.0.0", "O(N), N: elements added",
                "Adds elements at the head of a list, which is created if absent.")
          .Takes("key element ..."),
      Row(kList, "lpushx", LPushXCommand, -3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("2.2.0", "O(N), N: elements added",
                "Adds elements at the head of a list that exists.")
          .Takes("key element ..."),
      Row(kList, "lrange", LRangeCommand, 4, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("1.0.0", "O(S+N), S: chunks to the start, N: elements returned",
                "Returns a range of elements.")
          .Takes("key start:integer stop:integer"),
      Row(kList, "lrem", LRemCommand, 4, kWrite)
          .Keys({1, 1, 1}, "RW delete")
          .Docs("1.0.0", "O(N), N: elements of the list", "Removes elements equal to a value.")
          .Takes("key count:integer element"),
      Row(kList, "lset", LSetCommand, 4, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "RW update")
          .Docs("1.0.0", "O(N), N: chunks to the index", "Replaces the element at an index.")
          .Takes("key index:integer element"),
      Row(kList, "ltrim", LTrimCommand, 4, kWrite)
          .Keys({1, 1, 1}, "RW delete")
          .Docs("1.0.0", "O(N), N: elements removed",
                "Keeps a range of elements and removes the others.")
          .Takes("key start:integer stop:integer"),
      Row(kList, "rpop", RPopCommand, -2, kWrite | kFast)
          .Keys({1, 1, 1}, "RW access delete")
          .Docs("1.0.0", "O(N), N: elements returned",
                "Removes and returns elements from the tail of a list.")
          .Takes("key [count:integer]"),
      Row(kList, "rpoplpush", RPopLPushCommand, 3, kWrite | kDenyOom)
          .Keys({1, 2, 1}, "RW access delete; RW insert")
          .Docs("1.2.0", "O(1)", "Moves the last element of one list to the head of another.")
          .Takes("source:key destination:key"),
      Row(kList, "rpush", RPushCommand, -3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("1.0.0", "O(N), N: elements added",
                "Adds elements at the tail of a list, which is created if absent.")
          .Takes("key element ..."),
      Row(kList, "rpushx", RPushXCommand, -3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("2.2.0", "O(N), N: elements added",
                "Adds elements at the tail of a list that exists.")
          .Takes("key element ..."),
  };
  return kRows;
}

}  // namespace holdfast
