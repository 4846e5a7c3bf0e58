// How the value of each type is put together, as far as is needed to find its end.
//
//   string            a string
//   list, set         length, so many strings
//   hash              length, so many pairs of strings
//   sorted set        length, so many of: member string, score (text with a byte of length, of
//                     which 253, 254 and 255 stand for nan, inf and -inf; or 8 bytes)
//   one block         a string that holds all: zipmap, ziplist, intset, listpack
//   quicklist         length, so many ziplists; the second kind: so many of container, string
//   stream            see stream_shape in the source
//   field ttl         a hash with deadlines of its fields (written by Redis 7.4 and later)
//   module            id, then (opcode, number or string)*, end
//
// A value whose commands do not exist here is kept as the bytes that this gives, and written back.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/rdb/format.h"
#include "storage/rdb/window.h"

namespace holdfast::rdb {

// What people call the type, e.g. "hash"; empty if there is no such type.
absl::string_view NameOf(Type type);
// The name behind a module's id: nine characters.
std::string ModuleName(uint64_t id);
// Takes the value off the window and returns its bytes. Errors as Window's; Unimplemented for the
// values of modules written before modules could be read without them.
absl::StatusOr<absl::string_view> TakeValue(Type type, Window& window);
// Takes a module's data: what follows the id.
absl::Status SkipModuleData(Window& window);

}  // namespace holdfast::rdb
