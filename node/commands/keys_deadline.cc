#include "node/commands/keys_deadline.h"

#include "absl/strings/str_cat.h"

namespace holdfast {

std::optional<Millis> ResolveDeadline(int64_t number, DeadlineForm form, Millis now) {
  const bool in_seconds = form == DeadlineForm::kSeconds || form == DeadlineForm::kAtSeconds;
  const bool from_now = form == DeadlineForm::kSeconds || form == DeadlineForm::kMillis;
  if (in_seconds && __builtin_mul_overflow(number, 1000, &number)) return std::nullopt;
  if (from_now && __builtin_add_overflow(number, now.value, &number)) return std::nullopt;
  return Millis{number};
}

std::optional<Millis> DeadlineArgument(CommandContext& context, size_t index, DeadlineForm form) {
  const auto number = context.Integer(index);
  if (!number) return std::nullopt;
  std::optional<Millis> deadline;
  if (*number > 0) deadline = ResolveDeadline(*number, form, context.now);
  if (!deadline) RefuseDeadline(context);
  return deadline;
}

void RefuseDeadline(CommandContext& context) {
  context.Error(absl::StrCat("ERR invalid expire time in '", context.spec.name, "' command"));
}

}  // namespace holdfast
