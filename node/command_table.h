// CommandTable: one row per command. It is the only place that knows a command's name, arity,
// flags, keys, categories and documentation; COMMAND answers from it.
//
// The rows stand in node/commands/table_*.cc and are sorted once. A table is the names under which
// a server offers them: a small hash table whose keys are names folded to lower case and packed
// into two words, so that finding GET takes one multiplication and two comparisons.
//
//   "GeT" -> 0x0000000000746567, 0, length 3 -> bucket -> row
//
// 1. A row's index is its place in AllCommands(); subcommands follow their container directly.
// 2. Rows live as long as the process: pointers to them may be kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/command.h"

namespace holdfast {

// All rows in alphabetical order; a container's subcommands follow it.
absl::Span<const CommandSpec> AllCommands();

// Names to rows, with an operator's renames applied.
class CommandTable {
 public:
  struct Rename {
    std::string from;
    std::string to;  // empty: the command cannot be called
  };
  // A rename whose `from` is no command is ignored.
  explicit CommandTable(absl::Span<const Rename> renames);

  // The row for a request: of the subcommand if its container was called with one that exists, of
  // the container itself if the subcommand is unknown or missing, null if the command is unknown.
  const CommandSpec* Find(Arguments arguments) const;
  // By full name ("get", "config|get"), any case, renames applied.
  const CommandSpec* FindByName(absl::string_view name) const;
  // Position of a row in AllCommands().
  static size_t IndexOf(const CommandSpec* spec) { return spec->index; }
  // The subcommands of a container, empty for others.
  static absl::Span<const CommandSpec> Subcommands(const CommandSpec& container) {
    return {&container + 1, container.subcommand_count};
  }
  static bool IsContainer(const CommandSpec& spec) { return spec.subcommand_count != 0; }
  static bool IsSubcommand(const CommandSpec& spec) {
    return spec.name.find('|') != absl::string_view::npos;
  }
  // A subcommand's container, any other command itself.
  static const CommandSpec& ContainerOf(const CommandSpec& spec) {
    const CommandSpec* container = &spec;
    while (IsSubcommand(*container)) --container;
    return *container;
  }

 private:
  // The first 16 bytes of a name in lower case, and its whole length.
  struct FoldedName {
    uint64_t low = 0;
    uint64_t high = 0;
    size_t length = 0;
    bool operator==(const FoldedName&) const = default;
    size_t Hash() const;
  };
  struct Bucket {
    FoldedName folded;
    std::string name;
    const CommandSpec* spec = nullptr;  // null: empty
  };

  static FoldedName Fold(absl::string_view name);
  void Insert(absl::string_view name, const CommandSpec& spec);
  const CommandSpec* FindTopLevel(absl::string_view name) const;

  std::vector<Bucket> buckets_;  // open addressing, a power of two
};

}  // namespace holdfast
