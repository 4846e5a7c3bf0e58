// Effects one by one: what is written is what is recorded, what is recorded does the same again,
// and what cannot be is refused.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "storage/digest/digest.h"
#include "storage/effects/apply.h"
#include "storage/effects/describe.h"
#include "storage/effects/keyspace_writer.h"
#include "storage/keyspace/entry_text.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr DatabaseId kZero{0};
constexpr DatabaseId kOne{1};
constexpr Millis kNow{1'000'000};
constexpr ListLimits kLimits;

// Writes down what it hears.
class Listener : public ChangeListener {
 public:
  void OnKeyChange(DatabaseId, absl::string_view key) override { heard.emplace_back(key); }
  void OnDatabaseChange(absl::Span<const DatabaseId> databases) override {
    for (const DatabaseId id : databases) heard.push_back("db" + std::to_string(id.value));
  }
  std::vector<std::string> heard;
};

// A keyspace whose writes are recorded, and one of another seed that they are applied to.
class EffectsTest : public testing::Test {
 protected:
  EffectsTest()
      : writer_(primary_, {.now = kNow, .recorder = &recorder_, .listener = &listener_}) {}

  Keyspace::Location At(absl::string_view name, DatabaseId database = kZero) {
    const Key key = primary_.MakeKey(name);
    return {database, key, primary_.Find(database, key)};
  }
  // Applies what was recorded, and compares.
  testing::AssertionResult Replicate() {
    const auto touched = Apply(recorder_.payload());
    recorder_.Clear();
    if (!touched.ok()) return testing::AssertionFailure() << touched.status();
    const Digest expected = KeyspaceDigest(primary_);
    const Digest found = KeyspaceDigest(replica_);
    if (!(expected == found)) {
      return testing::AssertionFailure() << expected.ToString() << " vs " << found.ToString();
    }
    return testing::AssertionSuccess();
  }
  absl::StatusOr<TouchedSlots> Apply(absl::string_view payload) {
    return ApplyEffects(payload, replica_, {.now = kNow, .listener = &replica_listener_});
  }
  const Entry* Replica(absl::string_view name, DatabaseId database = kZero) {
    return replica_.Find(database, replica_.MakeKey(name));
  }
  std::string Text(absl::string_view name) {
    IntegerText scratch;
    return std::string(TextOf(*Replica(name), scratch));
  }
  void Push(absl::string_view name, std::vector<absl::string_view> values) {
    writer_.Push(At(name), ListEnd::kBack, values, kLimits);
  }

  Keyspace primary_{1};
  Keyspace replica_{2};
  EffectRecorder recorder_;
  Listener listener_;
  Listener replica_listener_;
  KeyspaceWriter writer_;
};

TEST_F(EffectsTest, Strings) {
  writer_.Put(At("a"), Value::Text("text"), std::nullopt);
  writer_.Put(At("b"), Value::Integer(-7), Millis{2'000'000});
  writer_.Put(At("a"), Value::Text("other"), Millis{int64_t{1} << 60});
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Text("a"), "other");
  EXPECT_EQ(Replica("a")->deadline(), Millis{int64_t{1} << 60});
  EXPECT_EQ(Text("b"), "-7");
  EXPECT_EQ(Replica("b")->deadline(), Millis{2'000'000});
  EXPECT_EQ(Replica("b")->access_clock(), AccessClock(kNow));

  writer_.SetInteger(At("b"), 12);
  writer_.SetInteger(At("c"), 1);
  writer_.Append(At("b"), "34");
  writer_.Append(At("a"), "!");
  writer_.SetRange(At("d"), 3, "xyz");
  writer_.SetRange(At("a"), 1, "THER");
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Text("a"), "oTHER!");
  EXPECT_EQ(Text("b"), "1234");
  EXPECT_EQ(Replica("b")->deadline(), Millis{2'000'000});
  EXPECT_EQ(Text("d"), std::string("\0\0\0xyz", 6));
  EXPECT_TRUE(Replica("d")->is_roomy());
}

TEST_F(EffectsTest, OpaqueValues) {
  writer_.Put(At("a"), Value::Opaque(4, absl::string_view("\0value", 6)), std::nullopt);
  writer_.Put(At("b"), Value::Opaque(2, "other"), Millis{2'000'000});
  writer_.Put(At("c"), Value::Opaque(2, ""), Millis{int64_t{1} << 60});
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("a")->type(), ValueType::kOpaque);
  EXPECT_EQ(Replica("a")->value().opaque_type, 4);
  EXPECT_EQ(Replica("a")->value().text, absl::string_view("\0value", 6));
  EXPECT_EQ(Replica("b")->deadline(), Millis{2'000'000});
  writer_.SetDeadline(At("a"), Millis{5'000'000});
  writer_.Rename(At("b"), At("d"));
  writer_.Copy(At("a"), At("c"));
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("c")->value().opaque_type, 4);
  EXPECT_EQ(Replica("d")->value().text, "other");
  writer_.Put(At("a"), Value::Text("text"), std::nullopt);
  writer_.Erase(At("d"));
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Text("a"), "text");
}

