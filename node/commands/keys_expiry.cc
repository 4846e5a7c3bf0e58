// Commands on deadlines. A deadline that is set to the past removes its key there and then.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "net/base/planted_bug.h"
#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "node/commands/keys_deadline.h"

namespace holdfast {
namespace {

// Under which conditions a deadline is set; a key without one counts as living forever.
struct ExpireOptions {
  bool only_if_none = false;    // NX
  bool only_if_any = false;     // XX
  bool only_if_later = false;   // GT
  bool only_if_sooner = false;  // LT
};

std::optional<ExpireOptions> ReadExpireOptions(CommandContext& context) {
  ExpireOptions options;
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    if (context.Is(i, "NX")) {
      options.only_if_none = true;
    } else if (context.Is(i, "XX")) {
      options.only_if_any = true;
    } else if (context.Is(i, "GT")) {
      options.only_if_later = true;
    } else if (context.Is(i, "LT")) {
      options.only_if_sooner = true;
    } else {
      context.Error(absl::StrCat("ERR Unsupported option ", context.arguments[i]));
      return std::nullopt;
    }
  }
  if (options.only_if_none &&
      (options.only_if_any || options.only_if_later || options.only_if_sooner)) {
    context.Error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (options.only_if_later && options.only_if_sooner) {
    context.Error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return options;
}

bool Allows(const ExpireOptions& options, std::optional<Millis> present, Millis wanted) {
  if (options.only_if_none && present) return false;
  if (options.only_if_any && !present) return false;
  if (options.only_if_later && (!present || wanted <= *present)) return false;
  if (options.only_if_sooner && present && wanted >= *present) return false;
  return true;
}

void Expire(CommandContext& context, DeadlineForm form) {
  const auto options = ReadExpireOptions(context);
  if (!options) return;
  const auto number = context.Integer(2);
  if (!number) return;
  const auto deadline = ResolveDeadline(*number, form, context.now);
  if (!deadline) {
    RefuseDeadline(context);
    return;
  }
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  if (entry == nullptr || !Allows(*options, DeadlineOf(entry), *deadline)) {
    context.reply.Integer(0);
    return;
  }
  if (context.now >= *deadline) {
    context.writer.Erase(context.At(key, entry));
  } else {
    context.writer.SetDeadline(context.At(key, entry), *deadline);
  }
  context.reply.Integer(1);
}

constexpr int64_t kNoKey = -2;
constexpr int64_t kNoDeadline = -1;

int64_t ToSeconds(int64_t millis) { return millis / 1000 + (millis % 1000 >= 500 ? 1 : 0); }

void ReplyDeadline(CommandContext& context, DeadlineForm form) {
  const Entry* entry = Peek(context, context.keys[0]);
  if (entry == nullptr || !entry->has_deadline()) {
    context.reply.Integer(entry == nullptr ? kNoKey : kNoDeadline);
    return;
  }
  const Millis deadline = entry->deadline();
  switch (form) {
    case DeadlineForm::kSeconds:
      context.reply.Integer(ToSeconds((deadline - context.now).value));
      break;
    case DeadlineForm::kMillis:
      context.reply.Integer((deadline - context.now).value);
      break;
    case DeadlineForm::kAtSeconds:
      context.reply.Integer(ToSeconds(deadline.value));
      break;
    case DeadlineForm::kAtMillis:
      context.reply.Integer(deadline.value);
      break;
  }
}

}  // namespace

void ExpireCommand(CommandContext& context) { Expire(context, DeadlineForm::kSeconds); }
void PExpireCommand(CommandContext& context) { Expire(context, DeadlineForm::kMillis); }
void ExpireAtCommand(CommandContext& context) { Expire(context, DeadlineForm::kAtSeconds); }
void PExpireAtCommand(CommandContext& context) { Expire(context, DeadlineForm::kAtMillis); }

void TtlCommand(CommandContext& context) { ReplyDeadline(context, DeadlineForm::kSeconds); }
void PTtlCommand(CommandContext& context) { ReplyDeadline(context, DeadlineForm::kMillis); }
void ExpireTimeCommand(CommandContext& context) {
  ReplyDeadline(context, DeadlineForm::kAtSeconds);
}
void PExpireTimeCommand(CommandContext& context) {
  ReplyDeadline(context, DeadlineForm::kAtMillis);
}

void PersistCommand(CommandContext& context) {
  const Key& key = context.keys[0];
  Entry* entry = context.Find(key);
  const bool had_deadline = entry != nullptr && entry->has_deadline();
  if (had_deadline && !BUG("persist-stays-indexed")) {
    context.writer.SetDeadline(context.At(key, entry), std::nullopt);
  }
  context.reply.Integer(had_deadline ? 1 : 0);
}

}  // namespace holdfast
