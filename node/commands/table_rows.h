// The rows of the command table, by the kind of their handlers. Their order does not matter:
// AllCommands() sorts them.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/command.h"

namespace holdfast {

// A row under construction: what every command has first, the rest by name.
class Row {
 public:
  constexpr Row(CommandGroup group, absl::string_view name, void (*handler)(CommandContext&),
                int arity, uint32_t flags)
      : spec_{.name = name, .handler = handler, .arity = arity, .flags = flags, .group = group} {}

  constexpr Row Keys(const KeyPositions& keys, absl::string_view access) const {
    Row row = *this;
    row.spec_.keys = keys;
    row.spec_.key_access = access;
    return row;
  }
  // Categories beyond those that follow from flags and group.
  constexpr Row Acl(uint32_t categories) const {
    Row row = *this;
    row.spec_.acl = categories;
    return row;
  }
  constexpr Row Docs(absl::string_view since, absl::string_view complexity,
                     absl::string_view summary) const {
    Row row = *this;
    row.spec_.since = since;
    row.spec_.complexity = complexity;
    row.spec_.summary = summary;
    return row;
  }
  constexpr Row Takes(absl::string_view syntax) const {
    Row row = *this;
    row.spec_.syntax = syntax;
    return row;
  }
  constexpr Row Tips(absl::string_view tips) const {
    Row row = *this;
    row.spec_.tips = tips;
    return row;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): the table is an array of specs.
  constexpr operator CommandSpec() const { return spec_; }

 private:
  CommandSpec spec_;
};

absl::Span<const CommandSpec> StringRows();
absl::Span<const CommandSpec> ListRows();
absl::Span<const CommandSpec> KeyRows();
absl::Span<const CommandSpec> PersistenceRows();
absl::Span<const CommandSpec> ClusterRows();
// Redis's own of the group cluster, and those that name another primary.
absl::Span<const CommandSpec> ClusterApiRows();
// Of the groups connection and transactions.
absl::Span<const CommandSpec> ConnectionRows();
absl::Span<const CommandSpec> ServerRows();

}  // namespace holdfast