TEST_F(EffectsTest, AListIsPutElementByElement) {
  const auto put = [&](absl::string_view name, std::optional<Millis> deadline) {
    auto list = std::make_unique<List>();
    for (int i = 0; i < 300; ++i) list->Push(ListEnd::kBack, std::to_string(i) + "th", kLimits);
    writer_.Put(At(name), Value::OfList(list.release()), deadline);
  };
  Push("was a list", {"x"});
  writer_.Put(At("was a string"), Value::Text("x"), Millis{7'000'000});
  put("new", std::nullopt);
  put("was a list", Millis{2'000'000});
  put("was a string", std::nullopt);
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("was a list")->list()->Size(), 300u);
  EXPECT_EQ(Replica("was a list")->deadline(), Millis{2'000'000});
  EXPECT_FALSE(Replica("was a string")->has_deadline());
}

TEST_F(EffectsTest, KeysAndDeadlines) {
  for (const char* name : {"a", "b", "c"}) writer_.Put(At(name), Value::Text(name), std::nullopt);
  writer_.SetDeadline(At("a"), Millis{5});
  writer_.SetDeadline(At("b"), Millis{6});
  writer_.SetDeadline(At("b"), std::nullopt);
  writer_.Rename(At("a"), At("c"));
  writer_.Copy(At("b"), At("b", kOne));
  writer_.Rename(At("b"), At("e", kOne));
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("a"), nullptr);
  EXPECT_EQ(Text("c"), "a");
  EXPECT_EQ(Replica("c")->deadline(), Millis{5});
  EXPECT_FALSE(Replica("b", kOne)->has_deadline());
  EXPECT_NE(Replica("e", kOne), nullptr);
  writer_.Erase(At("c"));
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("c"), nullptr);
}

TEST_F(EffectsTest, Lists) {
  Push("l", {"a", "b", "7", "b", "c", "b"});
  writer_.Push(At("l"), ListEnd::kFront, {"y", "x"}, kLimits);
  writer_.Pop(At("l"), ListEnd::kFront, 1, kLimits);
  writer_.SetElement(At("l"), 0, "z", kLimits);
  writer_.InsertElement(At("l"), At("l").entry->list()->CursorAt(2), ListSide::kAfter, "new",
                        kLimits);
  EXPECT_EQ(writer_.RemoveMatches(At("l"), -2, "b", kLimits), 2u);
  EXPECT_EQ(writer_.Rotate(At("l"), ListEnd::kBack, ListEnd::kFront, kLimits), "c");
  ASSERT_TRUE(Replicate());
  std::vector<std::string> elements;
  const List& list = *Replica("l")->list();
  for (size_t i = 0; i < list.Size(); ++i) elements.push_back(list.At(i).ToString());
  EXPECT_EQ(elements, (std::vector<std::string>{"c", "z", "a", "b", "new", "7"}));

  writer_.Trim(At("l"), 1, 3, kLimits);
  writer_.Pop(At("l"), ListEnd::kBack, 2, kLimits);
  writer_.SetDeadline(At("l"), Millis{9});
  writer_.Rotate(At("l"), ListEnd::kFront, ListEnd::kFront, kLimits);
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("l")->list()->Size(), 1u);
  EXPECT_EQ(Replica("l")->deadline(), Millis{9});
  writer_.Pop(At("l"), ListEnd::kBack, 1, kLimits);
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("l"), nullptr);
}

TEST_F(EffectsTest, Databases) {
  writer_.Put(At("a"), Value::Text("zero"), std::nullopt);
  writer_.Put(At("b", kOne), Value::Text("one"), std::nullopt);
  writer_.SwapDatabases(kZero, kOne);
  writer_.Put(At("c"), Value::Text("new"), std::nullopt);
  writer_.Flush(kOne);
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(Replica("a", kOne), nullptr);
  EXPECT_EQ(Text("b"), "one");
  EXPECT_EQ(Text("c"), "new");
}

