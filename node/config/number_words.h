// Numbers as configuration values spell them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace holdfast {

// "64", "64b", "64k" (thousands), "64kb" (1,024s), and so for m and g, in any case. Empty if it is
// anything else or does not fit.
absl::optional<uint64_t> ParseMemory(absl::string_view text);

// The shortest spelling with a binary unit: 1048576 is "1mb", 1000 is "1000".
std::string FormatMemory(uint64_t bytes);

}  // namespace holdfast
