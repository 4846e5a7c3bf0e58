// CommandTable: one row per command. It is the only place that knows a command's name, arity,
// flags, keys, categories and documentation; COMMAND answers from it.
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
  explicit CommandTable(absl::Span<const Rename> renames);

  // The row for a request: of the subcommand if its container was called with one that exists, of
  // the container itself if the subcommand is unknown or missing, null if the command is unknown.
  const CommandSpec* Find(Arguments arguments) const;
  // By full name ("get", "config|get"), any case, renames applied.
  const CommandSpec* FindByName(absl::string_view name) const;
  // Position of a row in AllCommands().
  static size_t IndexOf(const CommandSpec* spec) {
    return static_cast<size_t>(spec - AllCommands().data());
  }
  // The subcommands of a container, empty for others.
  static absl::Span<const CommandSpec> Subcommands(const CommandSpec& container);
  static bool IsContainer(const CommandSpec& spec) { return !Subcommands(spec).empty(); }

 private:
  struct Bucket {
    std::string name;
    const CommandSpec* spec = nullptr;
  };
  const CommandSpec* FindTopLevel(absl::string_view name) const;
  std::vector<Bucket> buckets_;  // open addressing, a power of two
};

}  // namespace holdfast