TEST_F(EffectsTest, ExpiryTakesTheSameKeysEverywhere) {
  // In another order on the replica, with equal deadlines in two databases.
  for (int i = 0; i < 40; ++i) {
    const std::string name = "{t}" + std::to_string(i * 7 % 40);
    writer_.Put(At(name, DatabaseId{static_cast<uint8_t>(i % 2)}), Value::Text("v"), Millis{50});
  }
  for (int i = 39; i >= 0; --i) {
    const std::string name = "{t}" + std::to_string(i);
    const Keyspace::Location at = At(name, kOne);
    if (at.entry != nullptr) writer_.SetDeadline(at, Millis{40 + i % 3 * 5});
  }
  ASSERT_TRUE(Replicate());
  const Slot slot = primary_.MakeKey("{t}").slot;
  while (writer_.ExpireDue(slot, Millis{50}, 7) > 0) ASSERT_TRUE(Replicate());
  EXPECT_EQ(primary_.Size(kZero) + primary_.Size(kOne), 0u);
  EXPECT_EQ(writer_.ExpireDue(slot, Millis{50}, 7), 0u);
  EXPECT_TRUE(recorder_.empty());
}

TEST_F(EffectsTest, WhatChangesNothingRecordsNothing) {
  Push("l", {"a", "b"});
  writer_.Put(At("s"), Value::Text("v"), std::nullopt);
  recorder_.Clear();
  listener_.heard.clear();
  EXPECT_EQ(writer_.RemoveMatches(At("l"), 0, "absent", kLimits), 0u);
  writer_.Trim(At("l"), 0, 2, kLimits);
  writer_.SetDeadline(At("s"), std::nullopt);
  writer_.Flush(kOne);
  EXPECT_TRUE(recorder_.empty());
  EXPECT_TRUE(recorder_.slots().empty());
  EXPECT_TRUE(listener_.heard.empty());
}

TEST_F(EffectsTest, ListenersOfBothHearTheSame) {
  writer_.Put(At("a"), Value::Text("v"), Millis{5});
  writer_.Rename(At("a"), At("b"));
  writer_.Copy(At("b"), At("c", kOne));
  writer_.SwapDatabases(kZero, kOne);
  writer_.ExpireDue(At("c").key.slot, Millis{5}, 10);
  writer_.Flush(kOne);
  ASSERT_TRUE(Replicate());
  EXPECT_EQ(listener_.heard,
            (std::vector<std::string>{"a", "a", "b", "c", "db0", "db1", "c", "db1"}));
  EXPECT_EQ(replica_listener_.heard, listener_.heard);
}

TEST_F(EffectsTest, ARecordKnowsItsSlots) {
  writer_.Put(At("{x}1"), Value::Text("v"), std::nullopt);
  writer_.Put(At("{x}2"), Value::Text("v"), std::nullopt);
  EXPECT_FALSE(recorder_.slots().is_barrier());
  recorder_.slots().Mark(primary_, Lsn{4});
  const Slot x = primary_.MakeKey("{x}").slot;
  const Slot y = primary_.MakeKey("{y}").slot;
  EXPECT_EQ(primary_.last_lsn(x), Lsn{4});
  EXPECT_EQ(primary_.last_lsn(y), Lsn{0});
  recorder_.Clear();

  writer_.Rename(At("{x}1"), At("{y}"));
  EXPECT_TRUE(recorder_.slots().is_barrier());
  recorder_.slots().Mark(primary_, Lsn{5});
  EXPECT_EQ(primary_.last_lsn(x), Lsn{5});
  EXPECT_EQ(primary_.last_lsn(y), Lsn{5});
  recorder_.Clear();

  writer_.Flush(kZero);
  EXPECT_TRUE(recorder_.slots().is_barrier());
  recorder_.slots().Mark(primary_, Lsn{6});
  EXPECT_EQ(primary_.last_lsn(x), Lsn{6});
  EXPECT_EQ(primary_.last_lsn(Slot{99}), Lsn{6});
}

TEST_F(EffectsTest, ApplyTellsTheSlotsToo) {
  writer_.Put(At("{x}1"), Value::Text("v"), std::nullopt);
  const auto one = Apply(recorder_.payload());
  ASSERT_TRUE(one.ok());
  EXPECT_FALSE(one->is_barrier());
  one->Mark(replica_, Lsn{9});
  EXPECT_EQ(replica_.last_lsn(primary_.MakeKey("{x}").slot), Lsn{9});
  recorder_.Clear();
  writer_.Copy(At("{x}1"), At("{y}1"));
  writer_.Flush(kZero);
  const auto all = Apply(recorder_.payload());
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->is_barrier());
}

TEST_F(EffectsTest, TheyCanBeRead) {
  writer_.Put(At("a"), Value::Text("x\n"), std::nullopt);
  writer_.Put(At("b"), Value::Integer(-7), Millis{50});
  Push("l", {"1", "two"});
  writer_.Rename(At("a"), At("c", kOne));
  writer_.Erase(At("b"));
  const auto text = DescribeEffects(recorder_.payload(), 64);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text,
            "put 0 \"a\" \"x\\n\"; put-integer-until 0 \"b\" 50 -7; "
            "push 0 \"l\" back 2 \"1\" \"two\"; rename 0 \"a\" 1 \"c\"; erase 0 \"b\"");
  const absl::string_view payload = recorder_.payload();
  EXPECT_TRUE(
      absl::IsDataLoss(DescribeEffects(payload.substr(0, payload.size() - 1), 64).status()));
  EXPECT_TRUE(absl::IsDataLoss(DescribeEffects("\x7f", 64).status()));
}

