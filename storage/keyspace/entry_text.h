// The bytes that clients see of a string, however its entry keeps it.
#pragma once

#include "absl/strings/string_view.h"
#include "storage/keyspace/entry.h"
#include "storage/types/packed_element.h"

namespace holdfast {

// The bytes of a string entry; an integer is spelled out in `scratch`. Good until the key is
// written to.
inline absl::string_view TextOf(const Entry& entry, IntegerText& scratch) {
  if (!entry.is_integer()) return entry.text();
  return {scratch.bytes, FormatInt64(entry.integer(), scratch.bytes)};
}

}  // namespace holdfast
