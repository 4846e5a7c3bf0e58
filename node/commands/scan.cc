#include "node/commands/scan.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "net/base/limits.h"
#include "net/base/random.h"
#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "storage/types/glob.h"
#include "storage/types/key_slot.h"

namespace holdfast {
namespace {

// A place in a walk; the default is the start.
struct Cursor {
  int slot = 0;  // up to kSlotCount, or beyond for a cursor that a client made up: nothing is there
  uint64_t position = 0;

  static Cursor FromNumber(uint64_t number) {
    return {static_cast<int>(number >> Table::kPositionBits), number & (Table::kPositionEnd - 1)};
  }
  uint64_t ToNumber() const {
    return static_cast<uint64_t>(slot) << Table::kPositionBits | position;
  }
};

// How far a walk goes.
struct WalkBounds {
  size_t keys_max = std::numeric_limits<size_t>::max();
  size_t slots_max = std::numeric_limits<size_t>::max();
  std::optional<Slot> only_slot;
};

// Shows the live keys of the database from the cursor on, until the bounds are reached, and returns
// where to go on, or nothing at the end. Entries are shown under their slot's lock.
std::optional<Cursor> Walk(CommandContext& context, Cursor at, const WalkBounds& bounds,
                           absl::FunctionRef<void(const Entry&)> show) {
  // A slot with keys may have them in another database only, so an empty one is not walked over.
  if (context.keyspace.Size(context.database) == 0) return std::nullopt;
  const int last_slot = bounds.only_slot ? bounds.only_slot->value : kSlotCount - 1;
  if (bounds.only_slot && at.slot < last_slot) at = {.slot = last_slot};
  size_t keys = 0;
  const auto visit = [&](Entry* entry) {
    ++keys;
    if (!IsDue(*entry, context.now)) show(*entry);
  };
  for (size_t slots = 0; at.slot <= last_slot;) {
    const auto slot = context.keyspace.NextSlotWithKeys(at.slot);
    if (!slot || slot->value > last_slot) break;
    if (slot->value != at.slot) at = {.slot = slot->value};
    if (keys >= bounds.keys_max || slots >= bounds.slots_max) return at;
    {
      SlotGuard guard(context, *slot);
      at.position = context.keyspace.Scan(
          context.database, *slot, at.position,
          std::min(bounds.keys_max - keys, limits::kScannedKeysPerLockMax), visit);
    }
    if (at.position == Table::kPositionEnd) {
      at = {.slot = at.slot + 1};
      ++slots;
    }
  }
  return std::nullopt;
}

// A glob pattern, and what can be said of it beforehand.
class KeyPattern {
 public:
  KeyPattern() = default;
  explicit KeyPattern(absl::string_view pattern)
      : pattern_(pattern), matches_all_(pattern == "*"), slot_(SlotOf(pattern)) {}

  bool Matches(absl::string_view key) const { return matches_all_ || GlobMatch(pattern_, key); }
  // The slot of every key that matches, if that is the same for all of them.
  std::optional<Slot> slot() const { return slot_; }

 private:
  // A pattern without special characters matches one key at most. One that is literal up to the end
  // of a hash tag matches keys with that tag only.
  static std::optional<Slot> SlotOf(absl::string_view pattern) {
    const absl::string_view literal = pattern.substr(0, pattern.find_first_of("*?[\\"));
    const absl::string_view tag = HashTag(literal);
    if (literal.size() < pattern.size() && tag.size() == literal.size()) return std::nullopt;
    return KeySlot(literal);
  }

