#include "node/commands/strings.h"

#include "absl/strings/str_cat.h"
#include "net/base/planted_bug.h"
#include "node/commands/keys_access.h"
#include "node/commands/keys_deadline.h"
#include "node/commands/strings_value.h"

namespace holdfast {
namespace {

// What SET and GETEX may be told behind their operands.
struct StringOptions {
  enum class Ttl : uint8_t { kUnsaid, kKeep, kPersist, kDeadline };

  bool only_if_absent = false;   // NX
  bool only_if_present = false;  // XX
  bool get = false;
  Ttl ttl = Ttl::kUnsaid;
  DeadlineForm form = DeadlineForm::kSeconds;  // with kDeadline
  size_t deadline_index = 0;                   // with kDeadline
};

std::optional<DeadlineForm> DeadlineWord(const CommandContext& context, size_t index) {
  if (context.Is(index, "EX")) return DeadlineForm::kSeconds;
  if (context.Is(index, "PX")) return DeadlineForm::kMillis;
  if (context.Is(index, "EXAT")) return DeadlineForm::kAtSeconds;
  if (context.Is(index, "PXAT")) return DeadlineForm::kAtMillis;
  return std::nullopt;
}

// Reads EX, PX, EXAT or PXAT and the number behind it. The same word may come again, and the last
// one counts; another word about the time to live may not.
bool ReadDeadlineOption(const CommandContext& context, size_t index, StringOptions& options) {
  const auto form = DeadlineWord(context, index);
  if (!form || index + 1 >= context.arguments.size()) return false;
  const bool said_otherwise = options.ttl == StringOptions::Ttl::kDeadline
                                  ? options.form != *form
                                  : options.ttl != StringOptions::Ttl::kUnsaid;
  if (said_otherwise) return false;
  options.ttl = StringOptions::Ttl::kDeadline;
  options.form = *form;
  options.deadline_index = index + 1;
  return true;
}

// Reads a word about the time to live that stands alone.
bool ReadTtlWord(const CommandContext& context, size_t index, absl::string_view word,
                 StringOptions::Ttl meaning, StringOptions& options) {
  if (options.ttl != StringOptions::Ttl::kUnsaid && options.ttl != meaning) return false;
  if (!context.Is(index, word)) return false;
  options.ttl = meaning;
  return true;
}

std::optional<StringOptions> ReadSetOptions(CommandContext& context) {
  StringOptions options;
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    if (!options.only_if_present && context.Is(i, "NX")) {
      options.only_if_absent = true;
    } else if (!options.only_if_absent && context.Is(i, "XX")) {
      options.only_if_present = true;
    } else if (context.Is(i, "GET")) {
      options.get = true;
    } else if (ReadDeadlineOption(context, i, options)) {
      ++i;
    } else if (!ReadTtlWord(context, i, "KEEPTTL", StringOptions::Ttl::kKeep, options)) {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

std::optional<StringOptions> ReadGetExOptions(CommandContext& context) {
  StringOptions options;
  for (size_t i = 2; i < context.arguments.size(); ++i) {
    if (ReadDeadlineOption(context, i, options)) {
      ++i;
    } else if (!ReadTtlWord(context, i, "PERSIST", StringOptions::Ttl::kPersist, options)) {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

// Puts a text under a key, whatever is there.
void StoreText(CommandContext& context, const Key& key, absl::string_view text) {
  context.writer.Put(context.At(key, context.Find(key)), StringValue(text), std::nullopt);
}

// Stores a text under the first key. A deadline that has passed already leaves the key absent.
void StoreUntil(CommandContext& context, Entry* old, absl::string_view text,
                std::optional<Millis> deadline) {
  const Key& key = context.keys[0];
  if (!deadline || context.now < *deadline) {
    context.writer.Put(context.At(key, old), StringValue(text), deadline);
  } else if (old != nullptr) {
    context.writer.Erase(context.At(key, old));
  }
}

void SetWithOptions(CommandContext& context) {
  const auto options = ReadSetOptions(context);
  if (!options) return;
  std::optional<Millis> deadline;
  if (options->ttl == StringOptions::Ttl::kDeadline) {
    deadline = DeadlineArgument(context, options->deadline_index, options->form);
    if (!deadline) return;
  }
  const Key& key = context.keys[0];
  Entry* old = options->get ? context.FindToRead(key) : context.Find(key);
  if (options->get) {
    if (!context.CheckType(old, ValueType::kString)) return;
    ReplyStringOrNull(context, old);
  }
  if (old != nullptr ? options->only_if_absent : options->only_if_present) {
    if (!options->get) context.reply.Null();
    return;
  }
  const bool keep = options->ttl == StringOptions::Ttl::kKeep ||
                    (options->ttl == StringOptions::Ttl::kUnsaid && BUG("set-keeps-ttl"));
  if (keep) deadline = DeadlineOf(old);
  StoreUntil(context, old, context.arguments[2], deadline);
  if (!options->get) context.reply.Ok();
}

void SetFor(CommandContext& context, DeadlineForm form) {
  const auto deadline = DeadlineArgument(context, 2, form);
  if (!deadline) return;
  StoreUntil(context, context.Find(context.keys[0]), context.arguments[3], deadline);
  context.reply.Ok();
}

// Whether every key of MSET or MSETNX has its value; otherwise replies the error.
bool CheckPairs(CommandContext& context) {
  if (context.arguments.size() % 2 == 1) return true;
  context.Error(
      absl::StrCat("ERR wrong number of arguments for '", context.spec.name, "' command"));
  return false;
}

void StorePairs(CommandContext& context) {
  for (size_t i = 0; i < context.keys.size(); ++i) {
    StoreText(context, context.keys[i], context.arguments[2 * i + 2]);
    if (BUG("mset-as-n-records")) context.worker.execution.LogEffects();
  }
}

}  // namespace

void GetCommand(CommandContext& context) {
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (!context.CheckType(entry, ValueType::kString)) return;
  ReplyStringOrNull(context, entry);
}

void SetCommand(CommandContext& context) {
  if (context.arguments.size() > 3) {
    SetWithOptions(context);
    return;
  }
  StoreText(context, context.keys[0], context.arguments[2]);
  context.reply.Ok();
}

void SetNxCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  const bool absent = context.Find(key) == nullptr;
  if (absent) {
    context.writer.Put(context.At(key, nullptr), StringValue(context.arguments[2]), std::nullopt);
  }
  context.reply.Integer(absent ? 1 : 0);
}

void SetExCommand(CommandContext& context) { SetFor(context, DeadlineForm::kSeconds); }
void PSetExCommand(CommandContext& context) { SetFor(context, DeadlineForm::kMillis); }

void GetSetCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  Entry* old = context.FindToRead(key);
  if (!context.CheckType(old, ValueType::kString)) return;
  ReplyStringOrNull(context, old);
  context.writer.Put(context.At(key, old), StringValue(context.arguments[2]), std::nullopt);
}

void GetDelCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  Entry* entry = context.FindToRead(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  ReplyStringOrNull(context, entry);
  if (entry != nullptr) context.writer.Erase(context.At(key, entry));
}

void GetExCommand(CommandContext& context) {
  const auto options = ReadGetExOptions(context);
  if (!options) return;
  const Key& key = context.keys[0];
  Entry* entry = context.FindToRead(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  if (entry == nullptr) {
    context.reply.Null();
    return;
  }
  std::optional<Millis> deadline;
  if (options->ttl == StringOptions::Ttl::kDeadline) {
    deadline = DeadlineArgument(context, options->deadline_index, options->form);
    if (!deadline) return;
  }
  ReplyString(context, *entry);
  if (deadline && context.now >= *deadline) {
    context.writer.Erase(context.At(key, entry));
  } else if (deadline || options->ttl == StringOptions::Ttl::kPersist) {
    context.writer.SetDeadline(context.At(key, entry), deadline);
  }
}

void MGetCommand(CommandContext& context) {
  context.reply.Array(context.keys.size());
  for (const Key& key : context.keys) {
    const Entry* entry = context.FindToRead(key);
    const bool is_string = entry != nullptr && entry->type() == ValueType::kString;
    ReplyStringOrNull(context, is_string ? entry : nullptr);
  }
}

void MSetCommand(CommandContext& context) {
  if (!CheckPairs(context)) return;
  StorePairs(context);
  context.reply.Ok();
}

void MSetNxCommand(CommandContext& context) {
  if (!CheckPairs(context)) return;
  for (const Key& key : context.keys) {
    if (context.Find(key) != nullptr) {
      context.reply.Integer(0);
      return;
    }
  }
  StorePairs(context);
  context.reply.Integer(1);
}

}  // namespace holdfast
