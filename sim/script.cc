#include "sim/script.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

// Between the commands of a transaction.
constexpr absl::string_view kNextCommand = "|";

bool ParseOperation(const std::vector<std::string>& words, Script& script) {
  Script::OperationName name;
  if (words.size() < 4 || !absl::SimpleAtoi(words[1], &name.first) ||
      !absl::SimpleAtoi(words[2], &name.second)) {
    return false;
  }
  std::vector<Command>& commands = (*script.operations)[name];
  for (size_t i = 3; i < words.size(); ++i) {
    if (i == 3 || words[i] == kNextCommand) commands.emplace_back();
    if (words[i] != kNextCommand) commands.back().push_back(words[i]);
  }
  return true;
}

bool ParseLine(absl::string_view line, Script& script) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (line == "faults listed") {
    script.faults.emplace();
    return true;
  }
  if (line == "operations listed") {
    script.operations.emplace();
    return true;
  }
  if (words[0] == "profile" && words.size() == 2) {
    const std::optional<Profile> profile = ProfileNamed(words[1]);
    if (profile) script.profile = *profile;
    return profile.has_value();
  }
  if (words[0] == "seed" && words.size() == 2) return absl::SimpleAtoi(words[1], &script.seed);
  if (words[0] == "knob" && words.size() == 3) {
    Knobs knobs;
    int64_t value = 0;
    if (!absl::SimpleAtoi(words[2], &value) || !SetKnob(knobs, words[1], value)) return false;
    script.knobs[words[1]] = value;
    return true;
  }
  if (words[0] == "fault" && script.faults) {
    absl::StatusOr<Fault> fault = ParseFault(line);
    if (fault.ok()) script.faults->push_back(*fault);
    return fault.ok();
  }
  return words[0] == "operation" && script.operations && ParseOperation(words, script);
}

}  // namespace

Knobs Script::AllKnobs() const {
  Knobs all = DrawKnobs(seed, profile);
  for (const auto& [name, value] : knobs) CHECK(SetKnob(all, name, value));
  return all;
}

std::vector<Fault> Script::AllFaults() const {
  return faults ? *faults : PlanFaults(seed, AllKnobs());
}

std::string Script::ToString() const {
  std::string text = absl::StrCat("profile ", NameOf(profile), "\nseed ", seed, "\n");
  for (const auto& [name, value] : knobs) absl::StrAppend(&text, "knob ", name, " ", value, "\n");
  if (faults) {
    absl::StrAppend(&text, "faults listed\n");
    for (const Fault& fault : *faults) absl::StrAppend(&text, fault.ToString(), "\n");
  }
  if (!operations) return text;
  absl::StrAppend(&text, "operations listed\n");
  for (const auto& [name, commands] : *operations) {
    absl::StrAppend(&text, "operation ", name.first, " ", name.second);
    for (size_t i = 0; i < commands.size(); ++i) {
      if (i > 0) absl::StrAppend(&text, " ", kNextCommand);
      absl::StrAppend(&text, " ", absl::StrJoin(commands[i], " "));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

absl::StatusOr<Script> ParseScript(absl::string_view text) {
  Script script;
  int64_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || ParseLine(line, script)) continue;
    return absl::InvalidArgumentError(absl::StrCat("script line ", number, ": ", line));
  }
  return script;
}

}  // namespace holdfast
