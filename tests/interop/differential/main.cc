// differential --redis BINARY --kvnode BINARY [--allow FILE] [--seed N] [--seeds N] [--commands N]
//              [--tamper COMMAND] [-- KVNODE-FLAG...]
//
// Runs generated command sequences on both servers and compares the replies. On a difference it
// prints the shortest sequence found that shows it, and exits with 1.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/status.h"
#include "tests/interop/differential/comparison.h"
#include "tests/interop/differential/generator.h"
#include "tests/interop/differential/lockstep.h"
#include "tests/support/server_process.h"

namespace holdfast {
namespace {

struct CommandLine {
  std::string redis;
  std::string kvnode;
  std::vector<std::string> kvnode_flags;
  std::string allow_file;
  std::string tampered_command;
  uint64_t seed = 1;
  uint64_t seeds = 10;
  uint64_t commands = 2000;
};

absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  int i = 1;
  for (; i < argc && std::string(argv[i]) != "--"; i += 2) {
    const std::string flag = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    bool ok = i + 1 < argc;
    if (flag == "--redis") {
      line.redis = value;
    } else if (flag == "--kvnode") {
      line.kvnode = value;
    } else if (flag == "--allow") {
      line.allow_file = value;
    } else if (flag == "--tamper") {
      line.tampered_command = value;
    } else if (flag == "--seed") {
      ok &= absl::SimpleAtoi(value, &line.seed);
    } else if (flag == "--seeds") {
      ok &= absl::SimpleAtoi(value, &line.seeds);
    } else if (flag == "--commands") {
      ok &= absl::SimpleAtoi(value, &line.commands);
    } else {
      ok = false;
    }
    if (!ok) return absl::InvalidArgumentError(absl::StrCat("bad flag: ", flag, " ", value));
  }
  line.kvnode_flags.assign(argv + std::min(i + 1, argc), argv + argc);
  if (line.redis.empty() || line.kvnode.empty()) {
    return absl::InvalidArgumentError("--redis and --kvnode are needed");
  }
  return line;
}

std::string Printable(const GeneratedCommand& command) {
  std::string text = absl::StrCat(command.client == 0 ? "a>" : "b>");
  for (const std::string& word : command.words) {
    const std::string quoted = QuoteBytes(word);
    const bool plain = !word.empty() && quoted.size() == word.size() + 2 &&
                       word.find_first_of(" '") == std::string::npos;
    absl::StrAppend(&text, " ", plain ? word : quoted);
  }
  return text;
}

void Report(uint64_t seed, const std::vector<GeneratedCommand>& sequence,
            const Difference& difference, const ServerProcess& kvnode, bool kvnode_runs) {
  absl::PrintF("difference with seed %d, shown by %d commands:\n", seed, sequence.size());
  for (const GeneratedCommand& command : sequence) absl::PrintF("  %s\n", Printable(command));
  absl::PrintF("redis:\n%s\nkvnode:\n%s\n", difference.redis, difference.kvnode);
  if (!kvnode_runs) absl::PrintF("kvnode ended:\n%s\n", kvnode.Output());
}

// Whether the servers agreed on all sequences.
absl::StatusOr<bool> Run(const CommandLine& line) {
  std::ostringstream allow_text;
  if (!line.allow_file.empty()) allow_text << std::ifstream(line.allow_file).rdbuf();
  ASSIGN_OR_RETURN(const AllowList allowed, AllowList::Parse(allow_text.str()));
  // The digests of values are compared too.
  const std::vector<std::string> debug_allowed = {"--enable-debug-command", "yes"};
  std::vector<std::string> kvnode_flags = line.kvnode_flags;
  kvnode_flags.insert(kvnode_flags.end(), debug_allowed.begin(), debug_allowed.end());
  ASSIGN_OR_RETURN(const auto redis,
                   ServerProcess::Start({.binary = line.redis, .arguments = debug_allowed}));
  ASSIGN_OR_RETURN(const auto kvnode,
                   ServerProcess::Start({.binary = line.kvnode, .arguments = kvnode_flags}));
  const Comparison comparison(allowed);
  Lockstep lockstep(*redis, *kvnode, comparison, {.tampered_command = line.tampered_command});
  for (uint64_t seed = line.seed; seed < line.seed + line.seeds; ++seed) {
    std::vector<GeneratedCommand> sequence = CommandGenerator(seed).Sequence(line.commands);
    const std::vector<GeneratedCommand> probe = StateProbe();
    sequence.insert(sequence.end(), probe.begin(), probe.end());
    ASSIGN_OR_RETURN(absl::optional<Difference> difference, lockstep.Run(sequence));
    if (!difference.has_value()) continue;
    sequence.resize(difference->position + 1);
    if (kvnode->running()) {
      sequence = Shrink(lockstep, std::move(sequence));
      ASSIGN_OR_RETURN(const absl::optional<Difference> shrunk, lockstep.Run(sequence));
      // One that does not show again is reported as it was first seen.
      if (shrunk.has_value()) difference = shrunk;
    }
    Report(seed, sequence, *difference, *kvnode, kvnode->running());
    return false;
  }
  absl::PrintF("%d sequences of %d commands, no difference\n", line.seeds, line.commands);
  return true;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  const auto line = holdfast::ParseCommandLine(argc, argv);
  if (!line.ok()) {
    absl::FPrintF(stderr, "differential: %s\n", line.status().message());
    return 2;
  }
  const absl::StatusOr<bool> agreed = holdfast::Run(*line);
  if (!agreed.ok()) {
    absl::FPrintF(stderr, "differential: %s\n", agreed.status().message());
    return 2;
  }
  return *agreed ? 0 : 1;
}
