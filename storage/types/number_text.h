// Decimal fractions as INCRBYFLOAT reads and spells them. Integers and RESP doubles are spelled by
// net/resp/number_text.h, which this header brings along.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "net/resp/number_text.h"

namespace holdfast {

// Reads all of `text` as strtold does, infinities and hexadecimal floats included. Refused are the
// empty text, blanks, anything left over, NaN, and what overflows or underflows to zero.
std::optional<long double> ParseLongDouble(absl::string_view text);

// Spells a number for people: no exponent, at most 17 decimals, no trailing zeros, never "-0";
// "inf", "-inf" and "nan" otherwise.
std::string FormatLongDouble(long double value);

}  // namespace holdfast
