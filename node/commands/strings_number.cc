// Commands that count in strings.

#include <cmath>

#include "node/commands/keys_access.h"
#include "node/commands/strings.h"
#include "node/commands/strings_value.h"

namespace holdfast {
namespace {

constexpr absl::string_view kNotInteger = "ERR value is not an integer or out of range";
constexpr absl::string_view kNotFloat = "ERR value is not a valid float";

// The number that a string says; an absent one says 0.
std::optional<int64_t> IntegerOf(const Entry* entry) {
  if (entry == nullptr) return 0;
  if (entry->is_integer()) return entry->integer();
  if (const auto integer = ParseInt64(entry->text())) return *integer;
  return std::nullopt;
}

void Increment(CommandContext& context, int64_t step) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  const auto before = IntegerOf(entry);
  if (!before) {
    context.Error(kNotInteger);
    return;
  }
  int64_t after = 0;
  if (__builtin_add_overflow(*before, step, &after)) {
    context.Error("ERR increment or decrement would overflow");
    return;
  }
  context.writer.SetInteger(context.At(key, entry), after);
  context.reply.Integer(after);
}

}  // namespace

void IncrCommand(CommandContext& context) { Increment(context, 1); }
void DecrCommand(CommandContext& context) { Increment(context, -1); }

void IncrByCommand(CommandContext& context) {
  if (const auto step = context.Integer(2)) Increment(context, *step);
}

void DecrByCommand(CommandContext& context) {
  const auto step = context.Integer(2);
  if (!step) return;
  // The smallest number has no opposite.
  if (*step == std::numeric_limits<int64_t>::min()) {
    context.Error("ERR decrement would overflow");
    return;
  }
  Increment(context, -*step);
}

void IncrByFloatCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (!context.CheckType(entry, ValueType::kString)) return;
  IntegerText scratch;
  const auto before =
      entry == nullptr ? std::optional<long double>(0) : ParseLongDouble(TextOf(*entry, scratch));
  const auto step = before ? ParseLongDouble(context.arguments[2]) : std::nullopt;
  if (!step) {
    context.Error(kNotFloat);
    return;
  }
  const long double after = *before + *step;
  if (!std::isfinite(after)) {
    context.Error("ERR increment would produce NaN or Infinity");
    return;
  }
  // Kept as text even if it is whole, as its encoding tells.
  const std::string text = FormatLongDouble(after);
  context.writer.Put(context.At(key, entry), Value::Text(text), DeadlineOf(entry));
  context.reply.Bulk(text);
}

}  // namespace holdfast
