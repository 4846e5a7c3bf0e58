// Lengths, strings and values as an RDB has them.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "storage/keyspace/entry.h"
#include "storage/rdb/format.h"

namespace holdfast::rdb {

struct WriteOptions {
  // Strings of more than 20 bytes are compressed where that makes them shorter.
  bool compress = true;
};

void AppendLength(Buffer& to, uint64_t length);
// The shortest of: an integer, compressed bytes, the bytes.
void AppendString(Buffer& to, absl::string_view text, const WriteOptions& options);

// The type that AppendValue gives a value of the kind. Files of version 10 know all of them.
Type TypeOf(const Value& value);
void AppendValue(Buffer& to, const Value& value, const WriteOptions& options);

// What the entry holds, for reading: a list stays the entry's.
Value ValueOf(const Entry& entry);

}  // namespace holdfast::rdb
