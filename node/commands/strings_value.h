// Strings between their two forms: the bytes that clients see, and what an entry keeps.
#pragma once

#include "absl/strings/string_view.h"
#include "node/command.h"
#include "storage/keyspace/entry_text.h"
#include "storage/types/number_text.h"

namespace holdfast {

// What to store for a text: the canonical spelling of an integer is kept as that integer.
inline Value StringValue(absl::string_view text) {
  if (const auto integer = ParseInt64(text)) return Value::Integer(*integer);
  return Value::Text(text);
}

// Replies a string entry.
inline void ReplyString(CommandContext& context, const Entry& entry) {
  if (entry.is_integer()) {
    context.reply.BulkInteger(entry.integer());
  } else {
    context.reply.Bulk(entry.text());
  }
}

// Replies a string entry, or null if it is absent.
inline void ReplyStringOrNull(CommandContext& context, const Entry* entry) {
  if (entry == nullptr) {
    context.reply.Null();
  } else {
    ReplyString(context, *entry);
  }
}

}  // namespace holdfast
