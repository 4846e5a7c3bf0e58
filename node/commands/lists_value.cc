#include "node/commands/lists_value.h"

#include <algorithm>

#include "node/commands/keys_access.h"
#include "node/node.h"

namespace holdfast {

ListLimits ListLimitsOf(const CommandContext& context) {
  return ListLimits::FromDirective(context.node.settings().list_max_listpack_size);
}

std::optional<ListEnd> ListEndArgument(CommandContext& context, size_t index) {
  if (context.Is(index, "LEFT")) return ListEnd::kFront;
  if (context.Is(index, "RIGHT")) return ListEnd::kBack;
  context.SyntaxError();
  return std::nullopt;
}

size_t PushValues(CommandContext& context, const Key& key, Entry* entry, ListEnd end,
                  absl::Span<const absl::string_view> values) {
  // Every element counts as a change; one is counted for the key.
  context.CountChanges(values.size() - 1);
  return context.writer.Push(context.At(key, entry), end, values, ListLimitsOf(context));
}

void ReplyListRange(ReplyWriter& reply, const List& list, ListRange range, ListEnd from) {
  reply.Array(range.count);
  if (range.count == 0) return;
  const bool forwards = from == ListEnd::kFront;
  List::Cursor cursor = list.CursorAt(forwards ? range.first : range.first + range.count - 1);
  for (size_t i = 0; i < range.count; ++i) {
    ReplyElement(reply, cursor.Get());
    forwards ? cursor.Next() : cursor.Previous();
  }
}

void PopRange(CommandContext& context, const Key& key, Entry* entry, ListEnd end, size_t count) {
  const size_t size = entry->list()->Size();
  count = std::min(count, size);
  const ListRange range = {.first = end == ListEnd::kFront ? 0 : size - count, .count = count};
  ReplyListRange(context.reply, *entry->list(), range, end);
  context.writer.Pop(context.At(key, entry), end, count, ListLimitsOf(context));
  context.CountChanges(count - 1);
}

}  // namespace holdfast
