#include "node/config/config_values.h"

#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "net/base/status.h"

namespace holdfast {

absl::StatusOr<std::string> CheckedValue(const Directive& directive, Words words,
                                         absl::string_view current) {
  ASSIGN_OR_RETURN(std::string canonical, CanonicalValue(directive, words, current));
  if (directive.treatment == Treatment::kRefused && canonical != directive.default_value) {
    return absl::InvalidArgumentError(directive.reason);
  }
  return canonical;
}

std::vector<absl::string_view> WordsOf(const Directive& directive, absl::string_view value) {
  if (!directive.is(kManyWords)) return {value};
  return absl::StrSplit(value, ' ', absl::SkipEmpty());
}

std::string ResolvePath(absl::string_view base, absl::string_view path) {
  std::filesystem::path resolved =
      (std::filesystem::path(std::string(base)) / std::string(path)).lexically_normal();
  // A trailing slash leaves an empty last part.
  if (!resolved.has_filename() && resolved.has_relative_path()) resolved = resolved.parent_path();
  return resolved.string();
}

}  // namespace holdfast
