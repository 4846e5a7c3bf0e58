#include "sim/check/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

using Role = NodeView::Role;

Identity NodeIdentity(int node, uint64_t incarnation = 1) {
  return {{static_cast<uint64_t>(node)}, {incarnation}};
}

class FakeProbe : public ClusterProbe {
 public:
  NodeView View() const override { return view; }
  std::optional<LogPosition> PositionAt(Lsn lsn) const override {
    return LogPosition{.epoch = {1}, .lsn = lsn, .hash = history + lsn.value};
  }
  std::string Describe() const override { return ""; }
  uint64_t Digest() const override { return digest; }
  std::map<std::string, Model::Entry> Contents() const override { return {}; }

  NodeView view;
  uint64_t history = 100;
  uint64_t digest = 7;
};

// A primary (node 1) and two replicas in epoch 1, all with ten records of which nine are committed.
class InvariantsTest : public ::testing::Test {
 protected:
  InvariantsTest() {
    for (int node = 1; node <= 3; ++node) {
      FakeProbe& probe = probes_[node];
      probe.view = {.role = node == 1 ? Role::kPrimary : Role::kReplica,
                    .identity = NodeIdentity(node),
                    .epoch = {1},
                    .may_serve_until = node == 1 ? Milliseconds(900) : Nanos{},
                    .grace_until = Milliseconds(1000),
                    .configuration_version = 4,
                    .in_sync = {NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)},
                    .commit = {9},
                    .applied = {9},
                    .tail = {.epoch = {1}, .lsn = {10}, .hash = 110},
                    .log_time = {5}};
    }
    invariants_.OnCommit({.epoch = {1}, .lsn = {9}}, Nodes());
  }
  NodeView& view(int node) { return probes_[node].view; }
  std::vector<NodeSample> Nodes(Nanos monotonic = Milliseconds(100)) {
    std::vector<NodeSample> nodes;
    for (int node = 1; node <= 3; ++node) {
      if (ended_ == node) continue;
      nodes.push_back({node, &probes_[node], probes_[node].view, monotonic});
    }
    return nodes;
  }
  // Samples all and returns the first violation.
  std::string Sample(Nanos monotonic = Milliseconds(100)) {
    invariants_.Sample(Nodes(monotonic));
    return invariants_.violation();
  }

  FakeProbe probes_[4];
  int ended_ = 0;
  Invariants invariants_{{}};
};

TEST_F(InvariantsTest, AHealthyGroupIsFine) {
  EXPECT_THAT(Sample(), IsEmpty());
  EXPECT_THAT(Sample(Milliseconds(200)), IsEmpty());
}

TEST_F(InvariantsTest, OneNodeServesAtATime) {
  view(2).role = Role::kPrimary;
  view(2).epoch = {2};
  view(2).configuration_version = 5;
  view(2).may_serve_until = Milliseconds(150);
  EXPECT_THAT(Sample(Milliseconds(160)), IsEmpty());
  EXPECT_THAT(Sample(Milliseconds(140)), StartsWith("I1:"));
}

TEST_F(InvariantsTest, EpochsRise) {
  Sample();
  view(2).epoch = {0};
  EXPECT_THAT(Sample(), StartsWith("I2:"));
}

TEST_F(InvariantsTest, AnEpochHasOnePrimary) {
  Sample();
  view(1).role = Role::kReplica;
  view(2).role = Role::kPrimary;
  EXPECT_THAT(Sample(), StartsWith("I2:"));
}

TEST_F(InvariantsTest, AVersionMeansOneConfiguration) {
  Sample();
  view(3).in_sync = {NodeIdentity(1), NodeIdentity(3)};
  EXPECT_THAT(Sample(), StartsWith("I2:"));
}

TEST_F(InvariantsTest, MembersInSyncHoldWhatIsCommitted) {
  invariants_.OnCommit({.epoch = {1}, .lsn = {10}}, Nodes());
  EXPECT_THAT(invariants_.violation(), IsEmpty());
  invariants_.OnCommit({.epoch = {1}, .lsn = {11}}, Nodes());
  EXPECT_THAT(invariants_.violation(), StartsWith("I3:"));
}

TEST_F(InvariantsTest, NobodyTakesForCommittedWhatNoPrimaryHasSaid) {
  view(3).commit = {10};
  EXPECT_THAT(Sample(), StartsWith("I3:"));
}

TEST_F(InvariantsTest, WhoIsRegisteredHoldsWhatIsCommittedWhoeverLeads) {
  Sample();
  view(1).role = Role::kLearner;
  view(3).role = Role::kLearner;
  view(3).tail.lsn = {8};
  view(3).commit = {8};
  ended_ = 2;
  EXPECT_THAT(Sample(), StartsWith("I3:"));
}

