// Commands on the ends of lists.

#include "node/commands/lists.h"

#include "absl/strings/str_cat.h"
#include "node/commands/keys_access.h"
#include "node/commands/lists_value.h"

namespace holdfast {
namespace {

struct PushOptions {
  bool only_if_present = false;
};

void Push(CommandContext& context, ListEnd end, PushOptions options = {}) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr && options.only_if_present) {
    context.reply.Integer(0);
    return;
  }
  const size_t size = PushValues(context, key, entry, end, context.arguments.subspan(2));
  context.reply.Integer(static_cast<int64_t>(size));
}

void PopOne(CommandContext& context, ListEnd end) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr) {
    context.reply.Null();
    return;
  }
  ReplyElement(context.reply, entry->list()->Peek(end));
  context.writer.Pop(context.At(key, entry), end, 1, ListLimitsOf(context));
}

constexpr Bounds kNotNegative = {.min = 0};
constexpr Bounds kPositive = {.min = 1};

void PopMany(CommandContext& context, ListEnd end) {
  const auto count =
      IntegerWithin(context, 2, kNotNegative, "ERR value is out of range, must be positive");
  if (!count) return;
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr) {
    context.reply.NullArray();
  } else if (*count == 0) {
    context.reply.Array(0);
  } else {
    PopRange(context, key, entry, end, static_cast<size_t>(*count));
  }
}

void Pop(CommandContext& context, ListEnd end) {
  if (context.arguments.size() == 2) {
    PopOne(context, end);
  } else if (context.arguments.size() == 3) {
    PopMany(context, end);
  } else {
    context.Error(
        absl::StrCat("ERR wrong number of arguments for '", context.spec.name, "' command"));
  }
}

// Pops an element at one end of the first key's list and pushes it at an end of the second's.
struct Route {
  ListEnd from;
  ListEnd to;
};

void MoveElement(CommandContext& context, Route route) {
  const Key& source = context.keys[0];
  const Key& target = context.keys[1];
  Entry* from = context.Find(source);
  if (!context.CheckType(from, ValueType::kList)) return;
  if (from == nullptr) {
    context.reply.Null();
    return;
  }
  if (source.bytes == target.bytes) {
    context.reply.Bulk(context.writer.Rotate(context.At(source, from), route.from, route.to,
                                             ListLimitsOf(context)));
    return;
  }
  Entry* to = context.Find(target);
  if (!context.CheckType(to, ValueType::kList)) return;
  // The element stays where it is until it has arrived.
  IntegerText scratch;
  const absl::string_view element = from->list()->Peek(route.from).Text(scratch);
  context.reply.Bulk(element);
  PushValues(context, target, to, route.to, {&element, 1});
  context.writer.Pop(context.At(source, from), route.from, 1, ListLimitsOf(context));
}

struct PopOptions {
  ListEnd end;
  size_t count = 1;
};

// Reads what LMPOP is told: numkeys key ... (LEFT | RIGHT) [COUNT count].
std::optional<PopOptions> ReadPopOptions(CommandContext& context) {
  const auto keys = IntegerWithin(context, 1, kPositive, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  const size_t argument_count = context.arguments.size();
  if (static_cast<uint64_t>(*keys) >= argument_count - 2) {
    context.SyntaxError();
    return std::nullopt;
  }
  const size_t end_index = 2 + static_cast<size_t>(*keys);
  const auto end = ListEndArgument(context, end_index);
  if (!end) return std::nullopt;
  PopOptions options{.end = *end};
  if (argument_count == end_index + 1) return options;
  if (argument_count < end_index + 3 || !context.Is(end_index + 1, "COUNT")) {
    context.SyntaxError();
    return std::nullopt;
  }
  const auto count =
      IntegerWithin(context, end_index + 2, kPositive, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (argument_count > end_index + 3) {
    context.SyntaxError();
    return std::nullopt;
  }
  options.count = static_cast<size_t>(*count);
  return options;
}

}  // namespace

void LPushCommand(CommandContext& context) { Push(context, ListEnd::kFront); }
void RPushCommand(CommandContext& context) { Push(context, ListEnd::kBack); }
void LPushXCommand(CommandContext& context) {
  Push(context, ListEnd::kFront, {.only_if_present = true});
}
void RPushXCommand(CommandContext& context) {
  Push(context, ListEnd::kBack, {.only_if_present = true});
}

void LPopCommand(CommandContext& context) { Pop(context, ListEnd::kFront); }
void RPopCommand(CommandContext& context) { Pop(context, ListEnd::kBack); }

void LLenCommand(CommandContext& context) {
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kList)) return;
  context.reply.Integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->list()->Size()));
}

void LMoveCommand(CommandContext& context) {
  const auto from = ListEndArgument(context, 3);
  if (!from) return;
  const auto to = ListEndArgument(context, 4);
  if (!to) return;
  MoveElement(context, {.from = *from, .to = *to});
}

void RPopLPushCommand(CommandContext& context) {
  MoveElement(context, {.from = ListEnd::kBack, .to = ListEnd::kFront});
}

void LMPopCommand(CommandContext& context) {
  const auto options = ReadPopOptions(context);
  if (!options) return;
  for (const Key& key : context.keys) {
    Entry* entry = context.Find(key);
    if (!context.CheckType(entry, ValueType::kList)) return;
    if (entry == nullptr) continue;
    context.reply.Array(2);
    context.reply.Bulk(key.bytes);
    PopRange(context, key, entry, options->end, options->count);
    return;
  }
  context.reply.NullArray();
}

}  // namespace holdfast
