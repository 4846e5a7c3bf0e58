#include "storage/keyspace/keyspace.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr DatabaseId kDb0{0};
constexpr DatabaseId kDb3{3};

class KeyspaceTest : public testing::Test {
 protected:
  Entry* Put(absl::string_view key, const Value& value, std::optional<Millis> deadline = {},
             DatabaseId database = kDb0) {
    const Key made = keyspace_.MakeKey(key);
    return keyspace_.Put(database, made, keyspace_.Find(database, made), value, deadline);
  }
  Entry* PutText(absl::string_view key, absl::string_view text, std::optional<Millis> deadline = {},
                 DatabaseId database = kDb0) {
    return Put(key, Value::Text(text), deadline, database);
  }
  Entry* PutList(absl::string_view key, int elements) {
    Entry* entry = Put(key, Value::OfList(new List));
    ListEdit edit(keyspace_, keyspace_.MakeKey(key).slot, entry);
    for (int i = 0; i < elements; ++i) {
      edit.list().Push(ListEnd::kBack, absl::StrCat("element ", i), ListLimits{});
    }
    return entry;
  }
  Entry* Find(absl::string_view key, DatabaseId database = kDb0) {
    return keyspace_.Find(database, keyspace_.MakeKey(key));
  }
  void Erase(absl::string_view key, DatabaseId database = kDb0) {
    keyspace_.Erase(database, keyspace_.MakeKey(key), Find(key, database));
  }
  Keyspace::Location Locate(absl::string_view key, DatabaseId database = kDb0) {
    return {database, keyspace_.MakeKey(key), Find(key, database)};
  }
  void ReclaimAll() {
    while (keyspace_.ReclaimSome(1000)) {
    }
  }

  Keyspace keyspace_{42};
  const uint64_t bytes_when_empty_ = keyspace_.used_bytes();
};

TEST_F(KeyspaceTest, OverwritesEveryKindOfValueByEveryOther) {
  const std::string long_text(5000, 'x');
  const std::vector<std::optional<Millis>> deadlines = {std::nullopt, Millis{1000}, Millis{2000},
                                                        Millis{int64_t{1} << 50}};
  int step = 0;
  for (const auto& old_deadline : deadlines) {
    for (const auto& new_deadline : deadlines) {
      for (int old_kind = 0; old_kind < 4; ++old_kind) {
        for (int new_kind = 0; new_kind < 4; ++new_kind, ++step) {
          const auto make = [&](int kind, std::optional<Millis> deadline) {
            if (kind == 0) return Put("k", Value::Text("short"), deadline);
            if (kind == 1) return Put("k", Value::Text(long_text), deadline);
            if (kind == 2) return Put("k", Value::Integer(step), deadline);
            return Put("k", Value::OfList(new List), deadline);
          };
          make(old_kind, old_deadline);
          const Entry* entry = make(new_kind, new_deadline);
          ASSERT_EQ(Find("k"), entry);
          ASSERT_EQ(entry->key(), "k");
          ASSERT_EQ(entry->has_deadline(), new_deadline.has_value());
          if (new_deadline) {
            ASSERT_EQ(entry->deadline(), *new_deadline);
          }
          if (new_kind == 0) {
            ASSERT_EQ(entry->text(), "short");
          }
          if (new_kind == 1) {
            ASSERT_EQ(entry->text(), long_text);
          }
          if (new_kind == 2) {
            ASSERT_EQ(entry->integer(), step);
          }
          ASSERT_EQ(keyspace_.Size(kDb0), 1u);
          ASSERT_EQ(keyspace_.SizeWithDeadline(kDb0), new_deadline ? 1u : 0u);
        }
      }
    }
  }
  Erase("k");
  EXPECT_EQ(keyspace_.used_bytes(), bytes_when_empty_);
}

TEST_F(KeyspaceTest, RandomLifeLeavesNoByteBehind) {
  Prng prng(1);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 50'000; ++i) {
    const std::string key = absl::StrCat("{", prng.Below(3), "}", prng.Below(700));
    switch (prng.Below(4)) {
      case 0: {
        const std::string value(prng.Below(300), 'v');
        PutText(key, value);
        model[key] = value;
        break;
      }
      case 1:
        if (model.count(key) != 0) {
          keyspace_.SetDeadline(kDb0, keyspace_.MakeKey(key), Find(key),
                                Millis{static_cast<int64_t>(prng.Below(1000)) + 1});
        }
        break;
      case 2:
        if (model.erase(key) != 0) Erase(key);
        break;
      default:
        ASSERT_EQ(Find(key) != nullptr, model.count(key) != 0);
        if (model.count(key) != 0) {
          ASSERT_EQ(Find(key)->text(), model[key]);
        }
    }
    ASSERT_EQ(keyspace_.Size(kDb0), model.size());
  }
  for (const auto& [key, value] : model) Erase(key);
  EXPECT_EQ(keyspace_.used_bytes(), bytes_when_empty_);
  EXPECT_EQ(keyspace_.SizeWithDeadline(kDb0), 0u);
  EXPECT_FALSE(keyspace_.NextSlotWithKeys(0).has_value());
}

