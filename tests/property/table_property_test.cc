// Table against std::map under random insertion, lookup, replacement and removal, with a scan
// running through it all; the sizes make segments grow, split, merge and shrink.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "storage/keyspace/hash.h"
#include "storage/keyspace/table.h"

namespace holdfast {
namespace {

class TableModel {
 public:
  explicit TableModel(uint64_t seed) : context_{.seed = seed} {}
  ~TableModel() {
    while (!table_.ReleaseSome(100, context_, [](Entry* entry) { std::free(entry); })) {
    }
    EXPECT_EQ(context_.bytes, 0);
  }

  uint64_t Hash(const std::string& key) const { return HashKey(key, context_.seed); }

  static Entry* NewEntry(const std::string& key, const std::string& value) {
    const Value text = Value::Text(value);
    void* block = std::malloc(Entry::BlockSizeFor(key.size(), std::nullopt, text));
    return Entry::Write(block, key, std::nullopt, text);
  }

  void Toggle(const std::string& key) {
    auto found = model_.find(key);
    if (found == model_.end()) {
      ASSERT_EQ(table_.Find(Hash(key), key), nullptr);
      Entry* entry = NewEntry(key, "first");
      table_.Insert(Hash(key), entry, context_);
      model_[key] = entry;
    } else {
      table_.Erase(Hash(key), found->second, context_);
      std::free(found->second);
      model_.erase(found);
    }
  }

  void Replace(const std::string& key) {
    auto found = model_.find(key);
    if (found == model_.end()) return;
    Entry* replacement = NewEntry(key, "second, a longer one");
    table_.Replace(Hash(key), found->second, replacement);
    std::free(found->second);
    found->second = replacement;
  }

  void Check(const std::set<std::string>& keys) const {
    ASSERT_EQ(table_.size(), model_.size());
    for (const std::string& key : keys) {
      auto found = model_.find(key);
      ASSERT_EQ(table_.Find(Hash(key), key), found == model_.end() ? nullptr : found->second);
    }
  }

  const Table& table() const { return table_; }
  const std::map<std::string, Entry*>& model() const { return model_; }
  int64_t bytes() const { return context_.bytes; }

 private:
  TableContext context_;
  Table table_;
  std::map<std::string, Entry*> model_;
};

RC_GTEST_PROP(TableProperty, AgreesWithAMap, (uint64_t seed)) {
  TableModel pair(seed);
  const int key_count = *rc::gen::element(1, 10, 300, 3000);
  std::set<std::string> keys;
  const int operations = *rc::gen::inRange(1, 4 * key_count);
  Prng prng(seed);
  for (int i = 0; i < operations; ++i) {
    const std::string key = absl::StrCat("key:", prng.Below(static_cast<uint64_t>(key_count)));
    keys.insert(key);
    if (prng.Chance(1, 4)) {
      pair.Replace(key);
    } else {
      pair.Toggle(key);
    }
  }
  pair.Check(keys);
}

// Fills to a high mark, empties to a low one, and so on, while a scan goes through in small steps.
RC_GTEST_PROP(TableProperty, ScanReturnsEveryKeyThatStays, (uint64_t seed)) {
  TableModel pair(seed);
  Prng prng(seed);
  std::set<std::string> stay;
  for (int i = 0; i < *rc::gen::element(1, 40, 900); ++i) {
    const std::string key = absl::StrCat("stay:", i);
    pair.Toggle(key);
    stay.insert(key);
  }
  const uint64_t churn_keys = *rc::gen::element<uint64_t>(1, 500, 5000);
  const auto count = *rc::gen::element<size_t>(1, 7, 100);
  std::set<std::string> seen;
  uint64_t position = 0;
  uint64_t next_churn = 0;
  bool growing = true;
  while (position != Table::kPositionEnd) {
    position = pair.table().Scan(position, count,
                                 [&](Entry* entry) { seen.insert(std::string(entry->key())); });
    for (int i = 0; i < 40; ++i) {
      const std::string key = absl::StrCat("churn:", next_churn);
      if ((pair.model().count(key) == 0) == growing) pair.Toggle(key);
      if (++next_churn == churn_keys) next_churn = 0, growing = !growing;
    }
  }
  for (const std::string& key : stay) RC_ASSERT(seen.count(key) == 1u);
}

TEST(Table, ScanOfAStillTableReturnsEachKeyOnce) {
  TableModel pair(7);
  for (int i = 0; i < 20'000; ++i) pair.Toggle(absl::StrCat("key:", i));
  std::multiset<std::string> seen;
  uint64_t position = 0;
  while (position != Table::kPositionEnd) {
    position = pair.table().Scan(position, 10,
                                 [&](Entry* entry) { seen.insert(std::string(entry->key())); });
  }
  EXPECT_EQ(seen.size(), 20'000u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 20'000u);
}

TEST(Table, StaysDenseAtEverySizeAndGivesMemoryBack) {
  TableModel pair(3);
  for (int i = 0; i < 100'000; ++i) {
    pair.Toggle(absl::StrCat("key:", i));
    // A word is 8 bytes; past the first few keys no more than 7 in 20 are gaps, headers included.
    if (i > 100 && i % 500 == 0) {
      ASSERT_LT(static_cast<double>(pair.bytes()) / (i + 1), 8.0 / 0.65) << i;
    }
  }
  EXPECT_LT(static_cast<double>(pair.bytes()) / 100'000, 8.0 / 0.78);
  for (int i = 0; i < 99'900; ++i) pair.Toggle(absl::StrCat("key:", i));
  EXPECT_LT(pair.bytes(), 8'000);
}

TEST(Table, PicksEveryKeyInTime) {
  TableModel pair(11);
  for (int i = 0; i < 1000; ++i) pair.Toggle(absl::StrCat("key:", i));
  std::map<absl::string_view, int> picked;
  Prng prng(5);
  for (int i = 0; i < 50'000; ++i) ++picked[pair.table().Pick(prng.Next())->key()];
  EXPECT_EQ(picked.size(), 1000u);
}

}  // namespace
}  // namespace holdfast
