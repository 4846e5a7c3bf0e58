#include "cluster/log/replication_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr Epoch kEpoch{3};

// A log of small chunks, and how to write to and read from it in words.
class ReplicationLogTest : public testing::Test {
 protected:
  explicit ReplicationLogTest(ReplicationLog::Options options = {.chunk_bytes = 256})
      : log_(std::move(options)) {}

  std::optional<Lsn> Append(absl::string_view payload, Epoch epoch = kEpoch) {
    return log_.Append({.epoch = epoch, .log_time = Millis{5}, .payload = payload});
  }
  // Records "1" to `count`, or whatever their LSNs are.
  void AppendMany(uint64_t count, Epoch epoch = kEpoch) {
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(Append(absl::StrCat(log_.tail().value + 1), epoch).has_value());
    }
    log_.Advance();
  }
  static std::vector<std::string> Payloads(absl::string_view records) {
    std::vector<std::string> payloads;
    while (!records.empty()) {
      const auto record = ReadRecord(records);
      CHECK(record.ok());
      payloads.emplace_back(record->payload);
      records.remove_prefix(record->framed.size());
    }
    return payloads;
  }
  // Everything from behind `after` on, read slice by slice.
  static std::vector<std::string> ReadAll(const ReplicationLog& log, Lsn after,
                                          size_t bytes_max = 200) {
    std::vector<std::string> all;
    const Lsn end = log.ready().lsn;
    while (after < end) {
      const auto records = log.Read({.after = after, .until = end, .bytes_max = bytes_max});
      CHECK(records.has_value() && !records->empty());
      for (std::string& payload : Payloads(*records)) all.push_back(std::move(payload));
      after.value += Payloads(*records).size();
    }
    return all;
  }
  static std::vector<std::string> Numbers(uint64_t first, uint64_t last) {
    std::vector<std::string> numbers;
    for (uint64_t i = first; i <= last; ++i) numbers.push_back(absl::StrCat(i));
    return numbers;
  }
  // Gives `to` what it lacks.
  static absl::Status Stream(const ReplicationLog& from, ReplicationLog& to) {
    while (to.ready().lsn < from.ready().lsn) {
      const auto records = from.Read({.after = to.ready().lsn, .until = from.ready().lsn});
      CHECK(records.has_value());
      if (const auto end = to.AppendReceived(*records); !end.ok()) return end.status();
    }
    return absl::OkStatus();
  }

  ReplicationLog log_;
};

TEST_F(ReplicationLogTest, IsEmptyAtFirst) {
  EXPECT_EQ(log_.tail(), Lsn{0});
  EXPECT_EQ(log_.FirstLsn(), Lsn{1});
  EXPECT_EQ(log_.Advance(), LogPosition{});
  EXPECT_EQ(log_.PositionAt(Lsn{0}), LogPosition{});
  EXPECT_EQ(log_.PositionAt(Lsn{1}), std::nullopt);
  EXPECT_EQ(log_.Read({}), absl::string_view());
  EXPECT_EQ(log_.held_bytes(), 0u);
}

TEST_F(ReplicationLogTest, AppendsOnlyWhileItIsOpenForTheEpoch) {
  EXPECT_EQ(Append("early"), std::nullopt);
  log_.Open(kEpoch);
  EXPECT_EQ(Append("first"), Lsn{1});
  EXPECT_EQ(Append("old", Epoch{2}), std::nullopt);
  EXPECT_EQ(Append("new", Epoch{4}), std::nullopt);
  EXPECT_EQ(Append("second"), Lsn{2});
  EXPECT_EQ(log_.refused_appends(), 3u);
  EXPECT_EQ(log_.applied(), Lsn{2});
  log_.Close();
  EXPECT_EQ(Append("late"), std::nullopt);
  EXPECT_EQ(log_.refused_appends(), 4u);
  EXPECT_EQ(log_.Advance().lsn, Lsn{2});
  EXPECT_EQ(log_.applied(), Lsn{2});
  EXPECT_EQ(ReadAll(log_, Lsn{0}), (std::vector<std::string>{"first", "second"}));
}

