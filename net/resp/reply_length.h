// How long a reply is, without reading what it says.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace holdfast {

// Bytes of the first reply in `bytes`, with all its elements; attributes in front of it count. None
// if it is not whole, or if what is there is no RESP.
absl::optional<size_t> ReplyLength(absl::string_view bytes);

}  // namespace holdfast
