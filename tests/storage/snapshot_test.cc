// Snapshots where the exact behaviour matters: large values, what is held, bad input.
#include "storage/snapshot/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/crc32c.h"
#include "storage/digest/digest.h"
#include "storage/snapshot/snapshot_loader.h"

namespace holdfast {
namespace {

using testing::HasSubstr;

constexpr DatabaseId kDatabase{0};

class SnapshotTest : public testing::Test {
 protected:
  void TearDown() override {
    if (snapshot_ != nullptr) snapshot_->Close();
  }

  Entry* Find(absl::string_view name) { return keyspace_.Find(kDatabase, keyspace_.MakeKey(name)); }
  Entry* Put(absl::string_view name, const Value& value, std::optional<Millis> deadline = {}) {
    return keyspace_.Put(kDatabase, keyspace_.MakeKey(name), Find(name), value, deadline);
  }
  void Erase(absl::string_view name) {
    keyspace_.Erase(kDatabase, keyspace_.MakeKey(name), Find(name));
  }
  void PutList(absl::string_view name, int elements) {
    auto list = std::make_unique<List>();
    for (int i = 0; i < elements; ++i) {
      list->Push(ListEnd::kBack, absl::StrCat("element ", i), ListLimits{});
    }
    Put(name, Value::OfList(list.release()));
  }
  void Push(absl::string_view name, absl::string_view element) {
    ListEdit edit(keyspace_, keyspace_.MakeKey(name).slot, Find(name));
    edit.list().Push(ListEnd::kFront, element, ListLimits{});
  }

  void Cut(Snapshot::Options options = {}) {
    expected_ = KeyspaceDigest(keyspace_);
    snapshot_ = Snapshot::Cut(keyspace_, options);
    ASSERT_NE(snapshot_, nullptr);
  }
  std::vector<std::string> PullAll() {
    std::vector<std::string> blocks;
    for (;;) {
      Snapshot::Pull pull = snapshot_->Next(10);
      if (pull.outcome == Snapshot::Outcome::kDone) return blocks;
      if (pull.outcome == Snapshot::Outcome::kBlock) {
        blocks.emplace_back(pull.block.view().data(), pull.block.size());
      }
    }
  }
  std::unique_ptr<Keyspace> Load(const std::vector<std::string>& blocks) {
    SnapshotLoader loader({});
    for (const std::string& block : blocks) {
      const absl::Status status = loader.Feed(block);
      EXPECT_TRUE(status.ok()) << status;
    }
    EXPECT_TRUE(loader.done());
    return loader.TakeKeyspace();
  }
  void ExpectTheCut() { EXPECT_EQ(KeyspaceDigest(*Load(PullAll())), expected_); }

