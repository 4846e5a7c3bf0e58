#include "node/slowlog.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

std::string Cut(absl::string_view argument) {
  if (argument.size() <= limits::kSlowlogArgumentBytesMax) return std::string(argument);
  return absl::StrCat(argument.substr(0, limits::kSlowlogArgumentBytesMax), "... (",
                      argument.size() - limits::kSlowlogArgumentBytesMax, " more bytes)");
}

// The last place tells how many arguments are left out, when not all have one.
std::vector<std::string> Cut(absl::Span<const absl::string_view> arguments) {
  const bool all_fit = arguments.size() <= limits::kSlowlogArgumentsMax;
  const size_t kept = all_fit ? arguments.size() : limits::kSlowlogArgumentsMax - 1;
  std::vector<std::string> cut;
  for (const absl::string_view argument : arguments.first(kept)) cut.push_back(Cut(argument));
  if (!all_fit) {
    cut.push_back(absl::StrCat("... (", arguments.size() - kept, " more arguments)"));
  }
  return cut;
}

}  // namespace

void Slowlog::Add(SlowlogEntry entry, absl::Span<const absl::string_view> arguments,
                  size_t length_max) {
  entry.arguments = Cut(arguments);
  std::lock_guard hold(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  // The limit may have been lowered since the last time.
  if (entries_.size() > length_max) entries_.resize(length_max);
}

std::vector<SlowlogEntry> Slowlog::Newest(size_t count) const {
  std::lock_guard hold(mutex_);
  const auto end = entries_.begin() + static_cast<ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

size_t Slowlog::size() const {
  std::lock_guard hold(mutex_);
  return entries_.size();
}

void Slowlog::Clear() {
  std::lock_guard hold(mutex_);
  entries_.clear();
}

}  // namespace holdfast
