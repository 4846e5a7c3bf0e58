#include "net/runtime/stream.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holdfast {

std::string Address::ToString() const {
  if (is_unix()) return absl::StrCat(unix_path, ":0");
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

}  // namespace holdfast