  absl::string_view pattern_;
  bool matches_all_ = true;
  std::optional<Slot> slot_;
};

struct ScanOptions {
  KeyPattern pattern;
  size_t count = 10;
  std::optional<absl::string_view> type_name;
};

std::optional<ScanOptions> ReadScanOptions(CommandContext& context) {
  ScanOptions options;
  for (size_t i = 2; i < context.arguments.size(); i += 2) {
    const bool has_value = i + 1 < context.arguments.size();
    if (has_value && context.Is(i, "COUNT")) {
      const auto count = context.Integer(i + 1);
      if (!count) return std::nullopt;
      if (*count < 1) {
        context.SyntaxError();
        return std::nullopt;
      }
      options.count = static_cast<size_t>(*count);
    } else if (has_value && context.Is(i, "MATCH")) {
      options.pattern = KeyPattern(context.arguments[i + 1]);
    } else if (has_value && context.Is(i, "TYPE")) {
      options.type_name = context.arguments[i + 1];
    } else {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

// Reads a cursor as leniently as Redis does: with a sign, a negative number wrapping around, or
// empty.
std::optional<uint64_t> ParseCursor(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  const bool has_sign = negative || absl::ConsumePrefix(&text, "+");
  if (has_sign && text.empty()) return std::nullopt;
  uint64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    if (__builtin_mul_overflow(number, 10, &number)) return std::nullopt;
    if (__builtin_add_overflow(number, digit - '0', &number)) return std::nullopt;
  }
  return negative ? 0 - number : number;
}

// The first slot with keys at or after `from`, starting again behind the last one.
std::optional<Slot> NextSlotAround(const Keyspace& keyspace, int from) {
  const auto slot = keyspace.NextSlotWithKeys(from);
  return slot ? slot : keyspace.NextSlotWithKeys(0);
}

// A slot that has keys in the database, drawn from a window of consecutive ones with a chance in
// proportion to how many keys each has. The window starts at random; being that wide, it evens out
// that a slot behind a long gap is met more often.
std::optional<Slot> DrawSlot(CommandContext& context) {
  constexpr int kWindow = 64;
  Prng& prng = context.worker.prng;
  const auto first = NextSlotAround(context.keyspace, static_cast<int>(prng.Below(kSlotCount)));
  std::optional<Slot> drawn;
  uint64_t keys = 0;
  auto slot = first;
  for (int found = 0; slot && found < kWindow;) {
    size_t size = 0;
    {
      SlotGuard guard(context, *slot);
      size = context.keyspace.SlotSize(context.database, *slot);
    }
    if (size > 0) {
      ++found;
      keys += size;
      if (prng.Chance(size, keys)) drawn = slot;
    }
    slot = NextSlotAround(context.keyspace, slot->value + 1);
    if (slot == first) break;
  }
  return drawn;
}

// Replies a random live key of the slot. A key that is due is erased instead; the slot may also
// have been emptied meanwhile.
bool ReplyKeyOf(CommandContext& context, Slot slot) {
  SlotGuard guard(context, slot);
  const Entry* entry = context.keyspace.Pick(context.database, slot, context.worker.prng.Next());
  if (entry == nullptr) return false;
  if (!IsDue(*entry, context.now)) {
    context.reply.Bulk(entry->key());
    return true;
  }
  const std::string key(entry->key());
  context.Find(context.keyspace.MakeKey(key));
  return false;
}

}  // namespace

void KeysCommand(CommandContext& context) {
  const KeyPattern pattern(context.arguments[1]);
  const size_t mark = context.reply.BeginDeferredArray();
  size_t count = 0;
  Walk(context, {}, {.only_slot = pattern.slot()}, [&](const Entry& entry) {
    if (!pattern.Matches(entry.key())) return;
    context.reply.Bulk(entry.key());
    ++count;
  });
  context.reply.EndDeferredArray(mark, count);
}

void ScanCommand(CommandContext& context) {
  const auto cursor = ParseCursor(context.arguments[1]);
  if (!cursor) {
    context.Error("ERR invalid cursor");
    return;
  }
  const auto options = ReadScanOptions(context);
  if (!options) return;
  // The cursor stands in front of the keys and is known behind them.
  Buffer found;
  ReplyWriter keys(found, context.reply.protocol());
  size_t count = 0;
  const WalkBounds bounds = {
      .keys_max = options->count,
      .slots_max = std::max(options->count, limits::kScannedSlotsMax),
      .only_slot = options->pattern.slot(),
  };
  const auto next = Walk(context, Cursor::FromNumber(*cursor), bounds, [&](const Entry& entry) {
    if (options->type_name && !absl::EqualsIgnoreCase(TypeName(entry), *options->type_name)) return;
    if (!options->pattern.Matches(entry.key())) return;
    keys.Bulk(entry.key());
    ++count;
  });
  context.reply.Array(2);
  context.reply.BulkInteger(next ? static_cast<int64_t>(next->ToNumber()) : 0);
  context.reply.Array(count);
  context.reply.buffer().Append(found.view());
}

void RandomKeyCommand(CommandContext& context) {
  for (int attempt = 0; attempt < limits::kRandomKeyAttemptsMax; ++attempt) {
    if (context.keyspace.Size(context.database) == 0) break;
    const auto slot = DrawSlot(context);
    if (slot && ReplyKeyOf(context, *slot)) return;
  }
  context.reply.Null();
}

}  // namespace holdfast
