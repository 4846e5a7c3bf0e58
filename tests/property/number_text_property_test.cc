// Numbers survive being spelled and read back.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "storage/types/number_text.h"

namespace holdfast {
namespace {

RC_GTEST_PROP(NumberTextProperty, IntegersReadBack, (int64_t value)) {
  char text[kInt64TextMax];
  const size_t size = FormatInt64(value, text);
  RC_ASSERT(ParseInt64({text, size}) == value);
  RC_ASSERT(std::string(text, size) == std::to_string(value));
}

// Seventeen decimals hold a fraction of 2^-17 exactly.
RC_GTEST_PROP(NumberTextProperty, ShortFractionsReadBack, (int32_t numerator)) {
  const long double value = static_cast<long double>(numerator) / (1 << 17);
  RC_ASSERT(ParseLongDouble(FormatLongDouble(value)) == value);
}

RC_GTEST_PROP(NumberTextProperty, SpellingIsStable, (int64_t mantissa)) {
  const long double value =
      static_cast<long double>(mantissa) / static_cast<long double>(*rc::gen::inRange(1, 100'000));
  const std::string text = FormatLongDouble(value);
  const auto read = ParseLongDouble(text);
  RC_ASSERT(read.has_value());
  RC_ASSERT(text.find('.') == std::string::npos || text.back() != '0');
  RC_ASSERT(FormatLongDouble(*read) == text);
}

}  // namespace
}  // namespace holdfast
