// Real threads on two logs: workers append, one thread takes in, streams to a replica's log,
// commits and trims, another one applies there. Every record must arrive once, in order, whole.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cluster/log/replication_log.h"
#include "net/base/random.h"

namespace holdfast {
namespace {

constexpr int kProducers = 4;
constexpr int kRecordsEach = 5000;
constexpr uint64_t kRecords = uint64_t{kProducers} * kRecordsEach;
constexpr Epoch kEpoch{1};
constexpr size_t kBacklog = 64 * 1024;

std::string Payload(int producer, int number) {
  // Some larger than a chunk.
  const size_t size = number % 1000 == 0 ? 20'000 : static_cast<size_t>(number % 90);
  return absl::StrCat(producer, ":", number, ":", std::string(size, 'x'));
}

// What the applier has seen: of each producer the numbers in order, none missing.
class Seen {
 public:
  void Check(const Record& record) {
    EXPECT_EQ(record.header.lsn, last_.Next());
    last_ = record.header.lsn;
    for (int producer = 0; producer < kProducers; ++producer) {
      if (record.payload == Payload(producer, next_[producer])) {
        ++next_[producer];
        return;
      }
    }
    ADD_FAILURE() << "record " << record.header.lsn << " is not the next one of any producer";
  }
  Lsn last() const { return last_; }

 private:
  Lsn last_;
  int next_[kProducers] = {};
};

TEST(ReplicationLogStress, EveryRecordArrivesOnceInOrder) {
  std::atomic<uint64_t> notices{0};
  ReplicationLog log({.chunk_bytes = 8192, .backlog_bytes = kBacklog});
  ReplicationLog replica({.chunk_bytes = 4096});
  log.Open(kEpoch);

  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&log, &notices, producer] {
      for (int i = 0; i < kRecordsEach; ++i) {
        ASSERT_TRUE(log.Append({.epoch = kEpoch, .payload = Payload(producer, i)}).has_value());
        notices.fetch_add(1);
        notices.notify_one();
      }
    });
  }
  std::thread applier([&replica] {
    Seen seen;
    while (seen.last().value < kRecords) {
      const auto records = replica.Read({.after = seen.last(), .until = replica.commit()});
      ASSERT_TRUE(records.has_value());
      absl::string_view left = *records;
      while (!left.empty()) {
        const auto record = ReadRecord(left);
        ASSERT_TRUE(record.ok()) << record.status();
        seen.Check(*record);
        left.remove_prefix(record->framed.size());
      }
      if (records->empty()) std::this_thread::yield();
      replica.NoteApplied(seen.last());
    }
  });
  // The cluster thread of both.
  while (replica.ready().lsn.value < kRecords) {
    const uint64_t before = notices.load();
    const Lsn ready = log.Advance().lsn;
    if (replica.ready().lsn == ready) {
      notices.wait(before);
      continue;
    }
    const auto records =
        log.Read({.after = replica.ready().lsn, .until = ready, .bytes_max = 3000});
    ASSERT_TRUE(records.has_value());
    const auto end = replica.AppendReceived(*records);
    ASSERT_TRUE(end.ok()) << end.status();
    ASSERT_EQ(log.PositionAt(end->lsn), *end);
    replica.SetCommit(end->lsn);
    log.SetCommit(end->lsn);
    log.NoteAcknowledged(end->lsn);
    log.Trim(end->lsn);
    replica.Trim(end->lsn);
  }
  for (std::thread& producer : producers) producer.join();
  applier.join();
  EXPECT_EQ(log.unacknowledged_bytes(), 0u);
  // Backlog, and at most a chunk beyond it on either side; one may be a large record's.
  EXPECT_LE(log.held_bytes(), kBacklog + 2 * 21'000);
  EXPECT_EQ(replica.applied().value, kRecords);
}

// Workers that race with Close either have their record in the log or are refused.
TEST(ReplicationLogStress, CloseSplitsAppendsCleanly) {
  for (int round = 0; round < 50; ++round) {
    ReplicationLog log({.chunk_bytes = 4096});
    log.Open(kEpoch);
    std::atomic<uint64_t> accepted{0};
    std::vector<std::thread> producers;
    for (int producer = 0; producer < kProducers; ++producer) {
      producers.emplace_back([&] {
        while (log.Append({.epoch = kEpoch, .payload = "some payload"})) accepted.fetch_add(1);
      });
    }
    while (log.Advance().lsn.value < 100) std::this_thread::yield();
    log.Close();
    const Lsn tail = log.tail();
    for (std::thread& producer : producers) producer.join();
    EXPECT_EQ(accepted.load(), tail.value);
    EXPECT_EQ(log.Advance().lsn, tail);
    EXPECT_EQ(log.refused_appends(), uint64_t{kProducers});
    log.Restart(log.ready());
    EXPECT_EQ(log.tail(), tail);
  }
}

}  // namespace
}  // namespace holdfast
