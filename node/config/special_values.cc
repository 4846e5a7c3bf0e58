#include "node/config/special_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/resp/number_text.h"
#include "node/config/number_words.h"

namespace holdfast {
namespace {

constexpr int64_t kOomScoreMax = 2000;

constexpr absl::string_view kOutputBufferClassNames[] = {"normal", "slave", "pubsub"};
static_assert(std::size(kOutputBufferClassNames) == kOutputBufferClasses);

std::vector<absl::string_view> SplitWords(absl::string_view value) {
  return absl::StrSplit(value, ' ', absl::SkipEmpty());
}

// Integers of a canonical value, which has been checked before.
std::vector<int64_t> Integers(absl::string_view value) {
  std::vector<int64_t> integers;
  for (absl::string_view word : SplitWords(value)) {
    const absl::optional<int64_t> integer = ParseInt64(word);
    CHECK(integer.has_value());
    integers.push_back(*integer);
  }
  return integers;
}

int OutputBufferClassOf(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "replica")) return kReplicaClients;
  for (int i = 0; i < kOutputBufferClasses; ++i) {
    if (absl::EqualsIgnoreCase(name, kOutputBufferClassNames[i])) return i;
  }
  return -1;
}

std::string FormatOutputBufferLimits(
    const std::array<OutputBufferLimit, kOutputBufferClasses>& limits) {
  std::vector<std::string> texts;
  for (int i = 0; i < kOutputBufferClasses; ++i) {
    texts.push_back(absl::StrCat(kOutputBufferClassNames[i], " ", limits[i].hard_bytes, " ",
                                 limits[i].soft_bytes, " ", limits[i].soft_seconds));
  }
  return absl::StrJoin(texts, " ");
}

// Index of a canonical value among the choices of its directive, as an enumerator.
template <typename Enum>
Enum ChoiceOf(absl::Span<const absl::string_view> choices, absl::string_view value) {
  const auto found = std::find(choices.begin(), choices.end(), value);
  CHECK(found != choices.end());
  return static_cast<Enum>(found - choices.begin());
}

}  // namespace

absl::StatusOr<std::string> CanonicalSave(Words words, absl::string_view current) {
  const absl::Status invalid = absl::InvalidArgumentError("Invalid save parameters");
  if (words.empty()) return std::string();
  if (words.size() % 2 != 0) return invalid;
  std::vector<int64_t> integers = Integers(current);
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::optional<int64_t> integer = ParseInt64(words[i]);
    const int64_t lowest = i % 2 == 0 ? 1 : 0;
    if (!integer || *integer < lowest || *integer > INT32_MAX) return invalid;
    integers.push_back(*integer);
  }
  if (integers.size() > 2 * limits::kSavePointsMax) return invalid;
  return absl::StrJoin(integers, " ");
}

void StoreSave(Settings& settings, absl::string_view value) {
  settings.save.clear();
  const std::vector<int64_t> integers = Integers(value);
  for (size_t i = 0; i + 1 < integers.size(); i += 2) {
    settings.save.push_back({.seconds = integers[i], .changes = integers[i + 1]});
  }
}

