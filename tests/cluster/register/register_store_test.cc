#include "cluster/register/register_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "sim/sim_network.h"
#include "sim/sim_runtime.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;

VoterState State(uint64_t round) {
  return {.node = {1}, .cluster_id = 9, .promised = {.round = round}};
}

// Saves promises 1, 2, 3, ..., each once the one before is durable, or all at once.
struct Saver : SimProgram {
  Saver(Runtime& runtime, uint64_t count, bool at_once)
      : store(runtime.loop(0).disk(),
              {.directory = "d", .on_fatal = [this](absl::Status status) { fatal = status; }}),
        count(count) {
    runtime.loop(0).disk().MakeDirectory("d", [this, at_once](const absl::Status&) {
      store.Load([this, at_once](absl::StatusOr<RegisterStore::Contents> found) {
        loaded = std::move(found);
        if (!loaded->ok()) return;
        if (!at_once) return Next();
        for (uint64_t round = 1; round <= this->count; ++round) Save(round);
      });
    });
  }
  void Save(uint64_t round) {
    store.SaveVoter(State(round), [this, round](const absl::Status& status) {
      if (status.ok()) durable = round;
      last = status;
      ++answers;
    });
  }
  void Next() {
    if (durable == count) return;
    store.SaveVoter(State(durable + 1), [this](const absl::Status& status) {
      last = status;
      if (!status.ok()) return;
      ++durable;
      Next();
    });
  }

  RegisterStore store;
  const uint64_t count;
  std::optional<absl::StatusOr<RegisterStore::Contents>> loaded;
  uint64_t durable = 0;
  uint64_t answers = 0;
  absl::Status last;
  absl::Status fatal;
};

class RegisterStoreTest : public testing::Test {
 protected:
  void UseDisk(const DiskProfile& profile, uint64_t seed = 7) {
    machine_.reset();
    network_.reset();
    kernel_ = std::make_unique<Kernel>(seed);
    network_ = std::make_unique<SimNetwork>(*kernel_, NetworkProfile{});
    machine_ = std::make_unique<SimMachine>(*kernel_, *network_,
                                            SimMachine::Options{.ip = "10.0.0.1", .disk = profile});
  }
  Saver& Boot(uint64_t count, bool at_once = false) {
    machine_->Boot(
        1, [=](Runtime& runtime) { return std::make_unique<Saver>(runtime, count, at_once); });
    kernel_->RunUntil(kernel_->now() + Nanos{1});
    return *static_cast<Saver*>(machine_->program());
  }
  void Run(Nanos time) { kernel_->RunUntil(kernel_->now() + time); }
  void Overwrite(absl::string_view path, size_t offset, std::string bytes) {
    DiskImage& image = machine_->disk().image();
    const InodeId inode = *image.Find(path);
    image.CompleteWrite(inode, image.BeginWrite(inode, offset, std::move(bytes)));
  }

  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<SimNetwork> network_;
  std::unique_ptr<SimMachine> machine_;
};

TEST_F(RegisterStoreTest, NoFilesAreNoVoter) {
  UseDisk({});
  Saver& saver = Boot(0);
  Run(Seconds(2));
  ASSERT_TRUE(saver.loaded.has_value() && saver.loaded->ok());
  EXPECT_FALSE((*saver.loaded)->voter.has_value());
  EXPECT_EQ((*saver.loaded)->configuration.version, 0u);
}

TEST_F(RegisterStoreTest, WhatWasAnsweredSurvivesPowerLossAtAnyMoment) {
  uint64_t lost_unanswered = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    UseDisk({.stall_every_mean = {}}, seed);
    Saver& saver = Boot(1000);
    Run(Microseconds(static_cast<int64_t>(5'000 + seed * 1'013)));
    const uint64_t durable = saver.durable;
    machine_->Crash(SimMachine::CrashKind::kPower);
    Saver& again = Boot(0);
    Run(Seconds(1));
    ASSERT_TRUE(again.loaded.has_value());
    ASSERT_TRUE(again.loaded->ok()) << again.loaded->status();
    const auto& voter = (*again.loaded)->voter;
    const uint64_t found = voter.has_value() ? voter->promised.round : 0;
    ASSERT_GE(found, durable);
    ASSERT_LE(found, durable + 1);
    lost_unanswered += found == durable ? 1 : 0;
  }
  // Both fates of the save under way were seen.
  EXPECT_GT(lost_unanswered, 0u);
  EXPECT_LT(lost_unanswered, 150u);
}

TEST_F(RegisterStoreTest, SavesAskedMeanwhileAreMadeTogether) {
  UseDisk({.stall_every_mean = {}});
  Saver& saver = Boot(500, true);
  Run(Milliseconds(150));
  EXPECT_EQ(saver.answers, 500u);
  EXPECT_EQ(saver.durable, 500u);
}

TEST_F(RegisterStoreTest, AFailedSyncIsTheEnd) {
  UseDisk({.sync_failure = {1, 1}});
  Saver& saver = Boot(3, true);
  Run(Seconds(5));
  EXPECT_FALSE(saver.fatal.ok());
  EXPECT_THAT(std::string(saver.fatal.message()), HasSubstr("d/voter.new"));
  EXPECT_EQ(saver.answers, 0u);
}

TEST_F(RegisterStoreTest, AFullDiskIsReportedAndMayRecover) {
  UseDisk({.file_bytes_max = 10});
  Saver& saver = Boot(1);
  Run(Seconds(5));
  EXPECT_TRUE(absl::IsResourceExhausted(saver.last)) << saver.last;
  EXPECT_TRUE(saver.fatal.ok());
  EXPECT_EQ(saver.durable, 0u);
}

TEST_F(RegisterStoreTest, ADamagedFileIsNamedWithItsOffset) {
  UseDisk({});
  Boot(1);
  Run(Seconds(3));
  machine_->Crash(SimMachine::CrashKind::kProcess);
  Overwrite("d/voter", kRegisterFileHeaderBytes, "\x7f");
  Saver& again = Boot(0);
  Run(Seconds(3));
  ASSERT_TRUE(again.loaded.has_value());
  EXPECT_TRUE(absl::IsDataLoss(again.loaded->status()));
  EXPECT_THAT(std::string(again.loaded->status().message()),
              HasSubstr("d/voter: damaged at offset 16"));
}

}  // namespace
}  // namespace holdfast
