// A log on a disk that forgets, tears and fails: what comes back, and what is refused.
#include "storage/log/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "storage/log/log_recovery.h"
#include "storage/log/segment_scan.h"

namespace holdfast {
namespace {

using testing::HasSubstr;

constexpr uint64_t kLogId = 77;
constexpr char kDirectory[] = "data";

// Records as a primary would write them, with the position behind each.
class Records {
 public:
  LogPosition Add(std::string payload, uint64_t epoch = 1) {
    const RecordHeader header{.lsn = end().lsn.Next(), .epoch = {epoch}};
    Buffer framed;
    AppendRecord(framed, header, payload);
    const Record record = ReadTrustedRecord(framed.data());
    positions_.push_back(
        {record.header.epoch, record.header.lsn, RollHash(end().hash, record.header)});
    framed_.push_back(std::string(framed.view()));
    return end();
  }
  LogPosition end() const { return positions_.empty() ? LogPosition{} : positions_.back(); }
  LogPosition At(uint64_t lsn) const { return lsn == 0 ? LogPosition{} : positions_[lsn - 1]; }
  const std::string& Framed(uint64_t lsn) const { return framed_[lsn - 1]; }
  size_t size() const { return framed_.size(); }
  void CutBack(uint64_t lsn) {
    positions_.resize(lsn);
    framed_.resize(lsn);
  }

 private:
  std::vector<LogPosition> positions_;
  std::vector<std::string> framed_;
};

// Recovers what the machine's disk holds, then writes on.
struct Program : SimProgram {
  Program(Runtime& started_runtime, FsyncPolicy policy)
      : runtime(started_runtime),
        files(runtime.loop(0).disk(),
              {.directory = kDirectory, .log_id = kLogId, .policy = policy, .segment_bytes = 700},
              {.on_progress = [this] { ++progress; },
               .on_failure = [this](absl::Status status) { failure = status; }}) {
    // It exists from the second start on.
    Disk& disk = runtime.loop(0).disk();
    disk.MakeDirectory(kDirectory, [this, &disk](const absl::Status&) {
      disk.SyncDirectory("", [this](absl::Status status) {
        CHECK(status.ok());
        Recover();
      });
    });
  }
  void Recover() {
    RecoverLog(runtime.loop(0).disk(),
               {.directory = kDirectory,
                .visit =
                    [this](const Record& record, const LogPosition&) {
                      found.emplace_back(record.framed);
                      return absl::OkStatus();
                    }},
               [this](absl::StatusOr<RecoveredLog> result) {
                 recovered = std::move(result);
                 if (recovered->ok()) files.Continue((*recovered)->tail);
               });
  }
  Runtime& runtime;
  std::vector<std::string> found;
  std::optional<absl::StatusOr<RecoveredLog>> recovered;
  absl::Status failure;
  int progress = 0;
  LogFiles files;
};

class LogFilesTest : public testing::Test {
 protected:
  explicit LogFilesTest(uint64_t seed = 7) : kernel_(seed), network_(kernel_, {}) {
    machine_ =
        std::make_unique<SimMachine>(kernel_, network_, SimMachine::Options{.ip = "10.0.0.1"});
  }
  Program& Boot(FsyncPolicy policy = FsyncPolicy::kAlways) {
    machine_->Boot(
        1, [policy](Runtime& runtime) { return std::make_unique<Program>(runtime, policy); });
    Run();
    return program();
  }
  Program& program() { return *static_cast<Program*>(machine_->program()); }
  void Run() { kernel_.RunUntil(kernel_.now() + Seconds(30)); }
  void Append(Records& records, int count) {
    for (int i = 0; i < count; ++i) {
      const LogPosition end = records.Add(absl::StrCat("payload ", records.size()));
      program().files.Append(records.Framed(end.lsn.value), end);
    }
  }
  void ExpectFound(const Records& records) {
    ASSERT_TRUE(program().recovered->ok()) << program().recovered->status();
    EXPECT_EQ((*program().recovered)->tail.position, records.end());
    ASSERT_EQ(program().found.size(), records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(program().found[i], records.Framed(i + 1));
    }
  }

