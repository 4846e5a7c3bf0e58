// Commands that look at parts of a string, or change it where it lies.

#include <algorithm>

#include "net/base/limits.h"
#include "node/commands/keys_access.h"
#include "node/commands/strings.h"
#include "node/commands/strings_value.h"
#include "node/node.h"

namespace holdfast {
namespace {

// Where an edit ends, and how long the string is before it.
struct EditExtent {
  uint64_t end = 0;
  uint64_t old_size = 0;
};

// Whether a string may be edited so; otherwise replies the error.
bool CheckExtent(CommandContext& context, const EditExtent& extent) {
  const auto allowed = static_cast<uint64_t>(context.node.settings().proto_max_bulk_len);
  const uint64_t size = std::max(extent.end, extent.old_size);
  if (extent.end <= allowed && size <= limits::kRoomyStringBytesMax) return true;
  context.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

size_t TextSize(const Entry& entry) {
  IntegerText scratch;
  return TextOf(entry, scratch).size();
}

}  // namespace

void AppendCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  const absl::string_view suffix = context.arguments[2];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  if (entry == nullptr) {
    context.writer.Put(context.At(key, nullptr), StringValue(suffix), std::nullopt);
    context.reply.Integer(static_cast<int64_t>(suffix.size()));
    return;
  }
  const size_t old_size = TextSize(*entry);
  const size_t end = old_size + suffix.size();
  if (!CheckExtent(context, {.end = end, .old_size = old_size})) return;
  const size_t size = context.writer.Append(context.At(key, entry), suffix);
  context.reply.Integer(static_cast<int64_t>(size));
}

void SetRangeCommand(CommandContext& context) {
  const auto offset = context.Integer(2);
  if (!offset) return;
  if (*offset < 0) {
    context.Error("ERR offset is out of range");
    return;
  }
  const Key& key = context.keys[0];
  const absl::string_view bytes = context.arguments[3];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  const size_t old_size = entry == nullptr ? 0 : TextSize(*entry);
  if (bytes.empty()) {
    context.reply.Integer(static_cast<int64_t>(old_size));
    return;
  }
  const uint64_t end = static_cast<uint64_t>(*offset) + bytes.size();
  if (!CheckExtent(context, {.end = end, .old_size = old_size})) return;
  const size_t size =
      context.writer.SetRange(context.At(key, entry), static_cast<size_t>(*offset), bytes);
  context.reply.Integer(static_cast<int64_t>(size));
}

void StrLenCommand(CommandContext& context) {
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kString)) return;
  context.reply.Integer(entry == nullptr ? 0 : static_cast<int64_t>(TextSize(*entry)));
}

void GetRangeCommand(CommandContext& context) {
  const auto start_argument = context.Integer(2);
  if (!start_argument) return;
  const auto end_argument = context.Integer(3);
  if (!end_argument) return;
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kString)) return;
  if (entry == nullptr) {
    context.reply.Bulk({});
    return;
  }
  IntegerText scratch;
  const absl::string_view text = TextOf(*entry, scratch);
  const auto size = static_cast<int64_t>(text.size());
  int64_t start = *start_argument;
  int64_t end = *end_argument;
  // Ends before the first byte are moved there, so that 0 to -100 is one byte, but -1 to -100 none.
  const bool backwards = start < 0 && end < 0 && start > end;
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (backwards || start > end) {
    context.reply.Bulk({});
  } else {
    context.reply.Bulk(
        text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1)));
  }
}

void SubStrCommand(CommandContext& context) { GetRangeCommand(context); }

}  // namespace holdfast
