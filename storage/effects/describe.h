// Effects as text, for people who look into a log.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holdfast {

// The effects of one payload, e.g. `put 0 "key" "value"; erase 0 "other"`. Texts are escaped, and
// cut after `text_max` bytes, which "..." then says. DataLoss if it is no payload.
absl::StatusOr<std::string> DescribeEffects(absl::string_view payload, size_t text_max);

}  // namespace holdfast
