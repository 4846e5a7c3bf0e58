// COMMAND DOCS: the documentation in the command table, arguments as trees.
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "node/command_table.h"
#include "node/commands/command_info.h"
#include "node/commands/command_syntax.h"
#include "node/node.h"

namespace holdfast {
namespace {

absl::string_view GroupName(CommandGroup group) {
  switch (group) {
    case CommandGroup::kGeneric:
      return "generic";
    case CommandGroup::kString:
      return "string";
    case CommandGroup::kList:
      return "list";
    case CommandGroup::kConnection:
      return "connection";
    case CommandGroup::kServer:
      return "server";
    case CommandGroup::kTransactions:
      return "transactions";
    case CommandGroup::kCluster:
      return "cluster";
  }
  return "";
}

void Field(ReplyWriter& reply, absl::string_view name, absl::string_view value) {
  reply.Bulk(name);
  reply.Bulk(value);
}

// Writes arguments depth first; the n-th key belongs to the n-th key specification, later ones to
// the last.
class ArgumentWriter {
 public:
  ArgumentWriter(ReplyWriter& reply, size_t key_specs) : reply_(reply), key_specs_(key_specs) {}

  void Write(absl::Span<const SyntaxArgument> arguments) {
    reply_.Array(arguments.size());
    for (const SyntaxArgument& argument : arguments) Write(argument);
  }

 private:
  void Write(const SyntaxArgument& argument) {
    const bool is_group = !argument.members.empty();
    const bool is_key = argument.type == "key" && key_specs_ > 0;
    const size_t flags = size_t{argument.optional} + size_t{argument.repeated};
    reply_.Map(2 + size_t{!is_group} + size_t{is_key} + size_t{!argument.token.empty()} +
               size_t{flags > 0} + size_t{is_group});
    Field(reply_, "name", argument.name);
    Field(reply_, "type", argument.type);
    if (!is_group) Field(reply_, "display_text", argument.name);
    if (is_key) {
      reply_.Bulk("key_spec_index");
      reply_.Integer(static_cast<int64_t>(next_key_spec_));
      if (next_key_spec_ + 1 < key_specs_) ++next_key_spec_;
    }
    if (!argument.token.empty()) Field(reply_, "token", argument.token);
    if (flags > 0) {
      reply_.Bulk("flags");
      reply_.Set(flags);
      if (argument.optional) reply_.Simple("optional");
      if (argument.repeated) reply_.Simple("multiple");
    }
    if (is_group) {
      reply_.Bulk("arguments");
      Write(argument.members);
    }
  }

  ReplyWriter& reply_;
  const size_t key_specs_;
  size_t next_key_spec_ = 0;
};

void ReplyDocs(ReplyWriter& reply, const CommandSpec& spec) {
  const absl::Span<const CommandSpec> subcommands = CommandTable::Subcommands(spec);
  const auto arguments = ParseSyntax(spec.syntax);
  CHECK(arguments.has_value());
  reply.Bulk(spec.name);
  reply.Map(4 + size_t{!arguments->empty()} + size_t{!subcommands.empty()});
  Field(reply, "summary", spec.summary);
  Field(reply, "since", spec.since);
  Field(reply, "group", GroupName(spec.group));
  Field(reply, "complexity", spec.complexity);
  if (!arguments->empty()) {
    reply.Bulk("arguments");
    ArgumentWriter(reply, KeySpecs(spec).size()).Write(*arguments);
  }
  if (!subcommands.empty()) {
    reply.Bulk("subcommands");
    reply.Map(subcommands.size());
    for (const CommandSpec& subcommand : subcommands) ReplyDocs(reply, subcommand);
  }
}

}  // namespace

void CommandDocsCommand(CommandContext& context) {
  std::vector<const CommandSpec*> specs;
  if (context.arguments.size() == 2) {
    for (const CommandSpec& spec : AllCommands()) {
      if (!CommandTable::IsSubcommand(spec)) specs.push_back(&spec);
    }
  }
  for (const absl::string_view name : context.arguments.subspan(2)) {
    const CommandSpec* spec = context.node.commands().FindByName(name);
    if (spec != nullptr) specs.push_back(spec);
  }
  context.reply.Map(specs.size());
  for (const CommandSpec* spec : specs) ReplyDocs(context.reply, *spec);
}

}  // namespace holdfast
