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

// The type that AppendValue gives a value.
Type TypeOf(const Value& value);
// The version that a file or payload must be of to have such a value: kWrittenVersion will do for
// all but some that are only kept.
int VersionNeeded(Type type);
void AppendValue(Buffer& to, const Value& value, const WriteOptions& options);

}  // namespace holdfast::rdb
