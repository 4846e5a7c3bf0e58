// The packed blocks that RDB strings hold: several small elements in one run of bytes.
//
//   listpack  total bytes 4, count 2 (65535: count them), elements, 0xff. Elements are spelled as
//             storage/types/packed_element.h says.
//   ziplist   total bytes 4, offset of the last element 4, count 2, elements, 0xff
//             element: bytes of the one before (1, or 0xfe and 4), head, text or integer
//   intset    bytes per integer 4, count 4, integers
//   zipmap    count 1 (254: count them), (key size, key, value size, free 1, value, free bytes)*,
//             0xff; sizes are 1 byte, or 254 and 4
//
// All little endian. The bytes may come from anywhere: every size is checked before it is used, and
// what does not add up is refused as DataLoss.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/types/packed_element.h"

namespace holdfast::rdb {

// Called for each element in turn; its text points into the block.
using VisitElement = absl::FunctionRef<absl::Status(const PackedElement&)>;

absl::Status ReadListpack(absl::string_view block, VisitElement visit);
absl::Status ReadZiplist(absl::string_view block, VisitElement visit);
absl::Status ReadIntset(absl::string_view block, VisitElement visit);
// Key, value, key, value ...
absl::Status ReadZipmap(absl::string_view block, VisitElement visit);

}  // namespace holdfast::rdb
