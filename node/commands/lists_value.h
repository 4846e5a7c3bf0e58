// What the list commands share in reading and editing lists.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/command.h"
#include "storage/types/list.h"

namespace holdfast {

// How large packed lists and chunks may be, as configured.
ListLimits ListLimitsOf(const CommandContext& context);

inline void ReplyElement(ReplyWriter& reply, const PackedElement& element) {
  if (element.is_integer) {
    reply.BulkInteger(element.integer);
  } else {
    reply.Bulk(element.text);
  }
}

// The end that an argument names, LEFT or RIGHT; otherwise replies a syntax error.
std::optional<ListEnd> ListEndArgument(CommandContext& context, size_t index);

// Pushes values to the list of `entry`, or to a new list if that is null. Returns the list's
// length.
size_t PushValues(CommandContext& context, const Key& key, Entry* entry, ListEnd end,
                  absl::Span<const absl::string_view> values);

// Elements `first` to `first + count - 1` of a list, which has them.
struct ListRange {
  size_t first = 0;
  size_t count = 0;
};

// Replies an array of the range's elements, the other way round when seen from the back.
void ReplyListRange(ReplyWriter& reply, const List& list, ListRange range,
                    ListEnd from = ListEnd::kFront);

// Replies an array of the `count` outermost elements at an end, or all if there are fewer, and
// removes them.
void PopRange(CommandContext& context, const Key& key, Entry* entry, ListEnd end, size_t count);

}  // namespace holdfast