  Keyspace keyspace_{7};
  Digest expected_;
  std::unique_ptr<Snapshot> snapshot_;
};

TEST_F(SnapshotTest, CarriesItsHeader) {
  const SnapshotHeader header = {.generation = 3,
                                 .cut = {100},
                                 .epoch = {5},
                                 .rolling_hash = 0xabcdef,
                                 .log_time = {-4},
                                 .hash_seed = 7};
  Cut({.header = header});
  SnapshotLoader loader({});
  EXPECT_FALSE(loader.begun());
  for (const std::string& block : PullAll()) ASSERT_TRUE(loader.Feed(block).ok());
  EXPECT_TRUE(loader.done());
  EXPECT_EQ(loader.header(), header);
  EXPECT_EQ(loader.entries(), 0u);
}

TEST_F(SnapshotTest, OpensAsManyAsThereAreLanes) {
  Cut();
  const auto second = Snapshot::Cut(keyspace_, {});
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(Snapshot::Cut(keyspace_, {}), nullptr);
  second->Close();
  const auto third = Snapshot::Cut(keyspace_, {});
  ASSERT_NE(third, nullptr);
  third->Close();
}

TEST_F(SnapshotTest, TakesOverAnErasedString) {
  const uint64_t bytes_before = keyspace_.used_bytes();
  Put("large", Value::Text(std::string(1'000'000, 'x')));
  Put("small", Value::Text("y"));
  Cut();
  Erase("large");
  Erase("small");
  EXPECT_GT(snapshot_->held_bytes(), 1'000'000u);
  EXPECT_GT(keyspace_.used_bytes(), bytes_before + 1'000'000);
  ExpectTheCut();
  EXPECT_EQ(snapshot_->held_bytes(), 0u);
  EXPECT_EQ(keyspace_.used_bytes(), bytes_before);
}

TEST_F(SnapshotTest, BothSnapshotsOfAnErasedStringHaveIt) {
  Put("large", Value::Text(std::string(200'000, 'x')));
  Cut();
  auto other = Snapshot::Cut(keyspace_, {});
  Erase("large");
  ExpectTheCut();
  std::swap(snapshot_, other);
  ExpectTheCut();
  other->Close();
}

TEST_F(SnapshotTest, OpaqueValuesAreKeptLikeStrings) {
  const uint64_t bytes_before = keyspace_.used_bytes();
  const std::string text(500'000, 'x');
  Put("small", Value::Opaque(4, "y"), Millis{9});
  Put("large", Value::Opaque(2, text));
  Put("stays", Value::Opaque(2, text));
  Cut();
  Put("small", Value::Text("y"));
  Put("large", Value::Opaque(2, "other"));
  const auto loaded = Load(PullAll());
  EXPECT_EQ(KeyspaceDigest(*loaded), expected_);
  const Entry* entry = loaded->Find(kDatabase, loaded->MakeKey("large"));
  EXPECT_EQ(entry->value().opaque_type, 2);
  EXPECT_EQ(entry->value().text, text);
  for (const char* name : {"small", "large", "stays"}) Erase(name);
  EXPECT_EQ(keyspace_.used_bytes(), bytes_before);
}

TEST_F(SnapshotTest, EditsOfAStringThatIsHalfWritten) {
  const std::string text(300'000, 'x');
  Put("large", Value::Roomy(text, text.size()));
  Cut();
  std::vector<std::string> blocks;
  Snapshot::Pull pull = snapshot_->Next(10);
  ASSERT_EQ(pull.outcome, Snapshot::Outcome::kBlock);
  blocks.emplace_back(pull.block.view().data(), pull.block.size());
  Entry* entry = Find("large");
  keyspace_.BeforeEdit(keyspace_.MakeKey("large").slot, entry);
  std::memset(entry->mutable_text(), 'y', text.size());
  // What had been written is not copied again.
  EXPECT_LT(snapshot_->held_bytes(), 300'000u);
  for (std::string& block : PullAll()) blocks.push_back(std::move(block));
  EXPECT_EQ(KeyspaceDigest(*Load(blocks)), expected_);
}

TEST_F(SnapshotTest, AChangeOfALongListCopiesAChunkNotTheList) {
  PutList("list", 1'000'000);
  Cut();
  Push("list", "new");
  EXPECT_LT(snapshot_->held_bytes(), 100'000u);
  Erase("list");
  PutList("list", 3);
  ExpectTheCut();
}

TEST_F(SnapshotTest, FlushedDatabasesAreKeptBeforeTheyAreFreed) {
  for (int i = 0; i < 5000; ++i) Put(absl::StrCat("key", i), Value::Integer(i), Millis{i + 1});
  PutList("list", 100'000);
  Put("large", Value::Text(std::string(200'000, 'x')));
  Cut();
  keyspace_.Flush(kDatabase);
  Put("key1", Value::Text("later"));
  ExpectTheCut();
  while (keyspace_.ReclaimSome(1000)) {
  }
  EXPECT_EQ(keyspace_.Size(kDatabase), 1u);
}

TEST_F(SnapshotTest, CongestionComesAndGoes) {
  for (int i = 0; i < 10'000; ++i) Put(absl::StrCat("key", i), Value::Text(std::string(100, 'x')));
  Cut({.held_bytes_max = 200'000});
  EXPECT_FALSE(keyspace_.CutCongested());
  int writes = 0;
  for (; !keyspace_.CutCongested() && writes < 10'000; ++writes) {
    Put(absl::StrCat("key", writes), Value::Text("changed"));
  }
  EXPECT_LT(writes, 10'000);
  // Reclaiming a flushed database would make it worse, and waits.
  keyspace_.Flush(kDatabase);
  EXPECT_FALSE(keyspace_.ReclaimSome(100));
  ExpectTheCut();
  EXPECT_FALSE(keyspace_.CutCongested());
}

TEST_F(SnapshotTest, GivenUpItFreesWhatItTook) {
  const uint64_t bytes_before = keyspace_.used_bytes();
  Put("large", Value::Text(std::string(200'000, 'x')));
  PutList("list", 100'000);
  Cut();
  Erase("large");
  Erase("list");
  snapshot_->Close();
  snapshot_.reset();
  while (keyspace_.ReclaimSome(1000)) {
  }
  EXPECT_EQ(keyspace_.used_bytes(), bytes_before);
}

TEST_F(SnapshotTest, MarksStayGoodWhenTheirNumbersComeRound) {
  for (int i = 0; i < 100; ++i) Put(absl::StrCat("key", i), Value::Integer(i));
  // Each is given up after one write has marked a unit.
  for (int i = 0; i < 2 * UINT16_MAX; ++i) {
    const auto given_up = Snapshot::Cut(keyspace_, {.payload_bytes_max = 1});
    if (i < 100) Put(absl::StrCat("key", i), Value::Integer(-i));
    given_up->Close();
  }
  Cut();
  Put("key5", Value::Text("later"));
  ExpectTheCut();
}

TEST_F(SnapshotTest, TheLoadedKeyspaceTakesThePlaceOfTheLiveOne) {
  Put("old", Value::Text("x"), Millis{5});
  Cut();
  auto shadow = Load(PullAll());
  snapshot_->Close();
  snapshot_.reset();
  Put("new", Value::Text("y"));
  const Digest live = KeyspaceDigest(keyspace_);
  keyspace_.Swap(*shadow);
  EXPECT_EQ(KeyspaceDigest(keyspace_), expected_);
  EXPECT_EQ(KeyspaceDigest(*shadow), live);
  EXPECT_EQ(keyspace_.next_due(keyspace_.MakeKey("old").slot), Millis{5});
  EXPECT_EQ(keyspace_.Size(kDatabase), 1u);
  while (shadow->DismantleSome(10)) {
  }
  EXPECT_EQ(shadow->Size(kDatabase), 0u);
  Put("old", Value::Text("changed"));
  EXPECT_EQ(Find("old")->text(), "changed");
}

class SnapshotLoaderTest : public SnapshotTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 50; ++i) Put(absl::StrCat("key", i), Value::Integer(i));
    PutList("list", 1000);
    Cut({.payload_bytes_max = 200});
    blocks_ = PullAll();
    ASSERT_GT(blocks_.size(), 10u);
  }
  // The first error while loading the blocks.
  static std::string Error(const std::vector<std::string>& blocks) {
    SnapshotLoader loader({});
    absl::Status status;
    for (const std::string& block : blocks) {
      status = loader.Feed(block);
      if (!status.ok()) break;
    }
    if (status.ok()) return loader.done() ? "done" : "not done";
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(loader.Feed(blocks.back()), status);
    EXPECT_FALSE(loader.done());
    return std::string(status.message());
  }
  static void Reseal(std::string& block) {
    const uint32_t crc =
        ExtendCrc32c(Crc32c(absl::string_view(block).substr(0, 8)),
                     absl::string_view(block).substr(snapshot_format::kBlockHeaderBytes));
    StoreNumber(block.data() + 8, crc);
  }

  std::vector<std::string> blocks_;
};

TEST_F(SnapshotLoaderTest, RefusesBlocksThatAreDamagedMissingOrOutOfOrder) {
  EXPECT_EQ(Error(blocks_), "done");
  auto bad = blocks_;
  bad[3][20] ^= 1;
  EXPECT_THAT(Error(bad), HasSubstr("block 3: wrong checksum"));
  bad = blocks_;
  std::swap(bad[3], bad[4]);
  EXPECT_THAT(Error(bad), HasSubstr("block 3: it is block 4"));
  bad = blocks_;
  bad[3].pop_back();
  EXPECT_THAT(Error(bad), HasSubstr("not as long as its header says"));
  bad = blocks_;
  bad[2].resize(5);
  EXPECT_THAT(Error(bad), HasSubstr("cut off in its header"));
  bad = blocks_;
  bad.pop_back();
  EXPECT_EQ(Error(bad), "not done");
  bad = blocks_;
  bad.push_back(bad.back());
  EXPECT_THAT(Error(bad), HasSubstr("behind the last"));
  bad = blocks_;
  StoreNumber(bad[1].data(), uint32_t{1} << 20);
  EXPECT_THAT(Error(bad), HasSubstr("longer than any"));
}

TEST_F(SnapshotLoaderTest, RefusesWhatIsNoSnapshot) {
  auto bad = blocks_;
  bad[0][snapshot_format::kBlockHeaderBytes + snapshot_format::kRecordHeaderBytes + 7] = 2;
  Reseal(bad[0]);
  EXPECT_THAT(Error(bad), HasSubstr("another version"));
  bad = blocks_;
  bad[0][snapshot_format::kBlockHeaderBytes] = 'E';
  Reseal(bad[0]);
  EXPECT_THAT(Error(bad), HasSubstr("no begin"));
  bad = blocks_;
  bad[4][snapshot_format::kBlockHeaderBytes] = 'B';
  Reseal(bad[4]);
  EXPECT_THAT(Error(bad), HasSubstr("a second begin"));
  bad = blocks_;
  bad[4][snapshot_format::kBlockHeaderBytes] = '?';
  Reseal(bad[4]);
  EXPECT_THAT(Error(bad), HasSubstr("unknown kind of record"));
}

TEST_F(SnapshotLoaderTest, RefusesAnEndThatCountsOtherEntries) {
  auto bad = blocks_;
  bad.back()[bad.back().size() - snapshot_format::kEndBytes] ^= 1;
  Reseal(bad.back());
  EXPECT_THAT(Error(bad), HasSubstr("entries instead of"));
}

TEST_F(SnapshotLoaderTest, RefusesAKeyThatComesTwice) {
  // A block of entries once more, under the next number.
  std::vector<std::string> bad(blocks_.begin(), blocks_.begin() + 2);
  bad.push_back(bad[1]);
  StoreNumber(bad[2].data() + 4, uint32_t{2});
  Reseal(bad[2]);
  EXPECT_THAT(Error(bad), HasSubstr("comes twice"));
}

}  // namespace
}  // namespace holdfast
