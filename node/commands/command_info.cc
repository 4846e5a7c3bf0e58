#include "node/commands/command_info.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/command_table.h"
#include "node/node.h"
#include "storage/types/glob.h"

namespace holdfast {
namespace {

// In the order that Redis lists them.
constexpr std::pair<CommandFlag, absl::string_view> kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

absl::string_view GroupCategory(CommandGroup group) {
  switch (group) {
    case CommandGroup::kGeneric:
      return "keyspace";
    case CommandGroup::kString:
      return "string";
    case CommandGroup::kList:
      return "list";
    case CommandGroup::kConnection:
      return "connection";
    case CommandGroup::kTransactions:
      return "transaction";
    case CommandGroup::kServer:
    case CommandGroup::kCluster:
      break;
  }
  return "";
}

void ReplyWords(ReplyWriter& reply, absl::Span<const absl::string_view> words) {
  reply.Set(words.size());
  for (const absl::string_view word : words) reply.Simple(word);
}

std::vector<absl::string_view> FlagNames(const CommandSpec& spec) {
  std::vector<absl::string_view> names;
  for (const auto& [flag, name] : kFlagNames) {
    if (spec.is(flag)) names.push_back(name);
  }
  return names;
}

void ReplyKeySpec(ReplyWriter& reply, const KeySpec& spec) {
  reply.Map(3);
  reply.Bulk("flags");
  ReplyWords(reply, spec.flags);
  reply.Bulk("begin_search");
  reply.Map(2);
  reply.Bulk("type");
  reply.Bulk("index");
  reply.Bulk("spec");
  reply.Map(1);
  reply.Bulk("index");
  reply.Integer(spec.begin);
  reply.Bulk("find_keys");
  reply.Map(2);
  reply.Bulk("type");
  reply.Bulk(spec.by_count ? "keynum" : "range");
  reply.Bulk("spec");
  reply.Map(3);
  reply.Bulk(spec.by_count ? "keynumidx" : "lastkey");
  reply.Integer(spec.by_count ? 0 : spec.last);
  reply.Bulk(spec.by_count ? "firstkey" : "keystep");
  reply.Integer(spec.by_count ? 1 : spec.step);
  reply.Bulk(spec.by_count ? "keystep" : "limit");
  reply.Integer(spec.by_count ? spec.step : 0);
}

void ReplyCommand(ReplyWriter& reply, const CommandSpec& spec) {
  reply.Array(10);
  reply.Bulk(spec.name);
  reply.Integer(spec.arity);
  ReplyWords(reply, FlagNames(spec));
  reply.Integer(spec.keys.first);
  reply.Integer(spec.keys.last);
  reply.Integer(spec.keys.step);
  const std::vector<absl::string_view> categories = AclCategories(spec);
  reply.Set(categories.size());
  for (const absl::string_view category : categories) reply.Simple(absl::StrCat("@", category));
  const std::vector<absl::string_view> tips = absl::StrSplit(spec.tips, ' ', absl::SkipEmpty());
  reply.Set(tips.size());
  for (const absl::string_view tip : tips) reply.Bulk(tip);
  const std::vector<KeySpec> key_specs = KeySpecs(spec);
  reply.Set(key_specs.size());
  for (const KeySpec& key_spec : key_specs) ReplyKeySpec(reply, key_spec);
  const absl::Span<const CommandSpec> subcommands = CommandTable::Subcommands(spec);
  // Redis calls an empty list of subcommands a set.
  subcommands.empty() ? reply.Set(0) : reply.Array(subcommands.size());
  for (const CommandSpec& subcommand : subcommands) ReplyCommand(reply, subcommand);
}

size_t TopLevelCount() {
  return static_cast<size_t>(
      std::count_if(AllCommands().begin(), AllCommands().end(),
                    [](const CommandSpec& spec) { return !CommandTable::IsSubcommand(spec); }));
}

// The words that decide whether a key is only overwritten or looked at first.
std::vector<absl::string_view> FlagsInCall(const KeySpec& spec, Arguments call) {
  if (!absl::c_linear_search(spec.flags, "variable_flags")) return spec.flags;
  const bool gets = std::any_of(call.begin(), call.end(), [](absl::string_view argument) {
    return absl::EqualsIgnoreCase(argument, "GET");
  });
  if (!gets) return {"OW", "update"};
  return {"RW", "access", "update"};
}

struct NamedKey {
  absl::string_view key;
  std::vector<absl::string_view> flags;
};

// The keys of the command call in the arguments from the third on; nothing after having replied
// that there are none.
std::optional<std::vector<NamedKey>> KeysOfCall(CommandContext& context) {
  const Arguments call = context.arguments.subspan(2);
  const CommandSpec* spec = context.node.commands().Find(call);
  if (spec == nullptr || CommandTable::IsContainer(*spec)) {
    context.Error("ERR Invalid command specified");
    return std::nullopt;
  }
  const std::vector<KeySpec> specs = KeySpecs(*spec);
  if (specs.empty()) {
    context.Error("ERR The command has no key arguments");
    return std::nullopt;
  }
  if (!spec->ArityOk(call.size())) {
    context.Error("ERR Invalid number of arguments specified for command");
    return std::nullopt;
  }
  std::vector<NamedKey> keys;
  const auto refusal = ExtractKeys(*spec, call, [&](absl::string_view key) {
    const size_t which = std::min(keys.size(), specs.size() - 1);
    keys.push_back({key, FlagsInCall(specs[which], call)});
  });
  if (refusal) {
    context.Error(absl::StrCat("ERR ", *refusal));
    return std::nullopt;
  }
  return keys;
}

}  // namespace

std::vector<absl::string_view> AclCategories(const CommandSpec& spec) {
  const absl::string_view group =
      CommandTable::IsContainer(spec) ? absl::string_view() : GroupCategory(spec.group);
  const std::pair<absl::string_view, bool> all[] = {
      {"keyspace", group == "keyspace" || (spec.acl & kAclKeyspace) != 0},
      {"read", spec.is(kReadonly)},
      {"write", spec.is(kWrite)},
      {"list", group == "list"},
      {"string", group == "string"},
      {"pubsub", spec.is(kPubSub)},
      {"admin", spec.is(kAdmin) || (spec.acl & kAclAdmin) != 0},
      {"fast", spec.is(kFast)},
      {"slow", !spec.is(kFast)},
      {"blocking", spec.is(kBlocking) || (spec.acl & kAclBlocking) != 0},
      {"dangerous", spec.is(kAdmin) || (spec.acl & kAclDangerous) != 0},
      {"connection", group == "connection" || (spec.acl & kAclConnection) != 0},
      {"transaction", group == "transaction"},
  };
  std::vector<absl::string_view> categories;
  for (const auto& [name, applies] : all) {
    if (applies) categories.push_back(name);
  }
  return categories;
}

std::vector<KeySpec> KeySpecs(const CommandSpec& spec) {
  const KeyPositions& keys = spec.keys;
  std::vector<KeySpec> specs;
  if (keys.first == 0 && keys.count_at == 0) return specs;
  const std::vector<absl::string_view> accesses = absl::StrSplit(spec.key_access, "; ");
  for (size_t i = 0; i < accesses.size(); ++i) {
    KeySpec key_spec{.flags = absl::StrSplit(accesses[i], ' ', absl::SkipEmpty())};
    if (keys.count_at != 0) {
      key_spec.begin = keys.count_at;
      key_spec.by_count = true;
    } else {
      key_spec.begin = keys.first + static_cast<int>(i);
      key_spec.step = keys.step;
      // Keys with specifications of their own are one key each.
      if (accesses.size() == 1) key_spec.last = keys.last < 0 ? keys.last : keys.last - keys.first;
    }
    specs.push_back(std::move(key_spec));
  }
  return specs;
}

void CommandCommand(CommandContext& context) {
  context.reply.Array(TopLevelCount());
  for (const CommandSpec& spec : AllCommands()) {
    if (!CommandTable::IsSubcommand(spec)) ReplyCommand(context.reply, spec);
  }
}

void CommandCountCommand(CommandContext& context) {
  context.reply.Integer(static_cast<int64_t>(TopLevelCount()));
}

void CommandInfoCommand(CommandContext& context) {
  if (context.arguments.size() == 2) {
    CommandCommand(context);
    return;
  }
  context.reply.Array(context.arguments.size() - 2);
  for (const absl::string_view name : context.arguments.subspan(2)) {
    const CommandSpec* spec = context.node.commands().FindByName(name);
    spec == nullptr ? context.reply.Null() : ReplyCommand(context.reply, *spec);
  }
}

void CommandListCommand(CommandContext& context) {
  const bool filtered = context.arguments.size() == 5 && context.Is(2, "FILTERBY");
  const bool by_module = filtered && context.Is(3, "MODULE");
  const bool by_category = filtered && context.Is(3, "ACLCAT");
  const bool by_pattern = filtered && context.Is(3, "PATTERN");
  if (context.arguments.size() != 2 && !by_module && !by_category && !by_pattern) {
    context.SyntaxError();
    return;
  }
  std::vector<absl::string_view> names;
  for (const CommandSpec& spec : AllCommands()) {
    if (by_module) break;  // There are no modules.
    if (by_category) {
      const absl::string_view wanted = context.arguments[4];
      const std::vector<absl::string_view> categories = AclCategories(spec);
      if (std::none_of(categories.begin(), categories.end(), [&](absl::string_view category) {
            return absl::EqualsIgnoreCase(category, wanted);
          })) {
        continue;
      }
    }
    if (by_pattern && !GlobMatch(context.arguments[4], spec.name, {.ignore_case = true})) continue;
    if (!filtered && CommandTable::IsSubcommand(spec)) continue;
    names.push_back(spec.name);
  }
  context.reply.Array(names.size());
  for (const absl::string_view name : names) context.reply.Bulk(name);
}

void CommandGetKeysCommand(CommandContext& context) {
  const auto keys = KeysOfCall(context);
  if (!keys) return;
  context.reply.Array(keys->size());
  for (const NamedKey& named : *keys) context.reply.Bulk(named.key);
}

void CommandGetKeysAndFlagsCommand(CommandContext& context) {
  const auto keys = KeysOfCall(context);
  if (!keys) return;
  context.reply.Array(keys->size());
  for (const NamedKey& named : *keys) {
    context.reply.Array(2);
    context.reply.Bulk(named.key);
    ReplyWords(context.reply, named.flags);
  }
}

}  // namespace holdfast