TEST_F(ReplicationLogTest, WritesWhatItWasToldIntoTheHeader) {
  log_.Open(kEpoch);
  AppendMany(2);
  log_.SetCommit(Lsn{1});
  AppendMany(1);
  const auto record = ReadRecord(*log_.Read({.after = Lsn{2}, .until = Lsn{3}}));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->header.lsn, Lsn{3});
  EXPECT_EQ(record->header.epoch, kEpoch);
  EXPECT_EQ(record->header.log_time, Millis{5});
  EXPECT_EQ(record->header.commit, Lsn{1});
}

TEST_F(ReplicationLogTest, ReadsAcrossChunksFromAnywhereInSlicesOfAnySize) {
  log_.Open(kEpoch);
  AppendMany(300);
  for (const size_t bytes_max : {1, 56, 100, 200, 10'000}) {
    for (const uint64_t after : {0, 1, 4, 5, 150, 299}) {
      ASSERT_EQ(ReadAll(log_, Lsn{after}, bytes_max), Numbers(after + 1, 300))
          << after << " " << bytes_max;
    }
  }
  // At most so many bytes, unless a single record is larger.
  EXPECT_EQ(log_.Read({.after = Lsn{0}, .until = Lsn{300}, .bytes_max = 170})->size(), 3 * 56u);
  EXPECT_EQ(log_.Read({.after = Lsn{0}, .until = Lsn{300}, .bytes_max = 1})->size(), 56u);
  // And nothing behind `until`.
  EXPECT_EQ(Payloads(*log_.Read({.after = Lsn{0}, .until = Lsn{2}})), Numbers(1, 2));
}

TEST_F(ReplicationLogTest, ARecordLargerThanAChunkTravelsAlone) {
  log_.Open(kEpoch);
  const std::string large(10'000, 'x');
  AppendMany(1);
  ASSERT_TRUE(Append(large).has_value());
  AppendMany(1);
  EXPECT_EQ(Payloads(*log_.Read({.after = Lsn{0}, .until = Lsn{3}})), Numbers(1, 1));
  EXPECT_EQ(Payloads(*log_.Read({.after = Lsn{1}, .until = Lsn{3}, .bytes_max = 10})),
            std::vector<std::string>{large});
  EXPECT_EQ(ReadAll(log_, Lsn{0}), (std::vector<std::string>{"1", large, "3"}));
}

TEST_F(ReplicationLogTest, PositionsAreThoseOfTheHashRolledFromTheStart) {
  log_.Open(kEpoch);
  AppendMany(100);
  log_.Close();
  log_.Open(kEpoch.Next());
  AppendMany(100, kEpoch.Next());
  LogPosition expected;
  for (uint64_t lsn = 1; lsn <= 200; ++lsn) {
    const auto record = ReadRecord(*log_.Read({.after = Lsn{lsn - 1}, .until = Lsn{lsn}}));
    expected = {.epoch = record->header.epoch,
                .lsn = Lsn{lsn},
                .hash = RollHash(expected.hash, record->header)};
    ASSERT_EQ(log_.PositionAt(Lsn{lsn}), expected) << lsn;
  }
  EXPECT_EQ(log_.ready(), expected);
  EXPECT_EQ(log_.PositionAt(Lsn{201}), std::nullopt);
}

TEST_F(ReplicationLogTest, TrimKeepsTheBacklogAndWhatIsNotCovered) {
  ReplicationLog log({.chunk_bytes = 256, .backlog_bytes = 600});
  log.Open(kEpoch);
  for (int i = 0; i < 100; ++i) log.Append({.epoch = kEpoch, .payload = "12345678"});
  log.Advance();
  EXPECT_EQ(log.held_bytes(), 5600u);
  const LogPosition at_40 = *log.PositionAt(Lsn{40});
  log.Trim(Lsn{42});
  // Four records a chunk.
  EXPECT_EQ(log.FirstLsn(), Lsn{41});
  EXPECT_EQ(log.PositionAt(Lsn{40}), at_40);
  EXPECT_EQ(log.PositionAt(Lsn{39}), std::nullopt);
  EXPECT_EQ(log.Read({.after = Lsn{39}, .until = Lsn{100}}), std::nullopt);
  EXPECT_TRUE(log.Read({.after = Lsn{40}, .until = Lsn{100}}).has_value());
  log.Trim(Lsn{100});
  EXPECT_EQ(log.FirstLsn(), Lsn{89});
  EXPECT_EQ(log.held_bytes(), 12 * 56u);
}

TEST_F(ReplicationLogTest, ALogIsWrittenToAgainAfterItWasTrimmed) {
  log_.Open(kEpoch);
  for (uint64_t round = 0; round < 20; ++round) {
    AppendMany(50);
    ASSERT_EQ(ReadAll(log_, Lsn{round * 50}), Numbers(round * 50 + 1, round * 50 + 50));
    log_.Trim(Lsn{round * 50 + 50});
  }
  EXPECT_LE(log_.held_bytes(), 256u);
}

TEST_F(ReplicationLogTest, CountsWhatIsNotAcknowledged) {
  log_.Open(kEpoch);
  AppendMany(10);
  EXPECT_EQ(log_.unacknowledged_bytes(), 560u);
  log_.NoteAcknowledged(Lsn{3});
  EXPECT_EQ(log_.unacknowledged_bytes(), 7 * 56u);
  log_.NoteAcknowledged(Lsn{10});
  EXPECT_EQ(log_.unacknowledged_bytes(), 0u);
  AppendMany(1);
  EXPECT_EQ(log_.unacknowledged_bytes(), 56u);
}

TEST_F(ReplicationLogTest, AReplicaHasTheSameBytesAndPositions) {
  log_.Open(kEpoch);
  AppendMany(150);
  ReplicationLog replica({.chunk_bytes = 1000});
  ASSERT_TRUE(Stream(log_, replica).ok());
  EXPECT_EQ(replica.ready(), log_.ready());
  EXPECT_EQ(replica.PositionAt(Lsn{77}), log_.PositionAt(Lsn{77}));
  EXPECT_EQ(ReadAll(replica, Lsn{0}), Numbers(1, 150));
  EXPECT_EQ(replica.applied(), Lsn{0});
  replica.SetCommit(Lsn{100});
  replica.NoteApplied(Lsn{90});
  EXPECT_EQ(replica.applied(), Lsn{90});
  // What is not applied stays.
  replica.Trim(Lsn{150});
  EXPECT_LE(replica.FirstLsn(), Lsn{91});
  EXPECT_GT(replica.FirstLsn(), Lsn{70});
}

TEST_F(ReplicationLogTest, RefusesRecordsThatDoNotContinueIt) {
  log_.Open(kEpoch);
  AppendMany(4);
  const std::string all(*log_.Read({.after = Lsn{0}, .until = Lsn{4}}));
  const size_t size = all.size() / 4;
  ReplicationLog replica({});
  const auto refused = [&](const std::string& records) {
    const LogPosition before = replica.ready();
    EXPECT_FALSE(replica.AppendReceived(records).ok());
    EXPECT_EQ(replica.ready(), before);
    EXPECT_EQ(replica.tail(), before.lsn);
  };
  refused(all.substr(size));                            // a gap at the start
  refused(all.substr(0, size) + all.substr(2 * size));  // one inside
  refused(all.substr(0, all.size() - 1));               // torn
  std::string damaged = all;
  damaged[3 * size + 49] ^= 1;
  refused(damaged);
  ASSERT_TRUE(replica.AppendReceived(all).ok());
  refused(all);                   // once more
  refused(all.substr(3 * size));  // its last one once more
  Buffer old_epoch;
  AppendRecord(old_epoch, {.lsn = Lsn{5}, .epoch = Epoch{2}}, "x");
  refused(std::string(old_epoch.view()));
}

TEST_F(ReplicationLogTest, CutsBackWhatIsNotCommittedAndGoesOn) {
  for (const uint64_t kept : {0, 1, 3, 4, 5, 8, 37, 99, 100}) {
    ReplicationLog source({.chunk_bytes = 256});
    source.Open(kEpoch);
    for (int i = 1; i <= 100; ++i) {
      source.Append({.epoch = kEpoch, .payload = absl::StrCat(i)});
    }
    source.Advance();
    ReplicationLog replica({.chunk_bytes = 256});
    ASSERT_TRUE(Stream(source, replica).ok());
    replica.TruncateAfter(Lsn{kept});
    ASSERT_EQ(replica.tail(), Lsn{kept});
    ASSERT_EQ(replica.ready(), *source.PositionAt(Lsn{kept}));
    ASSERT_EQ(replica.held_bytes(), kept * 56);
    ASSERT_EQ(ReadAll(replica, Lsn{0}), Numbers(1, kept));
    // Another history follows.
    replica.SetCommit(Lsn{kept});
    replica.NoteApplied(Lsn{kept});
    replica.Open(kEpoch.Next());
    for (uint64_t i = kept + 1; i <= 120; ++i) {
      replica.Append({.epoch = kEpoch.Next(), .payload = absl::StrCat(i)});
    }
    replica.Advance();
    ASSERT_EQ(ReadAll(replica, Lsn{0}), Numbers(1, 120));
    ASSERT_EQ(replica.PositionAt(Lsn{kept}), source.PositionAt(Lsn{kept}));
    if (kept < 100) {
      ASSERT_NE(replica.PositionAt(Lsn{100})->hash, source.PositionAt(Lsn{100})->hash);
    }
  }
}

TEST_F(ReplicationLogTest, RestartsBehindAnyPosition) {
  log_.Open(kEpoch);
  AppendMany(50);
  const LogPosition cut = *log_.PositionAt(Lsn{30});
  ReplicationLog learner({.chunk_bytes = 256});
  learner.Restart(cut);
  EXPECT_EQ(learner.tail(), Lsn{30});
  EXPECT_EQ(learner.applied(), Lsn{30});
  EXPECT_EQ(learner.commit(), Lsn{30});
  EXPECT_EQ(learner.FirstLsn(), Lsn{31});
  EXPECT_EQ(learner.PositionAt(Lsn{30}), cut);
  ASSERT_TRUE(Stream(log_, learner).ok());
  EXPECT_EQ(learner.ready(), log_.ready());

  log_.Close();
  Append("refused");
  log_.Restart({});
  EXPECT_EQ(log_.refused_appends(), 0u);
  EXPECT_EQ(log_.held_bytes(), 0u);
  log_.Open(kEpoch);
  AppendMany(2);
  EXPECT_EQ(ReadAll(log_, Lsn{0}), Numbers(1, 2));
}

using ReplicationLogDeathTest = ReplicationLogTest;

TEST_F(ReplicationLogDeathTest, LosesNothingThatIsCommittedOrApplied) {
  log_.Open(kEpoch);
  AppendMany(5);
  EXPECT_DEATH(log_.TruncateAfter(Lsn{5}), "open_for_");
  EXPECT_DEATH(log_.SetCommit(Lsn{6}), "ready_|ready");
  log_.SetCommit(Lsn{3});
  EXPECT_DEATH(log_.SetCommit(Lsn{2}), "commit");
  log_.Close();
  // All of it was executed here.
  EXPECT_DEATH(log_.TruncateAfter(Lsn{4}), "applied");
  ReplicationLog replica({});
  ASSERT_TRUE(Stream(log_, replica).ok());
  replica.SetCommit(Lsn{3});
  EXPECT_DEATH(replica.TruncateAfter(Lsn{2}), "commit");
  // To lead means to have applied everything.
  EXPECT_DEATH(replica.Open(kEpoch.Next()), "applied");
}

}  // namespace
}  // namespace holdfast
