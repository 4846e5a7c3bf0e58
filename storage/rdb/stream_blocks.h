// The entries of a stream, as an RDB has them.
//
//   value     number of blocks, (id of the first entry 16 bytes high byte first, listpack)*, ...
//   listpack  head, entry, entry, ...
//   head      count, deleted, number of fields, names of the fields, 0
//   entry     flags, id minus the head's (milliseconds, sequence),
//             kSameFields: a value for each of the head's fields
//             otherwise:   number of fields, (name, value)*
//             how many elements this entry has
//
// What stands behind the blocks is passed over: value_shape.h knows its shape.
#pragma once

#include "absl/status/status.h"
#include "storage/rdb/opaque_value.h"
#include "storage/rdb/window.h"

namespace holdfast::rdb {

// Shows every entry that has not been deleted. Errors as Window's.
absl::Status WalkStream(Window& window, ElementVisitor& visitor);

}  // namespace holdfast::rdb
