#include "tests/interop/differential/generator.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

using Choices = absl::Span<const absl::string_view>;

constexpr absl::string_view kKeys[] = {"a", "b", "c", "l", "m", "{t}1", "{t}2", ""};
constexpr absl::string_view kDatabases[] = {"0", "0", "0", "1", "9", "16", "-1", "x"};
constexpr absl::string_view kPatterns[] = {"*", "?", "[a-c]", "[^a]", "{t}*", "\\a", "", "l", "["};
constexpr absl::string_view kIntegers[] = {"0",
                                           "1",
                                           "-1",
                                           "7",
                                           "100",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808",
                                           "-9223372036854775809",
                                           "4294967296",
                                           "01",
                                           "-0",
                                           "+1",
                                           " 1",
                                           "1 ",
                                           "",
                                           "1.0",
                                           "1e3",
                                           "abc"};
constexpr absl::string_view kIndexes[] = {"0",
                                          "1",
                                          "2",
                                          "-1",
                                          "-2",
                                          "3",
                                          "5",
                                          "-100",
                                          "100",
                                          "-3",
                                          "10",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "x",
                                          "1.5"};
constexpr absl::string_view kOffsets[] = {
    "0", "1", "5", "30", "1000", "-1", "536870912", "9223372036854775807", "x"};
constexpr absl::string_view kCounts[] = {
    "0", "1", "2", "3", "10", "-1", "-2", "9223372036854775807", "9223372036854775808", "x"};
constexpr absl::string_view kRanks[] = {"0", "1", "2", "-1", "-2", "100", "9223372036854775807",
                                        "x"};
constexpr absl::string_view kFloats[] = {"0",
                                         "1.5",
                                         "-1.5",
                                         "0.1",
                                         "3.0e3",
                                         "1e-7",
                                         "1e20",
                                         "nan",
                                         "inf",
                                         "1e400",
                                         "abc",
                                         "",
                                         " 1",
                                         "1.5x",
                                         "0x10",
                                         "5.0e-324",
                                         "100000000000000000"};
constexpr absl::string_view kTtls[] = {
    "1000", "5000000", "100000", "0", "-1", "9223372036854775807", "9223372036854775", "x", "1.5"};
constexpr absl::string_view kDeadlines[] = {
    "33177117420000", "253402300799000", "0", "-5", "9223372036854775807", "x"};
constexpr absl::string_view kValues[] = {"x",
                                         "y",
                                         "hello",
                                         "a",
                                         "",
                                         "\r\n",
                                         absl::string_view("\0\xff", 2),
                                         "10",
                                         "-3",
                                         "3.25",
                                         "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLM"};
// What redis-server 7.0.15 dumps for a string, an integer, a list, and values that are only kept;
// one that is damaged; and none.
constexpr absl::string_view kPayloads[] = {
    absl::string_view("\000\005hello\012\000cr\337ve4 \012", 17),
    absl::string_view("\000\30190\012\000\235\224\352'\223\374\010\271", 14),
    absl::string_view("\022\001\002\023\023\000\000\000\003\000\201a\002\007\001\205hello\006\377"
                      "\012\000,\276\\\011<{\3603",
                      33),
    absl::string_view("\013\016\002\000\000\000\003\000\000\000\001\000\002\000\003\000\012\000\245"
                      "\002\\\342mnM\033",
                      26),
    absl::string_view("\020\022\022\000\000\000\004\000\201f\002\201v\002\201g\002\014\001\377\012"
                      "\000\336\0239\223\367\203\201~",
                      30),
    absl::string_view("\021\024\024\000\000\000\004\000\201a\002\2031."
                      "5\004\201b\002\003\001\377\012\000\344\337\022\276$\375\203V",
                      32),
    absl::string_view("\000\005hemlo\012\000cr\337ve4 \012", 17),
    "nonsense",
    ""};
constexpr size_t kLongValueMax = 300;

struct ArgumentKind {
  absl::string_view name;
  Choices choices;
};
const ArgumentKind kArgumentKinds[] = {
    {"key", kKeys},           {"value", kValues},     {"integer", kIntegers},
    {"index", kIndexes},      {"offset", kOffsets},   {"count", kCounts},
    {"rank", kRanks},         {"float", kFloats},     {"ttl", kTtls},
    {"deadline", kDeadlines}, {"pattern", kPatterns}, {"database", kDatabases},
    {"payload", kPayloads}};

