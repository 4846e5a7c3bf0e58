#include "node/config/config.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/status.h"
#include "node/config/config_values.h"

namespace holdfast {
namespace {

absl::Status SetFailed(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("CONFIG SET failed (possibly related to argument '", name, "') - ", why));
}

bool Permits(Permission permission, bool from_loopback) {
  return permission == Permission::kEverybody ||
         (permission == Permission::kLocal && from_loopback);
}

}  // namespace

Config::Config() {
  for (const Directive& directive : AllDirectives()) {
    values_.push_back({.canonical = std::string(directive.default_value)});
    StoreValue(directive, directive.default_value, settings_);
  }
}

void Config::Store(const Directive& directive, std::string canonical) {
  StoreValue(directive, canonical, settings_);
  values_[IndexOf(directive)].canonical = std::move(canonical);
}

std::vector<Config::Pair> Config::Get(absl::Span<const absl::string_view> patterns,
                                      GlobMatch matches) const {
  std::map<absl::string_view, absl::string_view> found;
  for (absl::string_view pattern : patterns) {
    const std::string lower = absl::AsciiStrToLower(pattern);
    const bool is_name = lower.find_first_of("*?[\\") == std::string::npos;
    for (const Directive& directive : AllDirectives()) {
      if (directive.is(kFileOnly) || (directive.is(kHidden) && !is_name)) continue;
      for (absl::string_view name : {directive.name, directive.alias}) {
        if (name.empty() || !(is_name ? name == lower : matches(lower, name))) continue;
        found.emplace(name, values_[IndexOf(directive)].canonical);
      }
    }
  }
  std::vector<Pair> pairs;
  for (const auto& [name, value] : found) pairs.emplace_back(name, value);
  return pairs;
}

absl::Status Config::CheckSettable(absl::Span<const Pair> pairs, size_t index,
                                   const SetOptions& options) const {
  const std::string& name = pairs[index].first;
  const Directive* directive = FindDirective(name);
  CHECK(directive != nullptr);
  if (directive->is(kImmutable)) return SetFailed(name, "can't set immutable config");
  if (directive->is(kProtected) &&
      !Permits(settings_.enable_protected_configs, options.from_loopback)) {
    return SetFailed(name, "can't set protected config");
  }
  for (size_t i = 0; i < index; ++i) {
    if (absl::EqualsIgnoreCase(pairs[i].first, name)) {
      return SetFailed(name, "duplicate parameter");
    }
  }
  return absl::OkStatus();
}

absl::Status Config::Set(absl::Span<const Pair> pairs, const SetOptions& options) {
  for (const auto& [name, value] : pairs) {
    const Directive* directive = FindDirective(name);
    if (directive == nullptr || directive->is(kFileOnly)) {
      return absl::InvalidArgumentError(
          absl::StrCat("Unknown option or number of arguments for CONFIG SET - '", name, "'"));
    }
  }
  for (size_t i = 0; i < pairs.size(); ++i) RETURN_IF_ERROR(CheckSettable(pairs, i, options));

  Config next = *this;
  for (const auto& [name, value] : pairs) {
    const Directive& directive = *FindDirective(name);
    // CONFIG SET save replaces what was there, while output limits of unnamed classes stay.
    const bool replaces = directive.name == "save";
    const std::string& current = next.values_[IndexOf(directive)].canonical;
    absl::StatusOr<std::string> canonical = CheckedValue(directive, WordsOf(directive, value),
                                                         replaces ? absl::string_view() : current);
    if (!canonical.ok()) return SetFailed(name, canonical.status().message());
    if (directive.name == "dir") canonical = ResolvePath(settings_.dir, *canonical);
    next.Store(directive, *std::move(canonical));
  }
  *this = std::move(next);
  return absl::OkStatus();
}

}  // namespace holdfast
