// Inline requests: a line of words, as a person types it into telnet.
//
// Words are separated by blanks. Inside "double quotes" \n \r \t \b \a and \xHH stand for their
// byte and \c for any other c; inside 'single quotes' only \' is special. A closing quote must be
// followed by a blank or the end of the line. Quotes may open in the middle of a word: a"b c" is
// the one word `ab c`.
#pragma once

#include <forward_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast {

// Appends the words of `line` (without its line end) to `words`. A word that is spelled as it reads
// points into `line`; any other into a string added to `storage`, whose elements never move.
// Returns false, having appended an unspecified number of words, if quotes are unbalanced.
//
// A NUL is a byte like any other here; Redis's C strings end at one.
bool SplitInlineRequest(absl::string_view line, std::vector<absl::string_view>& words,
                        std::forward_list<std::string>& storage);

}  // namespace holdfast