TEST_F(KeyspaceTest, ErasesExactlyWhatIsDueSoonestFirst) {
  for (int i = 1; i <= 500; ++i) PutText(absl::StrCat("{tag}", i), "v", Millis{i});
  PutText("{tag}persistent", "v");
  const Slot slot = keyspace_.MakeKey("{tag}1").slot;
  ASSERT_LE(*keyspace_.next_due(slot), Millis{1});
  std::vector<int64_t> erased;
  const auto note = [&](DatabaseId, const Entry& entry) {
    erased.push_back(entry.deadline().value);
  };
  EXPECT_EQ(keyspace_.EraseDue(slot, Millis{200}, 150, note), 150u);
  EXPECT_EQ(keyspace_.EraseDue(slot, Millis{200}, 150, note), 50u);
  EXPECT_EQ(keyspace_.EraseDue(slot, Millis{200}, 150, note), 0u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(erased[static_cast<size_t>(i)], i + 1);
  EXPECT_EQ(*keyspace_.next_due(slot), Millis{201});
  EXPECT_EQ(keyspace_.Size(kDb0), 301u);
  EXPECT_EQ(keyspace_.EraseDue(slot, Millis{500}, SIZE_MAX, note), 300u);
  EXPECT_FALSE(keyspace_.next_due(slot).has_value());
  EXPECT_NE(Find("{tag}persistent"), nullptr);
}

TEST_F(KeyspaceTest, PersistedKeyIsNeverDue) {
  PutText("k", "v", Millis{5});
  keyspace_.SetDeadline(kDb0, keyspace_.MakeKey("k"), Find("k"), std::nullopt);
  EXPECT_EQ(keyspace_.EraseDue(keyspace_.MakeKey("k").slot, Millis{1000}, 10,
                               [](DatabaseId, const Entry&) {}),
            0u);
  EXPECT_EQ(Find("k")->text(), "v");
}

TEST_F(KeyspaceTest, RenamesAndCopiesWithDeadlineAndAccounting) {
  PutText("text", "hello", Millis{77});
  PutList("list", 500);
  keyspace_.Copy(Locate("list"), Locate("copy", kDb3));
  keyspace_.Rename(Locate("list"), Locate("moved"));
  EXPECT_EQ(Find("list"), nullptr);
  EXPECT_EQ(Find("moved")->list()->Size(), 500u);
  EXPECT_EQ(Find("copy", kDb3)->list()->Size(), 500u);
  keyspace_.Rename(Locate("text"), Locate("moved"));
  EXPECT_EQ(Find("moved")->text(), "hello");
  EXPECT_EQ(Find("moved")->deadline(), Millis{77});
  Erase("moved");
  Erase("copy", kDb3);
  ReclaimAll();
  // The databases beyond the first stay allocated in their slot.
  EXPECT_LT(keyspace_.used_bytes(), bytes_when_empty_ + 16 * 64);
}

TEST_F(KeyspaceTest, SwapsAndFlushesDatabases) {
  for (int i = 0; i < 1000; ++i) PutText(absl::StrCat("zero:", i), "0", Millis{i + 1});
  for (int i = 0; i < 10; ++i) PutText(absl::StrCat("three:", i), "3", {}, kDb3);
  keyspace_.SwapDatabases(kDb0, kDb3);
  EXPECT_EQ(keyspace_.Size(kDb0), 10u);
  EXPECT_EQ(keyspace_.Size(kDb3), 1000u);
  EXPECT_EQ(Find("zero:7", kDb3)->text(), "0");
  keyspace_.Flush(kDb3);
  EXPECT_EQ(keyspace_.Size(kDb3), 0u);
  EXPECT_EQ(keyspace_.SizeWithDeadline(kDb3), 0u);
  EXPECT_EQ(Find("zero:7", kDb3), nullptr);
  EXPECT_EQ(Find("three:7")->text(), "3");
  PutText("zero:7", "again", {}, kDb3);
  ReclaimAll();
  EXPECT_EQ(Find("zero:7", kDb3)->text(), "again");
}

TEST_F(KeyspaceTest, FindsSlotsWithKeys) {
  EXPECT_FALSE(keyspace_.NextSlotWithKeys(0).has_value());
  std::set<uint16_t> slots;
  for (int i = 0; i < 200; ++i) {
    PutText(absl::StrCat(i), "v");
    slots.insert(keyspace_.MakeKey(absl::StrCat(i)).slot.value);
  }
  std::set<uint16_t> found;
  for (auto slot = keyspace_.NextSlotWithKeys(0); slot;
       slot = keyspace_.NextSlotWithKeys(slot->value + 1)) {
    found.insert(slot->value);
  }
  EXPECT_EQ(found, slots);
}

}  // namespace
}  // namespace holdfast
