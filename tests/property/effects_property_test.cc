// Random writes on one keyspace; what they recorded, applied to another of another seed, gives
// equal contents and deadlines after every record.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "storage/digest/digest.h"
#include "storage/effects/apply.h"
#include "storage/effects/keyspace_writer.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr ListLimits kSmall = {.bytes = 64};

class RandomWriter {
 public:
  explicit RandomWriter(uint64_t seed) : prng_(seed) {}

  Keyspace& keyspace() { return keyspace_; }
  EffectRecorder& recorder() { return recorder_; }
  Millis now() const { return now_; }

  // One to four changes.
  void WriteRecord() {
    now_.value += static_cast<int64_t>(prng_.Below(20));
    KeyspaceWriter writer(keyspace_, {.now = now_, .recorder = &recorder_});
    for (uint64_t i = prng_.Below(4) + 1; i > 0; --i) Write(writer);
  }

 private:
  Keyspace::Location Any() {
    names_.push_back(absl::StrCat(prng_.Chance(1, 2) ? "{t}" : "", prng_.Below(12)));
    const Key key = keyspace_.MakeKey(names_.back());
    const DatabaseId database{static_cast<uint8_t>(prng_.Below(3))};
    return {database, key, keyspace_.Find(database, key)};
  }
  std::string Text() {
    return std::string(prng_.Below(30), static_cast<char>('a' + prng_.Below(3)));
  }
  std::optional<Millis> Deadline() {
    if (prng_.Chance(1, 2)) return std::nullopt;
    return Millis{now_.value + static_cast<int64_t>(prng_.Below(100))};
  }
  ListEnd End() { return prng_.Chance(1, 2) ? ListEnd::kFront : ListEnd::kBack; }

  void Write(KeyspaceWriter& writer) {
    names_.clear();
    names_.reserve(2);  // keys point into them
    const Keyspace::Location at = Any();
    const bool list = at.entry != nullptr && at.entry->type() == ValueType::kList;
    switch (prng_.Below(8)) {
      case 0:
        writer.ExpireDue(at.key.slot, now_, prng_.Below(3) + 1);
        return;
      case 1:
        if (prng_.Chance(1, 20)) {
          writer.Flush(at.database);
        } else if (at.database.value != 2) {
          writer.SwapDatabases(at.database, DatabaseId{2});
        }
        return;
      case 2:
        if (at.entry != nullptr) writer.SetDeadline(at, Deadline());
        return;
      case 3: {
        const Keyspace::Location to = Any();
        if (at.entry == nullptr || at.entry == to.entry ||
            (at.database == to.database && at.key.bytes == to.key.bytes)) {
          return;
        }
        prng_.Chance(1, 2) ? writer.Rename(at, to) : writer.Copy(at, to);
        return;
      }
      case 4:
        if (at.entry != nullptr) writer.Erase(at);
        return;
      default:
        list || (at.entry == nullptr && prng_.Chance(1, 2)) ? WriteList(writer, at)
                                                            : WriteString(writer, at);
    }
  }

  void WriteString(KeyspaceWriter& writer, const Keyspace::Location& at) {
    // What is opaque can only be replaced.
    const bool opaque = at.entry != nullptr && at.entry->type() == ValueType::kOpaque;
    switch (prng_.Below(opaque ? 2 : 5)) {
      case 0:
        writer.Put(at, prng_.Chance(1, 4) ? Value::Opaque(2, Text()) : Value::Text(Text()),
                   Deadline());
        return;
      case 1:
        writer.Put(at, Value::Integer(static_cast<int64_t>(prng_.Next())), Deadline());
        return;
      case 2:
        writer.SetInteger(at, static_cast<int64_t>(prng_.Below(1000)));
        return;
      case 3:
        if (at.entry != nullptr) writer.Append(at, Text());
        return;
      default:
        writer.SetRange(at, prng_.Below(40), Text() + "x");
    }
  }

  void WriteList(KeyspaceWriter& writer, const Keyspace::Location& at) {
    const size_t size = at.entry == nullptr ? 0 : at.entry->list()->Size();
    const uint64_t choice = size == 0 ? 0 : prng_.Below(8);
    switch (choice) {
      case 1:
        writer.Pop(at, End(), prng_.Below(size) + 1, kSmall);
        return;
      case 2: {
        const size_t first = prng_.Below(size);
        writer.Trim(at, first, prng_.Below(size - first) + 1, kSmall);
        return;
      }
      case 3:
        writer.SetElement(at, prng_.Below(size), Text(), kSmall);
        return;
      case 4:
        writer.InsertElement(at, at.entry->list()->CursorAt(prng_.Below(size)),
                             prng_.Chance(1, 2) ? ListSide::kBefore : ListSide::kAfter, Text(),
                             kSmall);
        return;
      case 5:
        writer.RemoveMatches(at, static_cast<int64_t>(prng_.Below(5)) - 2,
                             at.entry->list()->At(prng_.Below(size)).ToString(), kSmall);
        return;
      case 6:
        writer.Rotate(at, End(), End(), kSmall);
        return;
      default: {
        std::vector<std::string> values(prng_.Below(6) + 1);
        for (std::string& value : values) value = Text();
        const std::vector<absl::string_view> views(values.begin(), values.end());
        writer.Push(at, End(), views, kSmall);
      }
    }
  }

  Prng prng_;
  Keyspace keyspace_{1};
  EffectRecorder recorder_;
  Millis now_{1'000'000};
  std::vector<std::string> names_;
};

RC_GTEST_PROP(EffectsProperty, AppliedEffectsGiveTheSameKeyspace, (uint64_t seed)) {
  RandomWriter writer(seed);
  Keyspace replica(2);
  for (int record = 0; record < 200; ++record) {
    writer.WriteRecord();
    const auto touched = ApplyEffects(writer.recorder().payload(), replica, {.now = writer.now()});
    if (!touched.ok()) RC_FAIL(std::string(touched.status().message()));
    RC_ASSERT(touched->empty() == writer.recorder().empty());
    RC_ASSERT(touched->is_barrier() == writer.recorder().slots().is_barrier());
    RC_ASSERT(KeyspaceDigest(replica).ToString() == KeyspaceDigest(writer.keyspace()).ToString());
    writer.recorder().Clear();
  }
}

// Whatever bits are flipped in a payload: it is applied or refused, and nothing else happens.
RC_GTEST_PROP(EffectsProperty, DamagedEffectsAreAppliedOrRefused, (uint64_t seed)) {
  RandomWriter writer(seed);
  Prng prng(seed + 1);
  Keyspace replica(2);
  for (int record = 0; record < 100; ++record) {
    writer.WriteRecord();
    std::string payload(writer.recorder().payload());
    writer.recorder().Clear();
    if (payload.empty()) continue;
    const uint64_t flips = prng.Below(3);
    for (uint64_t i = 0; i < flips; ++i) {
      char& byte = payload[prng.Below(payload.size())];
      byte = static_cast<char>(byte ^ (1 << prng.Below(8)));
    }
    const auto touched =
        ApplyEffects(payload, replica, {.now = writer.now(), .string_bytes_max = 100'000});
    RC_ASSERT(touched.ok() || absl::IsDataLoss(touched.status()));
  }
}

}  // namespace
}  // namespace holdfast
