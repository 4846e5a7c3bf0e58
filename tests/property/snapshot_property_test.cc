// A snapshot holds what the keyspace held at its cut, whatever happens while it is being written:
// random changes of all kinds between the steps of one or two snapshots, blocks of any size.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/digest/digest.h"
#include "storage/snapshot/snapshot.h"
#include "storage/snapshot/snapshot_loader.h"
#include "tests/property/keyspace_drive.h"

namespace holdfast {
namespace {

using keyspace_drive::ContentsOf;
using keyspace_drive::Drive;
using keyspace_drive::DriveOptions;
using keyspace_drive::Model;

// A snapshot being taken and loaded, and what it should hold.
class Running {
 public:
  Running(Keyspace& keyspace, const Model& model, const Snapshot::Options& options,
          const ListLimits& list_limits)
      : expected_(model),
        digest_(KeyspaceDigest(keyspace)),
        snapshot_(Snapshot::Cut(keyspace, options)),
        loader_({.list_limits = list_limits}) {
    RC_ASSERT(snapshot_ != nullptr);
  }

  ~Running() {
    if (snapshot_ != nullptr) snapshot_->Close();
  }

  // False when everything has been loaded.
  bool Step(size_t budget) {
    Snapshot::Pull pull = snapshot_->Next(budget);
    if (pull.outcome == Snapshot::Outcome::kBlock) {
      const absl::Status status = loader_.Feed(pull.block.view());
      if (!status.ok()) RC_FAIL(std::string(status.message()));
    }
    return pull.outcome != Snapshot::Outcome::kDone;
  }
  void Compare() {
    RC_ASSERT(loader_.done());
    RC_ASSERT(snapshot_->held_bytes() == 0u);
    const std::unique_ptr<Keyspace> loaded = loader_.TakeKeyspace();
    RC_ASSERT(ContentsOf(*loaded) == expected_);
    RC_ASSERT(KeyspaceDigest(*loaded) == digest_);
  }

 private:
  const Model expected_;
  const Digest digest_;
  std::unique_ptr<Snapshot> snapshot_;
  SnapshotLoader loader_;
};

RC_GTEST_PROP(SnapshotProperty, HoldsWhatWasThereAtTheCut, (uint64_t seed)) {
  Keyspace keyspace(seed);
  const DriveOptions options = {
      .keys = *rc::gen::element<uint64_t>(3, 40, 1500),
      .tags = *rc::gen::element<uint64_t>(1, 3, 100),
      .databases = *rc::gen::element(1, 3),
      .list_limits = ListLimits::FromDirective(*rc::gen::element<int64_t>(2, 20, -1, -2)),
      .large_values = *rc::gen::arbitrary<bool>()};
  Drive drive(keyspace, options, seed);
  const size_t payload_bytes_max =
      *rc::gen::element<size_t>(1, 100, 5000, limits::kSnapshotPayloadBytesMax);
  const size_t budget = *rc::gen::element<size_t>(1, 3, 30);
  const uint64_t changes_per_step = *rc::gen::element<uint64_t>(0, 1, 10);
  std::vector<std::unique_ptr<Running>> running;
  for (uint64_t i = 0; i < *rc::gen::element<uint64_t>(10, 300, 4000); ++i) drive.Step();
  int left_to_start = *rc::gen::inRange(1, 5);
  while (left_to_start > 0 || !running.empty()) {
    const bool may_start = left_to_start > 0 && running.size() < size_t{kCutLanes};
    if (may_start && (running.empty() || drive.prng().Chance(1, 50))) {
      RC_ASSERT(ContentsOf(keyspace) == drive.model());
      running.push_back(std::make_unique<Running>(
          keyspace, drive.model(),
          Snapshot::Options{.header = {.log_time = {500}}, .payload_bytes_max = payload_bytes_max},
          options.list_limits));
      --left_to_start;
    }
    for (uint64_t i = 0; i < changes_per_step; ++i) drive.Step();
    const size_t chosen = drive.prng().Below(running.size());
    const bool given_up = drive.prng().Chance(1, 500);
    if (!given_up && running[chosen]->Step(budget)) continue;
    if (!given_up) running[chosen]->Compare();
    running.erase(running.begin() + static_cast<ptrdiff_t>(chosen));
  }
  RC_ASSERT(ContentsOf(keyspace) == drive.model());
  while (keyspace.DismantleSome(100)) {
  }
  RC_ASSERT(keyspace.used_bytes() <= Keyspace(1).used_bytes() + 100'000);
}

}  // namespace
}  // namespace holdfast
