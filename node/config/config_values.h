// The steps between words and a stored value that loading, CONFIG SET and CONFIG REWRITE share.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/config/directive.h"

namespace holdfast {

// CanonicalValue, and an error if the directive is refused and the value is not its default.
absl::StatusOr<std::string> CheckedValue(const Directive& directive, Words words,
                                         absl::string_view current);

// One value given as one piece of text: split at blanks if the directive takes many words.
std::vector<absl::string_view> WordsOf(const Directive& directive, absl::string_view value);

// `path` made absolute by lexical means alone.
std::string ResolvePath(absl::string_view base, absl::string_view path);

}  // namespace holdfast
