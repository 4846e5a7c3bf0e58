// Command sequences that two servers should answer alike, made from a seed.
//
// Commands are drawn from a grammar (grammar.cc), a line per shape, over a handful of keys, so that
// types collide, and with arguments chosen to hurt: boundary integers, odd floats, empty and binary
// strings. Some commands are then damaged: an argument dropped, doubled or replaced. Two clients
// take turns, so that WATCH and MULTI meet foreign writes.
//
// Nothing is drawn whose reply depends on real time: deadlines are far away or long past.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/base/random.h"

namespace holdfast {

struct GeneratedCommand {
  int client = 0;  // 0 or 1
  std::vector<std::string> words;
};

// One shape of a command, words separated by blanks:
//   GET          itself           <key>    a drawn argument of that kind
//   {LEFT|RIGHT} one of these     [XX]     itself, or nothing
//   <key>*       one to four of them
struct CommandShape {
  int weight;
  const char* text;
};
absl::Span<const CommandShape> CommandShapes();

class CommandGenerator {
 public:
  explicit CommandGenerator(uint64_t seed) : random_(seed) {}
  std::vector<GeneratedCommand> Sequence(size_t count);

 private:
  std::vector<std::string> Draw();
  void AppendWord(absl::string_view shape, std::vector<std::string>& words);
  void AppendArgument(absl::string_view kind, std::vector<std::string>& words);
  void Damage(std::vector<std::string>& words);
  std::string OneOf(absl::Span<const absl::string_view> choices);

  Prng random_;
};

// What shows the whole state: type, value and deadline of every key that a sequence can touch.
std::vector<GeneratedCommand> StateProbe();

}  // namespace holdfast