  Kernel kernel_;
  SimNetwork network_;
  std::unique_ptr<SimMachine> machine_;
};

TEST_F(LogFilesTest, WhatWasSyncedComesBackAndIsContinued) {
  Records records;
  Boot();
  Append(records, 40);
  Run();
  EXPECT_EQ(program().files.synced(), records.end().lsn);
  EXPECT_GT(program().files.segments().size(), 3u);
  EXPECT_GT(program().progress, 0);
  for (int round = 0; round < 3; ++round) {
    machine_->Crash(SimMachine::CrashKind::kPower);
    Boot();
    ExpectFound(records);
    Append(records, 15);
    Run();
    EXPECT_EQ(program().files.synced(), records.end().lsn);
  }
}

TEST_F(LogFilesTest, ItIsCutBackAcrossSegmentsAndGoesOn) {
  Records records;
  Boot();
  Append(records, 40);
  for (const uint64_t lsn : {39, 30, 12, 12, 1, 0}) {
    program().files.CutBack(records.At(lsn));
    records.CutBack(lsn);
    Append(records, 3);
    Run();
    EXPECT_EQ(program().files.synced(), records.end().lsn);
    machine_->Crash(SimMachine::CrashKind::kPower);
    Boot();
    ExpectFound(records);
  }
}

TEST_F(LogFilesTest, OldSegmentsAreTrimmedAndARestartForgetsAll) {
  Records records;
  Boot();
  Append(records, 40);
  program().files.Trim(Lsn{25});
  Run();
  machine_->Crash(SimMachine::CrashKind::kPower);
  Boot();
  const RecoveredLog& recovered = **program().recovered;
  EXPECT_GT(recovered.before_first.lsn, Lsn{10});
  EXPECT_LE(recovered.before_first.lsn, Lsn{25});
  EXPECT_EQ(recovered.before_first, records.At(recovered.before_first.lsn.value));
  EXPECT_EQ(recovered.tail.position, records.end());

  const LogPosition elsewhere{{5}, {1000}, 4711};
  program().files.Restart(elsewhere);
  Run();
  machine_->Crash(SimMachine::CrashKind::kPower);
  Boot();
  EXPECT_TRUE(program().found.empty());
  EXPECT_EQ((*program().recovered)->tail.position, elsewhere);
}

TEST_F(LogFilesTest, AFailedWriteEndsItForGood) {
  machine_ = std::make_unique<SimMachine>(
      kernel_, network_, SimMachine::Options{.ip = "10.0.0.2", .disk = {.file_bytes_max = 400}});
  Records records;
  Boot();
  Append(records, 20);
  Run();
  EXPECT_TRUE(absl::IsResourceExhausted(program().failure)) << program().failure;
  EXPECT_THAT(program().failure.message(), HasSubstr("writing to data/log-"));
  const Lsn synced = program().files.synced();
  Append(records, 1);
  Run();
  EXPECT_EQ(program().files.synced(), synced);
}

// Whatever a power failure does to what was not synced, what comes back is the log up to a record
// that is not before the last one known to be durable.
class LogFilesCrash : public LogFilesTest, public testing::WithParamInterface<uint64_t> {
 protected:
  LogFilesCrash() : LogFilesTest(GetParam()) {}
};

TEST_P(LogFilesCrash, APrefixComesBack) {
  Prng prng(GetParam());
  constexpr FsyncPolicy kPolicies[] = {FsyncPolicy::kAlways, FsyncPolicy::kOnTick,
                                       FsyncPolicy::kNever};
  const FsyncPolicy policy = kPolicies[GetParam() % 3];
  Records records;
  Boot(policy);
  for (int life = 0; life < 6; ++life) {
    const uint64_t steps = prng.Below(60);
    for (uint64_t step = 0; step < steps; ++step) {
      switch (prng.Below(12)) {
        case 0:
          program().files.Tick();
          break;
        case 1: {
          const uint64_t keep =
              records.size() - prng.Below(std::min<uint64_t>(records.size(), 4) + 1);
          program().files.CutBack(records.At(keep));
          records.CutBack(keep);
          break;
        }
        case 2:
          kernel_.RunUntil(kernel_.now() + Microseconds(static_cast<int64_t>(prng.Below(9000))));
          break;
        default:
          Append(records, 1 + static_cast<int>(prng.Below(4)));
      }
    }
    kernel_.RunUntil(kernel_.now() + Microseconds(static_cast<int64_t>(prng.Below(40'000))));
    ASSERT_TRUE(program().failure.ok()) << program().failure;
    const Lsn durable = program().files.synced();
    machine_->Crash(SimMachine::CrashKind::kPower);
    Boot(policy);
    ASSERT_TRUE(program().recovered->ok()) << program().recovered->status();
    const LogPosition end = (*program().recovered)->tail.position;
    EXPECT_GE(end.lsn, std::min(durable, records.end().lsn));
    // A cut that had not been carried out yet may come back with it.
    if (end.lsn.value > records.size() || end != records.At(end.lsn.value)) {
      records = Records();
      for (const std::string& framed : program().found) {
        const Record record = ReadTrustedRecord(framed.data());
        records.Add(std::string(record.payload), record.header.epoch.value);
      }
    }
    records.CutBack(end.lsn.value);
    ExpectFound(records);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, LogFilesCrash, testing::Range(uint64_t{1}, uint64_t{301}));

// One segment in memory, for every way to damage it.
struct Sample {
  Records records;
  std::string bytes;
  std::vector<size_t> ends;  // of the records
  Lsn guarded;               // by the last mark

  Sample() {
    bytes = EncodeSegmentHeader({kLogId, {}});
    for (int i = 0; i < 6; ++i) {
      const LogPosition end = records.Add(absl::StrCat("record ", i));
      bytes += records.Framed(end.lsn.value);
      ends.push_back(bytes.size());
      if (i == 3) {
        bytes += EncodeMark(end.lsn);
        guarded = end.lsn;
      }
    }
  }
};

struct Scanned {
  absl::StatusOr<SegmentScan::End> end;
  std::vector<std::string> records;
};

Scanned Scan(absl::string_view bytes, size_t piece, SegmentScan::Place place) {
  Scanned scanned{.end = absl::UnknownError("")};
  SegmentScan scan({.path = "log"});
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const absl::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    status = scan.Feed(part, [&](const Record& record, const LogPosition&) {
      scanned.records.emplace_back(record.framed);
      return absl::OkStatus();
    });
  }
  scanned.end = status.ok() ? scan.Finish(place) : absl::StatusOr<SegmentScan::End>(status);
  return scanned;
}

// What was read must be the beginning of what was written.
void ExpectPrefix(const Scanned& scanned, const Sample& sample) {
  ASSERT_LE(scanned.records.size(), sample.records.size());
  for (size_t i = 0; i < scanned.records.size(); ++i) {
    ASSERT_EQ(scanned.records[i], sample.records.Framed(i + 1));
  }
  if (scanned.end.ok()) {
    EXPECT_EQ(scanned.end->position, sample.records.At(scanned.records.size()));
  }
}

TEST(SegmentScan, EveryTruncationIsATornTailInTheLastSegmentAndDamageInOthers) {
  const Sample sample;
  for (size_t size = 0; size < sample.bytes.size(); ++size) {
    const absl::string_view cut = absl::string_view(sample.bytes).substr(0, size);
    const Scanned last = Scan(cut, 13, SegmentScan::Place::kLast);
    ASSERT_TRUE(last.end.ok()) << size << ": " << last.end.status();
    ExpectPrefix(last, sample);
    EXPECT_LE(last.end->offset, size);
    const Scanned middle = Scan(cut, 13, SegmentScan::Place::kBeforeOthers);
    EXPECT_TRUE(!middle.end.ok() || middle.end->offset == size) << size;
  }
}

TEST(SegmentScan, EveryFlippedByteEndsTheLogOrIsReported) {
  const Sample sample;
  for (size_t at = 0; at < sample.bytes.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string broken = sample.bytes;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      for (const size_t piece : {size_t{5}, broken.size()}) {
        const Scanned scanned = Scan(broken, piece, SegmentScan::Place::kLast);
        ExpectPrefix(scanned, sample);
        // What a mark vouches for is not lost without a word.
        const bool guarded = at < sample.ends[sample.guarded.value - 1];
        if (guarded) {
          EXPECT_FALSE(scanned.end.ok()) << at << " ^ " << flip;
        } else if (scanned.end.ok()) {
          EXPECT_FALSE(scanned.end->cut_off.empty()) << at << " ^ " << flip;
        }
      }
    }
  }
}

TEST(SegmentScan, DamageIsToldWithFileByteAndRecord) {
  const Sample sample;
  std::string broken = sample.bytes;
  broken[sample.ends[1] + 50] ^= 1;
  const Scanned scanned = Scan(broken, broken.size(), SegmentScan::Place::kLast);
  EXPECT_THAT(scanned.end.status().message(),
              HasSubstr(absl::StrCat("log segment log is damaged at byte ", sample.ends[1])));
  EXPECT_THAT(scanned.end.status().message(),
              HasSubstr("record 3 should be here and had been on disk"));
}

TEST(SegmentName, SortsAsTheLogGoes) {
  EXPECT_LT(SegmentName(Lsn{9}), SegmentName(Lsn{10}));
  EXPECT_LT(SegmentName(Lsn{255}), SegmentName(Lsn{256}));
  EXPECT_EQ(FirstLsnOf(SegmentName(Lsn{0xabc})), Lsn{0xabc});
  EXPECT_EQ(FirstLsnOf("log-0000000000000abc"), std::nullopt);
  EXPECT_EQ(FirstLsnOf("log-0000000000000ABC.hf"), std::nullopt);
  EXPECT_EQ(FirstLsnOf("dump.rdb"), std::nullopt);
}

}  // namespace
}  // namespace holdfast