TEST_F(EffectsTest, NothingDoesNothing) {
  const auto touched = Apply(kNothingEffect);
  ASSERT_TRUE(touched.ok());
  EXPECT_TRUE(touched->empty());
}

TEST_F(EffectsTest, ACutPayloadIsRefusedAtEveryByte) {
  Push("l", {"a", "b"});
  const size_t effect = recorder_.payload().size();
  for (size_t size = 1; size < effect; ++size) {
    EXPECT_TRUE(absl::IsDataLoss(Apply(recorder_.payload().substr(0, size)).status())) << size;
  }
  EXPECT_EQ(replica_.Size(kZero), 0u);
}

// Bytes that are no effect, or one that does not fit an empty keyspace with "s" a string of three
// bytes and "l" a list of one element.
TEST_F(EffectsTest, WhatDoesNotFitIsRefused) {
  writer_.Put(At("s"), Value::Text("abc"), std::nullopt);
  Push("l", {"a"});
  ASSERT_TRUE(Replicate());
  const Digest before = KeyspaceDigest(replica_);
  const auto refused = [&](auto spell) {
    EffectRecorder recorder;
    spell(recorder);
    EXPECT_TRUE(absl::IsDataLoss(Apply(recorder.payload()).status()));
    EXPECT_EQ(KeyspaceDigest(replica_), before);
  };
  const auto on = [&](EffectOp op, absl::string_view name) {
    return [&, op, name](EffectRecorder& to) -> EffectRecorder& {
      return to.Effect(op, kZero, primary_.MakeKey(name));
    };
  };
  refused([&](auto& to) { to.Byte(23); });
  refused([&](auto& to) { to.Byte(255); });
  refused([&](auto& to) { to.Byte(8).Byte(16).Bytes("s"); });
  refused([&](auto& to) { on(EffectOp::kErase, "absent")(to); });
  refused([&](auto& to) { on(EffectOp::kClearDeadline, "s")(to); });
  refused([&](auto& to) { on(EffectOp::kSetInteger, "l")(to).template Fixed<int64_t>(1); });
  refused([&](auto& to) { on(EffectOp::kAppend, "absent")(to).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kAppend, "l")(to).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kSetRange, "s")(to).Varint(UINT64_MAX).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kSetRange, "s")(to).Varint(1).Bytes(""); });
  refused([&](auto& to) { on(EffectOp::kPush, "s")(to).Byte(0).Varint(1).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kPush, "l")(to).Byte(2).Varint(1).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kPush, "l")(to).Byte(0).Varint(0); });
  refused([&](auto& to) { on(EffectOp::kPop, "l")(to).Byte(0).Varint(2); });
  refused([&](auto& to) { on(EffectOp::kPop, "l")(to).Byte(0).Varint(0); });
  refused([&](auto& to) { on(EffectOp::kTrim, "l")(to).Varint(UINT64_MAX).Varint(1); });
  refused([&](auto& to) { on(EffectOp::kSetElement, "l")(to).Varint(1).Bytes("x"); });
  refused([&](auto& to) { on(EffectOp::kInsertElement, "l")(to).Varint(1).Byte(0).Bytes("x"); });
  refused([&](auto& to) {
    on(EffectOp::kRemoveMatches, "l")(to).template Fixed<int64_t>(0).Bytes("x");
  });
  refused([&](auto& to) { on(EffectOp::kRotate, "s")(to).Byte(0).Byte(0); });
  refused([&](auto& to) { on(EffectOp::kRename, "s")(to).KeyOf(kZero, primary_.MakeKey("s")); });
  refused([&](auto& to) {
    to.EffectOnSlot(EffectOp::kExpireDue, Slot{1}).template Fixed<int64_t>(5).Varint(1);
  });
  refused([&](auto& to) {
    to.EffectOnSlot(EffectOp::kExpireDue, Slot{16'384}).template Fixed<int64_t>(5).Varint(1);
  });
  refused([&](auto& to) { to.EffectOnAll(EffectOp::kSwap, kOne).Byte(1); });
  // A number that goes on for ever, and one beyond 64 bits.
  refused([&](auto& to) { to.Byte(8).Byte(0).Byte(0xff).Byte(0xff); });
  refused([&](auto& to) {
    to.Byte(8).Byte(0);
    for (int i = 0; i < 9; ++i) to.Byte(0xff);
    to.Byte(2);
  });
}

}  // namespace
}  // namespace holdfast
