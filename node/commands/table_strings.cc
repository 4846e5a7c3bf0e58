#include "node/commands/strings.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> StringRows() {
  static const CommandSpec kRows[] = {
      Row(kString, "append", AppendCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW insert")
          .Docs("2.0.0", "O(1) amortised",
                "Appends bytes to a string, which is created if it does not exist.")
          .Takes("key value"),
      Row(kString, "decr", DecrCommand, 2, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Lowers an integer by one; an absent key counts as 0.")
          .Takes("key"),
      Row(kString, "decrby", DecrByCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Lowers an integer by an amount; an absent key counts as 0.")
          .Takes("key decrement:integer"),
      Row(kString, "get", GetCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO access")
          .Docs("1.0.0", "O(1)", "Returns a string.")
          .Takes("key"),
      Row(kString, "getdel", GetDelCommand, 2, kWrite | kFast)
          .Keys({1, 1, 1}, "RW access delete")
          .Docs("6.2.0", "O(1)", "Returns a string and removes its key.")
          .Takes("key"),
      Row(kString, "getex", GetExCommand, -2, kWrite | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("6.2.0", "O(1)", "Returns a string and sets or clears its deadline.")
          .Takes("key [EX seconds:integer | PX milliseconds:integer | EXAT "
                 "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST]"),
      Row(kString, "getrange", GetRangeCommand, 4, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("2.4.0", "O(N), N: bytes returned", "Returns a range of a string's bytes.")
          .Takes("key start:integer end:integer"),
      Row(kString, "getset", GetSetCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Replaces a string and returns what it was.")
          .Takes("key value"),
      Row(kString, "incr", IncrCommand, 2, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Raises an integer by one; an absent key counts as 0.")
          .Takes("key"),
      Row(kString, "incrby", IncrByCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Raises an integer by an amount; an absent key counts as 0.")
          .Takes("key increment:integer"),
      Row(kString, "incrbyfloat", IncrByFloatCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("2.6.0", "O(1)",
                "Raises a number by a floating-point amount; an absent key counts as 0.")
          .Takes("key increment:double"),
      Row(kString, "lcs", LcsCommand, -3, kReadonly)
          .Keys({1, 2, 1}, "RO access")
          .Docs("7.0.0", "O(N*M), N and M: lengths of the strings",
                "Finds a longest common subsequence of two strings.")
          .Takes(
              "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]"),
      Row(kString, "mget", MGetCommand, -2, kReadonly | kFast)
          .Keys({1, -1, 1}, "RO access")
          .Docs("1.0.0", "O(N), N: keys", "Returns several strings, as of one moment.")
          .Takes("key ...")
          .Tips("request_policy:multi_shard"),
      Row(kString, "mset", MSetCommand, -3, kWrite | kDenyOom)
          .Keys({1, -1, 2}, "OW update")
          .Docs("1.0.1", "O(N), N: keys", "Sets several strings at once.")
          .Takes("(key value) ...")
          .Tips("request_policy:multi_shard response_policy:all_succeeded"),
      Row(kString, "msetnx", MSetNxCommand, -3, kWrite | kDenyOom)
          .Keys({1, -1, 2}, "OW insert")
          .Docs("1.0.1", "O(N), N: keys",
                "Sets several strings at once if none of the keys exists.")
          .Takes("(key value) ...")
          .Tips("request_policy:multi_shard response_policy:agg_min"),
      Row(kString, "psetex", PSetExCommand, 4, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "OW update")
          .Docs("2.6.0", "O(1)", "Sets a string with a time to live in milliseconds.")
          .Takes("key milliseconds:integer value"),
      Row(kString, "set", SetCommand, -3, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "RW access update variable_flags")
          .Docs("1.0.0", "O(1)",
                "Sets a string, whatever the key held; options set conditions and a deadline.")
          .Takes("key value [NX | XX] [GET] [EX seconds:integer | PX milliseconds:integer | EXAT "
                 "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL]"),
      Row(kString, "setex", SetExCommand, 4, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "OW update")
          .Docs("2.0.0", "O(1)", "Sets a string with a time to live in seconds.")
          .Takes("key seconds:integer value"),
      Row(kString, "setnx", SetNxCommand, 3, kWrite | kDenyOom | kFast)
          .Keys({1, 1, 1}, "OW insert")
          .Docs("1.0.0", "O(1)", "Sets a string if the key does not exist.")
          .Takes("key value"),
      Row(kString, "setrange", SetRangeCommand, 4, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "RW update")
          .Docs("2.2.0", "O(N), N: bytes written",
                "Overwrites part of a string, which is padded with zero bytes if too short.")
          .Takes("key offset:integer value"),
      Row(kString, "strlen", StrLenCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO")
          .Docs("2.2.0", "O(1)", "Returns the length of a string.")
          .Takes("key"),
      Row(kString, "substr", SubStrCommand, 4, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("1.0.0", "O(N), N: bytes returned",
                "Returns a range of a string's bytes; the old name of GETRANGE.")
          .Takes("key start:integer end:integer"),
  };
  return kRows;
}

}  // namespace holdfast
