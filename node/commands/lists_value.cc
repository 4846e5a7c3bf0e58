#include "node/commands/lists_value.h"

#include <algorithm>
#include <memory>

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
  size_t size = 0;
  if (entry == nullptr) {
    auto list = std::make_unique<List>();
    list->Push(end, values, ListLimitsOf(context));
    size = list->Size();
    Store(context, key, nullptr, Value::OfList(list.release()), std::nullopt);
  } else {
    ListEdit edit(context.keyspace, key.slot, entry);
    edit.list().Push(end, values, ListLimitsOf(context));
    size = edit.list().Size();
    context.Changed(key);
  }
  // Every element counts as a change; one has been counted.
  context.worker.counters.dirty += values.size() - 1;
  return size;
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
  if (count < size) {
    ListEdit edit(context.keyspace, key.slot, entry);
    edit.list().EraseRange(range.first, range.count, ListLimitsOf(context));
  } else {
    // Not emptied first: a list that goes as a whole is freed off the command path.
    context.keyspace.Erase(context.database, key, entry);
  }
  context.Changed(key);
  context.worker.counters.dirty += count - 1;
}

void FinishRemoval(CommandContext& context, const Key& key, Entry* entry, size_t removed) {
  if (removed == 0) return;
  if (entry->list()->Size() == 0) context.keyspace.Erase(context.database, key, entry);
  context.Changed(key);
  context.worker.counters.dirty += removed - 1;
}

}  // namespace holdfast
