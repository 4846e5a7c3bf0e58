// Commands that look into lists, or change them anywhere.

#include <algorithm>

#include "node/commands/keys_access.h"
#include "node/commands/lists.h"
#include "node/commands/lists_value.h"
#include "node/node.h"

namespace holdfast {
namespace {

// The smallest integer has no opposite, and so no meaning where the sign is a direction.
constexpr Bounds kSigned = {.min = -std::numeric_limits<int64_t>::max()};
constexpr Bounds kNotNegative = {.min = 0};

// The elements that two indexes enclose, negative ones counting from the back; those outside the
// list are cut off.
ListRange Enclose(const List& list, int64_t start, int64_t stop) {
  const auto size = static_cast<int64_t>(list.Size());
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (stop < 0) stop += size;
  stop = std::min(stop, size - 1);
  if (start > stop) return {};
  return {static_cast<size_t>(start), static_cast<size_t>(stop - start + 1)};
}

struct Indexes {
  int64_t start = 0;
  int64_t stop = 0;
};

std::optional<Indexes> IndexArguments(CommandContext& context) {
  const auto start = context.Integer(2);
  if (!start) return std::nullopt;
  const auto stop = context.Integer(3);
  if (!stop) return std::nullopt;
  return Indexes{*start, *stop};
}

struct PositionOptions {
  int64_t rank = 1;
  std::optional<int64_t> count;
  int64_t length_max = 0;  // elements to look at; 0: all
};

std::optional<PositionOptions> ReadPositionOptions(CommandContext& context) {
  PositionOptions options;
  for (size_t i = 3; i < context.arguments.size(); i += 2) {
    const bool has_value = i + 1 < context.arguments.size();
    std::optional<int64_t> value;
    if (has_value && context.Is(i, "RANK")) {
      value = IntegerWithin(context, i + 1, kSigned);
      options.rank = value.value_or(1);
      if (options.rank == 0) {
        context.Error(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
            "use negative to start from the end of the list");
        return std::nullopt;
      }
    } else if (has_value && context.Is(i, "COUNT")) {
      value = IntegerWithin(context, i + 1, kNotNegative, "ERR COUNT can't be negative");
      options.count = value;
    } else if (has_value && context.Is(i, "MAXLEN")) {
      value = IntegerWithin(context, i + 1, kNotNegative, "ERR MAXLEN can't be negative");
      options.length_max = value.value_or(0);
    } else {
      context.SyntaxError();
    }
    if (!value) return std::nullopt;
  }
  return options;
}

// Shows the indexes at which `wanted` stands, as the options ask for them.
void FindPositions(const List& list, const PackedElement& wanted, const PositionOptions& options,
                   absl::FunctionRef<void(size_t index)> show) {
  const bool forwards = options.rank > 0;
  const int64_t rank = forwards ? options.rank : -options.rank;
  // Without COUNT one is wanted; COUNT 0 asks for all.
  int64_t wanted_count = options.count.value_or(1);
  if (wanted_count == 0) wanted_count = std::numeric_limits<int64_t>::max();
  size_t left = list.Size();
  if (options.length_max > 0) left = std::min(left, static_cast<size_t>(options.length_max));
  List::Cursor cursor = list.CursorAt(forwards ? 0 : list.Size() - 1);
  int64_t matches = 0;
  for (int64_t shown = 0; left > 0 && shown < wanted_count; --left) {
    if (cursor.Get() == wanted && ++matches >= rank) {
      show(cursor.index());
      ++shown;
    }
    forwards ? cursor.Next() : cursor.Previous();
  }
}

}  // namespace

void LIndexCommand(CommandContext& context) {
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr) {
    context.reply.Null();
    return;
  }
  const auto argument = context.Integer(2);
  if (!argument) return;
  if (const auto index = entry->list()->Resolve(*argument)) {
    ReplyElement(context.reply, entry->list()->At(*index));
  } else {
    context.reply.Null();
  }
}

void LRangeCommand(CommandContext& context) {
  const auto indexes = IndexArguments(context);
  if (!indexes) return;
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr) {
    context.reply.Array(0);
    return;
  }
  const List& list = *entry->list();
  ReplyListRange(context.reply, list, Enclose(list, indexes->start, indexes->stop));
}

void LPosCommand(CommandContext& context) {
  const auto options = ReadPositionOptions(context);
  if (!options) return;
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kList)) return;
  const PackedElement wanted = PackedElement::Of(context.arguments[2]);
  ReplyWriter& reply = context.reply;
  const size_t mark = reply.BeginDeferredArray();
  size_t found = 0;
  if (entry != nullptr) {
    FindPositions(*entry->list(), wanted, *options, [&](size_t index) {
      reply.Integer(static_cast<int64_t>(index));
      ++found;
    });
  }
  if (options->count) {
    reply.EndDeferredArray(mark, found);
  } else if (found == 0) {
    reply.Null();
  }
}

void LSetCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (entry == nullptr) {
    context.Error("ERR no such key");
    return;
  }
  if (!context.CheckType(entry, ValueType::kList)) return;
  const auto argument = context.Integer(2);
  if (!argument) return;
  const auto index = entry->list()->Resolve(*argument);
  if (!index) {
    context.Error("ERR index out of range");
    return;
  }
  context.writer.SetElement(context.At(key, entry), *index, context.arguments[3],
                            ListLimitsOf(context));
  context.reply.Ok();
}

void LInsertCommand(CommandContext& context) {
  const bool before = context.Is(2, "BEFORE");
  if (!before && !context.Is(2, "AFTER")) {
    context.SyntaxError();
    return;
  }
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  if (entry == nullptr) {
    context.reply.Integer(0);
    return;
  }
  const List& list = *entry->list();
  const PackedElement pivot = PackedElement::Of(context.arguments[3]);
  List::Cursor cursor = list.CursorAt(0);
  while (cursor.Valid() && cursor.Get() != pivot) cursor.Next();
  if (!cursor.Valid()) {
    context.reply.Integer(-1);
    return;
  }
  context.writer.InsertElement(context.At(key, entry), cursor,
                               before ? ListSide::kBefore : ListSide::kAfter, context.arguments[4],
                               ListLimitsOf(context));
  context.reply.Integer(static_cast<int64_t>(list.Size()));
}

void LRemCommand(CommandContext& context) {
  const auto count = IntegerWithin(context, 2, kSigned);
  if (!count) return;
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  size_t removed = 0;
  if (entry != nullptr) {
    removed = context.writer.RemoveMatches(context.At(key, entry), *count, context.arguments[3],
                                           ListLimitsOf(context));
    if (removed > 0) context.CountChanges(removed - 1);
  }
  context.reply.Integer(static_cast<int64_t>(removed));
}

void LTrimCommand(CommandContext& context) {
  const auto indexes = IndexArguments(context);
  if (!indexes) return;
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kList)) return;
  context.reply.Ok();
  if (entry == nullptr) return;
  const size_t size = entry->list()->Size();
  const ListRange kept = Enclose(*entry->list(), indexes->start, indexes->stop);
  if (kept.count == 0) {
    // Not emptied first: a list that goes as a whole is freed off the command path.
    context.writer.Erase(context.At(key, entry));
    context.CountChanges(size - 1);
    return;
  }
  context.writer.Trim(context.At(key, entry), kept.first, kept.count, ListLimitsOf(context));
  if (kept.count == size) {
    // As in Redis, watchers are told although nothing was cut.
    context.node.watches().Touch(context.database, key.bytes);
  } else {
    context.CountChanges(size - kept.count - 1);
  }
}

}  // namespace holdfast