absl::StatusOr<std::string> CanonicalOutputBufferLimits(Words words, absl::string_view current) {
  if (words.size() % 4 != 0) {
    return absl::InvalidArgumentError("Wrong number of arguments in buffer limit configuration.");
  }
  Settings merged;
  if (!current.empty()) StoreOutputBufferLimits(merged, current);
  for (size_t i = 0; i < words.size(); i += 4) {
    const int buffer_class = OutputBufferClassOf(words[i]);
    if (buffer_class < 0) {
      return absl::InvalidArgumentError(
          "Invalid client class specified in buffer limit configuration.");
    }
    const absl::optional<uint64_t> hard = ParseMemory(words[i + 1]);
    const absl::optional<uint64_t> soft = ParseMemory(words[i + 2]);
    const absl::optional<int64_t> seconds = ParseInt64(words[i + 3]);
    if (!hard || !soft || !seconds || *hard > INT64_MAX || *soft > INT64_MAX || *seconds < 0 ||
        *seconds > INT32_MAX) {
      return absl::InvalidArgumentError(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    merged.client_output_buffer_limits[static_cast<size_t>(buffer_class)] = {
        .hard_bytes = static_cast<int64_t>(*hard),
        .soft_bytes = static_cast<int64_t>(*soft),
        .soft_seconds = *seconds};
  }
  return FormatOutputBufferLimits(merged.client_output_buffer_limits);
}

void StoreOutputBufferLimits(Settings& settings, absl::string_view value) {
  const std::vector<absl::string_view> words = SplitWords(value);
  CHECK_EQ(words.size(), size_t{4 * kOutputBufferClasses});
  for (size_t i = 0; i < kOutputBufferClasses; ++i) {
    const auto number = [&](size_t word) {
      const absl::optional<int64_t> integer = ParseInt64(words[4 * i + word]);
      CHECK(integer.has_value());
      return *integer;
    };
    settings.client_output_buffer_limits[i] = {
        .hard_bytes = number(1), .soft_bytes = number(2), .soft_seconds = number(3)};
  }
}

absl::StatusOr<std::string> CanonicalPercentiles(Words words, absl::string_view) {
  std::vector<std::string> percentiles;
  for (absl::string_view word : words) {
    double percentile = 0;
    if (!absl::SimpleAtod(word, &percentile)) {
      return absl::InvalidArgumentError("Invalid latency-tracking-info-percentiles parameters");
    }
    if (!(percentile >= 0 && percentile <= 100)) {
      return absl::InvalidArgumentError(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    char text[kDoubleTextMax];
    percentiles.emplace_back(text, FormatDouble(percentile, text));
  }
  if (percentiles.size() > limits::kPercentilesMax) {
    return absl::InvalidArgumentError("Invalid latency-tracking-info-percentiles parameters");
  }
  return absl::StrJoin(percentiles, " ");
}

void StorePercentiles(Settings& settings, absl::string_view value) {
  settings.latency_tracking_info_percentiles.clear();
  for (absl::string_view word : SplitWords(value)) {
    double percentile = 0;
    CHECK(absl::SimpleAtod(word, &percentile));
    settings.latency_tracking_info_percentiles.push_back(percentile);
  }
}

absl::StatusOr<std::string> CanonicalBind(Words words, absl::string_view) {
  if (words.size() > limits::kBindAddressesMax) {
    return absl::InvalidArgumentError("Too many bind addresses specified.");
  }
  return absl::StrJoin(words, " ");
}

void StoreBind(Settings& settings, absl::string_view value) {
  settings.bind = absl::StrSplit(value, ' ', absl::SkipEmpty());
}

absl::StatusOr<std::string> CanonicalKeyspaceEvents(Words words, absl::string_view) {
  // 'A' stands for the classes before 'n'.
  constexpr absl::string_view kClasses = "g$lshzxetd";
  constexpr absl::string_view kLetters = "g$lshzxetdnKEm";
  absl::string_view letters = words.empty() ? absl::string_view() : words[0];
  for (char letter : letters) {
    if (letter != 'A' && !absl::StrContains(kLetters, letter)) {
      return absl::InvalidArgumentError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
  }
  const bool all = absl::StrContains(letters, 'A') ||
                   std::all_of(kClasses.begin(), kClasses.end(),
                               [&](char letter) { return absl::StrContains(letters, letter); });
  std::string canonical = all ? "A" : "";
  for (char letter : kLetters) {
    if (all && absl::StrContains(kClasses, letter)) continue;
    if (absl::StrContains(letters, letter)) canonical.push_back(letter);
  }
  return canonical;
}

absl::StatusOr<std::string> CanonicalOomScores(Words words, absl::string_view) {
  if (words.size() != 3) return absl::InvalidArgumentError("wrong number of arguments");
  for (absl::string_view word : words) {
    const absl::optional<int64_t> score = ParseInt64(word);
    if (!score || *score < -kOomScoreMax || *score > kOomScoreMax) {
      return absl::InvalidArgumentError(
          "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return absl::StrJoin(words, " ");
}

absl::StatusOr<std::string> CanonicalReplicaOf(Words words, absl::string_view) {
  if (words.empty()) return std::string();
  if (words.size() != 2) return absl::InvalidArgumentError("wrong number of arguments");
  if (absl::EqualsIgnoreCase(words[0], "no") && absl::EqualsIgnoreCase(words[1], "one")) {
    return std::string();
  }
  const absl::optional<int64_t> port = ParseInt64(words[1]);
  if (!port || *port < 0 || *port > 65535) return absl::InvalidArgumentError("Invalid master port");
  return absl::StrJoin(words, " ");
}

absl::StatusOr<std::string> CanonicalHz(Words words, absl::string_view) {
  const absl::optional<int64_t> hz = ParseInt64(words[0]);
  if (!hz) return absl::InvalidArgumentError("argument couldn't be parsed into an integer");
  if (*hz < 0 || *hz > INT32_MAX) {
    return absl::InvalidArgumentError("argument must be between 0 and 2147483647 inclusive");
  }
  return absl::StrCat(std::clamp(*hz, limits::kHzMin, limits::kHzMax));
}

absl::StatusOr<std::string> CanonicalShutdown(Words words, absl::string_view) {
  constexpr absl::string_view kOptions[] = {"default", "save", "nosave", "now", "force"};
  bool chosen[std::size(kOptions)] = {};
  const absl::Status unknown = absl::InvalidArgumentError(
      absl::StrCat("argument(s) must be one of the following: ", absl::StrJoin(kOptions, ", ")));
  if (words.empty()) return unknown;
  for (absl::string_view word : words) {
    const auto is_word = [&](absl::string_view option) {
      return absl::EqualsIgnoreCase(option, word);
    };
    const auto found = std::find_if(std::begin(kOptions), std::end(kOptions), is_word);
    if (found == std::end(kOptions)) return unknown;
    chosen[found - std::begin(kOptions)] = true;
  }
  if (chosen[1] && chosen[2]) {
    return absl::InvalidArgumentError(
        "shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  std::vector<absl::string_view> canonical;
  for (size_t i = 1; i < std::size(kOptions); ++i) {
    if (chosen[i]) canonical.push_back(kOptions[i]);
  }
  if (canonical.empty()) canonical.push_back(kOptions[0]);
  return absl::StrJoin(canonical, " ");
}

absl::StatusOr<std::string> CanonicalFileName(Words words, absl::string_view) {
  if (absl::StrContains(words[0], '/')) {
    return absl::InvalidArgumentError("dbfilename can't be a path, just a filename");
  }
  return std::string(words[0]);
}

absl::StatusOr<std::string> CanonicalDirectoryName(Words words, absl::string_view) {
  if (words[0].empty() || absl::StrContains(words[0], '/')) {
    return absl::InvalidArgumentError("appenddirname can't be a path, just a dirname");
  }
  return std::string(words[0]);
}

namespace {

FinalSave FinalSaveOf(absl::string_view words) {
  for (const absl::string_view word : absl::StrSplit(words, ' ')) {
    if (word == "save") return FinalSave::kAlways;
    if (word == "nosave") return FinalSave::kNever;
  }
  return FinalSave::kByRules;
}

}  // namespace

void StoreShutdownOnSigint(Settings& settings, absl::string_view value) {
  settings.save_on_sigint = FinalSaveOf(value);
}

void StoreShutdownOnSigterm(Settings& settings, absl::string_view value) {
  settings.save_on_sigterm = FinalSaveOf(value);
}

void StoreIo(Settings& settings, absl::string_view value) {
  settings.io = ChoiceOf<IoBackend>(kIoBackends, value);
}

void StoreDurability(Settings& settings, absl::string_view value) {
  settings.durability = ChoiceOf<Durability>(kDurabilities, value);
}

void StoreAppendFsync(Settings& settings, absl::string_view value) {
  settings.appendfsync = ChoiceOf<FsyncPolicy>(kFsyncs, value);
}

void StoreReadMode(Settings& settings, absl::string_view value) {
  settings.read_mode = ChoiceOf<ReadMode>(kReadModes, value);
}

void StoreEndpointType(Settings& settings, absl::string_view value) {
  settings.cluster_preferred_endpoint_type = ChoiceOf<EndpointType>(kEndpointTypes, value);
}

absl::StatusOr<std::string> CanonicalSentinelPort(Words words, absl::string_view) {
  if (words.size() == 1 && absl::EqualsIgnoreCase(words[0], "auto")) return "auto";
  int port = 0;
  if (words.size() != 1 || !absl::SimpleAtoi(words[0], &port) || port < 0 || port > UINT16_MAX) {
    return absl::InvalidArgumentError("argument must be auto or a port, 0 for none");
  }
  return absl::StrCat(port);
}

void StoreSentinelPort(Settings& settings, absl::string_view value) {
  if (!absl::SimpleAtoi(value, &settings.sentinel_port)) {
    settings.sentinel_port = Settings::kSentinelPortAuto;
  }
}

void StoreHttpBind(Settings& settings, absl::string_view value) {
  settings.http_bind = absl::StrSplit(value, ' ', absl::SkipEmpty());
}

void StoreRedirects(Settings& settings, absl::string_view value) {
  settings.redirects = ChoiceOf<Redirects>(kRedirects, value);
}

void StoreLogLevel(Settings& settings, absl::string_view value) {
  settings.loglevel = ChoiceOf<LogLevel>(kLogLevels, value);
}

void StoreSupervision(Settings& settings, absl::string_view value) {
  settings.supervised = ChoiceOf<Supervision>(kSupervisions, value);
}

void StoreMaxmemoryPolicy(Settings& settings, absl::string_view value) {
  settings.maxmemory_policy = ChoiceOf<MaxmemoryPolicy>(kMaxmemoryPolicies, value);
}

void StoreProtectedConfigs(Settings& settings, absl::string_view value) {
  settings.enable_protected_configs = ChoiceOf<Permission>(kPermissions, value);
}

void StoreDebugCommand(Settings& settings, absl::string_view value) {
  settings.enable_debug_command = ChoiceOf<Permission>(kPermissions, value);
}

}  // namespace holdfast