// Such a command keeps its numbers: a deadline replaced at random might come due during the run,
// and a cursor that no server handed out means something else to each.
bool KeepsNumbers(const std::vector<std::string>& words) {
  static constexpr absl::string_view kWords[] = {"EX",       "PX",        "EXAT",   "PXAT",
                                                 "SETEX",    "PSETEX",    "EXPIRE", "PEXPIRE",
                                                 "EXPIREAT", "PEXPIREAT", "SCAN",   "RESTORE"};
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return std::any_of(std::begin(kWords), std::end(kWords), [&word](absl::string_view keeper) {
      return absl::EqualsIgnoreCase(word, keeper);
    });
  });
}

}  // namespace

std::string CommandGenerator::OneOf(Choices choices) {
  return std::string(choices[random_.Below(choices.size())]);
}

void CommandGenerator::AppendArgument(absl::string_view kind, std::vector<std::string>& words) {
  if (kind == "pair") {
    AppendArgument("key", words);
    AppendArgument("value", words);
    return;
  }
  if (kind == "value" && random_.Chance(1, 20)) {
    words.emplace_back(random_.Below(kLongValueMax), 'z');
    return;
  }
  const auto* found = std::find_if(std::begin(kArgumentKinds), std::end(kArgumentKinds),
                                   [kind](const ArgumentKind& k) { return k.name == kind; });
  CHECK(found != std::end(kArgumentKinds));
  words.push_back(OneOf(found->choices));
}

void CommandGenerator::AppendWord(absl::string_view shape, std::vector<std::string>& words) {
  if (absl::ConsumeSuffix(&shape, "*")) {
    const uint64_t count = 1 + random_.Below(4);
    for (uint64_t i = 0; i < count; ++i) AppendWord(shape, words);
  } else if (absl::ConsumePrefix(&shape, "<")) {
    AppendArgument(absl::StripSuffix(shape, ">"), words);
  } else if (absl::ConsumePrefix(&shape, "{")) {
    const std::vector<absl::string_view> choices =
        absl::StrSplit(absl::StripSuffix(shape, "}"), '|');
    words.push_back(OneOf(choices));
  } else if (absl::ConsumePrefix(&shape, "[")) {
    if (random_.Chance(1, 3)) words.emplace_back(absl::StripSuffix(shape, "]"));
  } else {
    words.emplace_back(shape);
  }
}

void CommandGenerator::Damage(std::vector<std::string>& words) {
  const uint64_t position = random_.Below(words.size());
  switch (random_.Below(4)) {
    case 0:
      if (words.size() > 1) words.pop_back();
      return;
    case 1:
      words.push_back(words[position]);
      return;
    case 2:
      if (position > 0 && !KeepsNumbers(words)) words[position] = OneOf(kIntegers);
      return;
    default:
      words[position] = absl::AsciiStrToLower(words[position]);
      return;
  }
}

std::vector<std::string> CommandGenerator::Draw() {
  uint64_t total = 0;
  for (const CommandShape& shape : CommandShapes()) total += static_cast<uint64_t>(shape.weight);
  uint64_t draw = random_.Below(total);
  const CommandShape* chosen = CommandShapes().data();
  while (draw >= static_cast<uint64_t>(chosen->weight)) {
    draw -= static_cast<uint64_t>(chosen->weight);
    ++chosen;
  }
  std::vector<std::string> words;
  for (absl::string_view word : absl::StrSplit(chosen->text, ' ')) AppendWord(word, words);
  if (random_.Chance(1, 25)) Damage(words);
  return words;
}

std::vector<GeneratedCommand> CommandGenerator::Sequence(size_t count) {
  std::vector<GeneratedCommand> sequence;
  int client = 0;
  while (sequence.size() < count) {
    if (random_.Chance(1, 6)) client = 1 - client;
    sequence.push_back({.client = client, .words = Draw()});
    // Rarely, so that state can build up, and not from inside MULTI by accident of the draw.
    if (random_.Chance(1, 400)) sequence.push_back({.client = client, .words = {"FLUSHALL"}});
  }
  return sequence;
}

std::vector<GeneratedCommand> StateProbe() {
  std::vector<GeneratedCommand> probe = {{.words = {"RESET"}}};
  const auto add = [&probe](std::vector<std::string> words) {
    probe.push_back({.words = std::move(words)});
  };
  for (absl::string_view database : {"0", "1", "9"}) {
    add({"SELECT", std::string(database)});
    add({"KEYS", "*"});
    for (absl::string_view name : kKeys) {
      const std::string key(name);
      add({"TYPE", key});
      add({"DEBUG", "DIGEST-VALUE", key});
      add({"GET", key});
      add({"LRANGE", key, "0", "-1"});
      add({"PEXPIRETIME", key});
    }
  }
  return probe;
}

}  // namespace holdfast
