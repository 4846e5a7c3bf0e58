// Glob patterns as KEYS, SCAN and PSUBSCRIBE take them.
//
//   *        any bytes, none included      [abc]   one of these bytes
//   ?        any one byte                  [a-z]   a range, either way round, bytes being signed
//   \x       the byte x                    [^abc]  any other byte
//
// Inside brackets a backslash takes the next byte literally. A bracket that is never closed ends
// with the pattern. As in Redis, no pattern but the empty one matches the empty text, not even "*".
//
// The time is at most pattern length x text length: after a mismatch only the last '*' is extended,
// since an earlier one could not reach a match that the last one cannot.
#pragma once

#include "absl/strings/string_view.h"

namespace holdfast {

struct GlobOptions {
  // Letters match in either case (ASCII), also as ends of a range, but not behind a backslash
  // inside brackets.
  bool ignore_case = false;
};

bool GlobMatch(absl::string_view pattern, absl::string_view text, GlobOptions options = {});

}  // namespace holdfast
