#include "sim/fault.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

constexpr absl::string_view kKindNames[kFaultKinds] = {
    "wall-step", "drift",      "pause",      "break",    "black-hole", "linger", "garble",
    "slow-link", "client-cut", "isolate",    "split",    "bridge",     "ring",   "voters-only",
    "swizzle",   "crash",      "power-loss", "operator", "sync-error", "scatter"};
constexpr absl::string_view kMomentNames[] = {
    "sync", "reconfiguration", "snapshot", "promotion", "handover", "release", "promise",
    "vote", "voters",          "accept",   "chosen"};

// A number of the line's tail and its word.
struct Field {
  absl::string_view word;
  int64_t Fault::*number = nullptr;
  Nanos Fault::*time = nullptr;
};
constexpr Field kFields[] = {
    {.word = "phase", .number = &Fault::phase},
    {.word = "at", .time = &Fault::at},
    {.word = "node", .number = &Fault::node},
    {.word = "mask", .number = &Fault::mask},
    {.word = "directions", .number = &Fault::directions},
    {.word = "for", .time = &Fault::length},
    {.word = "amount", .number = &Fault::amount},
    {.word = "pick", .number = &Fault::pick},
    {.word = "of", .number = &Fault::moment_of},
    {.word = "delay", .time = &Fault::delay},
};

std::string TimeText(Nanos time) {
  return absl::StrFormat("%d.%09d", time.value / 1'000'000'000, time.value % 1'000'000'000);
}

bool ParseTime(absl::string_view text, Nanos& time) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  int64_t seconds = 0;
  int64_t nanos = 0;
  if (parts.size() != 2 || parts[1].size() != 9 || !absl::SimpleAtoi(parts[0], &seconds) ||
      !absl::SimpleAtoi(parts[1], &nanos)) {
    return false;
  }
  time = Nanos{seconds * 1'000'000'000 + nanos};
  return true;
}

bool ParseField(absl::string_view word, absl::string_view value, Fault& fault) {
  for (const Field& field : kFields) {
    if (field.word != word) continue;
    return field.number != nullptr ? absl::SimpleAtoi(value, &(fault.*field.number))
                                   : ParseTime(value, fault.*field.time);
  }
  if (word != "when") return false;
  for (size_t i = 0; i < std::size(kMomentNames); ++i) {
    if (kMomentNames[i] == value) fault.moment = static_cast<Vulnerable>(i);
  }
  return fault.moment.has_value();
}

}  // namespace

absl::string_view NameOf(Vulnerable moment) { return kMomentNames[static_cast<size_t>(moment)]; }

std::string Fault::ToString() const {
  const Fault usual;
  std::string text = absl::StrCat("fault ", id, " ", kKindNames[static_cast<size_t>(kind)]);
  for (const Field& field : kFields) {
    if (field.time != nullptr) {
      if (this->*field.time == usual.*field.time) continue;
      absl::StrAppend(&text, " ", field.word, " ", TimeText(this->*field.time));
    } else if (this->*field.number != usual.*field.number) {
      absl::StrAppend(&text, " ", field.word, " ", this->*field.number);
    }
  }
  if (moment) absl::StrAppend(&text, " when ", NameOf(*moment));
  return text;
}

absl::StatusOr<Fault> ParseFault(absl::string_view line) {
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat("not a fault: ", line));
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  Fault fault;
  if (words.size() < 3 || words.size() % 2 == 0 || words[0] != "fault" ||
      !absl::SimpleAtoi(words[1], &fault.id)) {
    return wrong;
  }
  const auto* kind = std::find(std::begin(kKindNames), std::end(kKindNames), words[2]);
  if (kind == std::end(kKindNames)) return wrong;
  fault.kind = static_cast<FaultKind>(kind - std::begin(kKindNames));
  for (size_t i = 3; i < words.size(); i += 2) {
    if (!ParseField(words[i], words[i + 1], fault)) return wrong;
  }
  return fault;
}

Nanos ChaosLength(const Knobs& knobs) { return Milliseconds(knobs.chaos_ms / 2); }

}  // namespace holdfast
