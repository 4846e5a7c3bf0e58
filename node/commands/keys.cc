#include "node/commands/keys.h"

#include "node/commands/keys_access.h"
#include "storage/rdb/opaque_value.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

// Longer strings are "raw" in OBJECT ENCODING, as in Redis, where they have an allocation of their
// own.
constexpr size_t kEmbeddedStringMax = 44;

size_t RemoveAll(CommandContext& context) {
  size_t removed = 0;
  for (const Key& key : context.keys) {
    Entry* entry = context.Find(key);
    if (entry == nullptr) continue;
    context.writer.Erase(context.At(key, entry));
    ++removed;
  }
  return removed;
}

struct RenameOptions {
  bool overwrite = false;
};

// Returns whether the value has its new key; nothing if there is none, which is replied.
std::optional<bool> RenameFirstToSecond(CommandContext& context, RenameOptions options) {
  const Key& source = context.keys[0];
  const Key& target = context.keys[1];
  Entry* entry = context.Find(source);
  if (entry == nullptr) {
    context.Error("ERR no such key");
    return std::nullopt;
  }
  if (source.bytes == target.bytes) return options.overwrite;
  Entry* old = context.Find(target);
  if (old != nullptr && !options.overwrite) return false;
  context.writer.Rename(context.At(source, entry), context.At(target, old));
  return true;
}

struct CopyOptions {
  DatabaseId database;
  bool replace = false;
};

std::optional<CopyOptions> ReadCopyOptions(CommandContext& context) {
  CopyOptions options{.database = context.database};
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    if (context.Is(i, "REPLACE")) {
      options.replace = true;
    } else if (context.Is(i, "DB") && i + 1 < context.arguments.size()) {
      const auto database = DatabaseArgument(context, ++i);
      if (!database) return std::nullopt;
      options.database = *database;
    } else {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

std::string TypeName(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::kString:
      return "string";
    case ValueType::kList:
      return "list";
    case ValueType::kOpaque:
      return rdb::ClientTypeName(entry.value());
  }
  return {};
}

absl::string_view EncodingName(const Entry& entry) {
  if (entry.type() == ValueType::kList) return entry.list()->Encoding();
  if (entry.type() == ValueType::kOpaque) {
    return rdb::ClientEncodingName(static_cast<rdb::Type>(entry.value().opaque_type));
  }
  if (entry.is_integer()) return "int";
  return entry.is_roomy() || entry.text().size() > kEmbeddedStringMax ? "raw" : "embstr";
}

void DelCommand(CommandContext& context) {
  context.reply.Integer(static_cast<int64_t>(RemoveAll(context)));
}

// What is large is freed off the command path in either case.
void UnlinkCommand(CommandContext& context) { DelCommand(context); }

void ExistsCommand(CommandContext& context) {
  int64_t count = 0;
  for (const Key& key : context.keys) count += Peek(context, key) != nullptr ? 1 : 0;
  context.reply.Integer(count);
}

void TouchCommand(CommandContext& context) {
  int64_t count = 0;
  for (const Key& key : context.keys) count += context.FindToRead(key) != nullptr ? 1 : 0;
  context.reply.Integer(count);
}

void TypeCommand(CommandContext& context) {
  const Entry* entry = Peek(context, context.keys[0]);
  context.reply.Simple(entry == nullptr ? "none" : TypeName(*entry));
}

void RenameCommand(CommandContext& context) {
  if (RenameFirstToSecond(context, {.overwrite = true})) context.reply.Ok();
}

void RenameNxCommand(CommandContext& context) {
  const auto renamed = RenameFirstToSecond(context, {.overwrite = false});
  if (renamed) context.reply.Integer(*renamed ? 1 : 0);
}

void CopyCommand(CommandContext& context) {
  const auto options = ReadCopyOptions(context);
  if (!options) return;
  const Key& source = context.keys[0];
  const Key& target = context.keys[1];
  if (options->database == context.database && source.bytes == target.bytes) {
    context.Error("ERR source and destination objects are the same");
    return;
  }
  Entry* entry = context.FindToRead(source);
  Entry* old = entry == nullptr ? nullptr : context.Find(options->database, target);
  if (entry == nullptr || (old != nullptr && !options->replace)) {
    context.reply.Integer(0);
    return;
  }
  context.writer.Copy(context.At(source, entry), {options->database, target, old});
  context.reply.Integer(1);
}

void MoveCommand(CommandContext& context) {
  const auto target = DatabaseArgument(context, 2);
  if (!target) return;
  if (*target == context.database) {
    context.Error("ERR source and destination objects are the same");
    return;
  }
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (entry == nullptr || context.Find(*target, key) != nullptr) {
    context.reply.Integer(0);
    return;
  }
  context.writer.Rename(context.At(key, entry), {*target, key, nullptr});
  context.reply.Integer(1);
}

}  // namespace holdfast