TEST_F(InvariantsTest, AMemberThatEndedIsNotAskedWhatItHolds) {
  view(2).tail.lsn = {9};
  ended_ = 2;
  invariants_.OnCommit({.epoch = {1}, .lsn = {10}}, Nodes());
  EXPECT_THAT(invariants_.violation(), IsEmpty());
}

TEST_F(InvariantsTest, CommitsNeverFall) {
  Sample();
  view(2).commit = {8};
  view(2).applied = {8};
  EXPECT_THAT(Sample(), StartsWith("I3:"));
}

TEST_F(InvariantsTest, EqualPlacesHaveEqualHistories) {
  view(3).tail.hash = 111;
  EXPECT_THAT(Sample(), StartsWith("I4:"));
}

TEST_F(InvariantsTest, EqualCommitsHaveEqualHistories) {
  probes_[3].history = 200;
  EXPECT_THAT(Sample(), StartsWith("I4:"));
}

TEST_F(InvariantsTest, ANewPrimaryHoldsWhatWasCommitted) {
  invariants_.OnCommit({.epoch = {1}, .lsn = {10}}, Nodes());
  view(1).role = Role::kNone;
  view(2).role = Role::kPrimary;
  view(2).epoch = {2};
  view(2).configuration_version = 5;
  view(2).tail = {.epoch = {1}, .lsn = {9}, .hash = 109};
  EXPECT_THAT(Sample(), StartsWith("I5:"));
}

TEST_F(InvariantsTest, NoReplyComesBeforeItsCommit) {
  invariants_.OnCommit({.epoch = {1}, .lsn = {10}}, Nodes());
  invariants_.OnAnswer({}, {10});
  EXPECT_THAT(invariants_.violation(), IsEmpty());
  invariants_.OnAnswer({}, {11});
  EXPECT_THAT(invariants_.violation(), StartsWith("I6:"));
}

TEST_F(InvariantsTest, ReplicasApplyWhatIsCommitted) {
  view(2).applied = {10};
  EXPECT_THAT(Sample(), StartsWith("I7:"));
}

TEST_F(InvariantsTest, APrimaryMayHaveExecutedMore) {
  view(1).applied = {10};
  EXPECT_THAT(Sample(), IsEmpty());
}

TEST_F(InvariantsTest, EqualPrefixesAreEqualData) {
  invariants_.SampleDigests(Nodes());
  EXPECT_THAT(invariants_.violation(), IsEmpty());
  probes_[2].digest = 8;
  invariants_.SampleDigests(Nodes());
  EXPECT_THAT(invariants_.violation(), StartsWith("I7:"));
}

TEST_F(InvariantsTest, AMemberIsWhoIsRegistered) {
  view(3).identity = NodeIdentity(3, 2);
  EXPECT_THAT(Sample(), StartsWith("I9:"));
}

TEST_F(InvariantsTest, ALearnerMayHaveAnotherIncarnation) {
  view(3).identity = NodeIdentity(3, 2);
  view(3).role = Role::kLearner;
  EXPECT_THAT(Sample(), IsEmpty());
}

TEST_F(InvariantsTest, LogTimeNeverFalls) {
  Sample();
  view(2).log_time = {4};
  EXPECT_THAT(Sample(), StartsWith("I11:"));
}

TEST_F(InvariantsTest, WhoFollowsAgainMayKnowAnOlderTime) {
  Sample();
  view(1).role = Role::kReplica;
  view(1).log_time = {4};
  EXPECT_THAT(Sample(), IsEmpty());
}

TEST_F(InvariantsTest, LeasesEndBeforeGraces) {
  view(2).grace_until = Milliseconds(899);
  EXPECT_THAT(Sample(), StartsWith("I15:"));
}

TEST_F(InvariantsTest, NothingIsLeftOverAtRest) {
  for (int node = 1; node <= 3; ++node) {
    view(node).commit = {10};
    view(node).applied = {10};
  }
  invariants_.OnCommit({.epoch = {1}, .lsn = {10}}, Nodes());
  invariants_.SampleAtRest(Nodes());
  EXPECT_THAT(invariants_.violation(), IsEmpty());
  view(1).held_replies = 1;
  invariants_.SampleAtRest(Nodes());
  EXPECT_THAT(invariants_.violation(), StartsWith("I17:"));
}

TEST_F(InvariantsTest, AtRestEverythingIsApplied) {
  invariants_.SampleAtRest(Nodes());
  EXPECT_THAT(invariants_.violation(), StartsWith("I17:"));
}

}  // namespace
}  // namespace holdfast
