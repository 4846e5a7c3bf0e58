#include "sim/check/reign_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Role = NodeView::Role;

Identity NodeIdentity(int node) { return {{static_cast<uint64_t>(node)}, {1}}; }

// A primary (node 1) that has heard of ten records at nodes 2 and 3, which are in sync with it.
class ReignRulesTest : public ::testing::Test {
 protected:
  ReignRulesTest() {
    for (int node = 1; node <= 3; ++node) {
      views_[node] = {.role = node == 1 ? Role::kPrimary : Role::kReplica,
                      .identity = NodeIdentity(node),
                      .epoch = {5},
                      .in_sync = {NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)},
                      .data_nodes = 3,
                      .commit = {10},
                      .tail = {.epoch = {5}, .lsn = {10}}};
      if (node == 1) continue;
      views_[node].session = SessionOf(node);
      views_[1].peers.push_back({.identity = NodeIdentity(node),
                                 .session = SessionOf(node),
                                 .held = {10},
                                 .answered_sent = Milliseconds(90)});
    }
  }
  static uint64_t SessionOf(int node) { return 70 + static_cast<uint64_t>(node); }
  std::vector<NodeSample> Nodes(Nanos monotonic = Milliseconds(100)) const {
    std::vector<NodeSample> nodes;
    for (int node = 1; node <= 3; ++node) {
      nodes.push_back({.node = node, .view = views_[node], .monotonic = monotonic});
    }
    return nodes;
  }
  std::string Sample(Nanos monotonic = Milliseconds(100)) {
    rules_.Sample(Nodes(monotonic));
    return violation_.text();
  }
  void Propose(std::vector<Identity> in_sync) {
    views_[1].proposed_epoch = {5};
    views_[1].proposed_in_sync = std::move(in_sync);
    rules_.OnProposing(Nodes()[0], Nodes());
  }

  NodeView views_[4];
  Violation violation_;
  ReignRules rules_{violation_, 0};
};

TEST_F(ReignRulesTest, AHealthyReignIsFine) {
  EXPECT_THAT(Sample(), IsEmpty());
  EXPECT_THAT(Sample(Milliseconds(200)), IsEmpty());
}

TEST_F(ReignRulesTest, WhatAPrimaryBelievesIsTrue) {
  views_[2].tail.lsn = {9};
  EXPECT_THAT(Sample(), HasSubstr("believes that node 2 holds LSN 10"));
}

TEST_F(ReignRulesTest, WhoIsInALaterEpochMayHaveCutBack) {
  views_[2].tail.lsn = {9};
  views_[2].epoch = {6};
  EXPECT_THAT(Sample(), IsEmpty());
}

TEST_F(ReignRulesTest, ASessionIsGivenOnce) {
  Sample();
  for (int node = 1; node <= 3; ++node) views_[node].epoch = {6};
  EXPECT_THAT(Sample(), HasSubstr("is of epoch 5 and of epoch 6"));
}

TEST_F(ReignRulesTest, WhoHasAnsweredAHeartbeatHasLeftItsFormerSession) {
  Sample();
  views_[1].peers[0].session = 0;
  views_[1].peers[0].held = {};
  EXPECT_THAT(Sample(Milliseconds(110)), IsEmpty());
  views_[1].peers[0].answered_sent = Milliseconds(150);
  EXPECT_THAT(Sample(Milliseconds(160)), HasSubstr("stays in session 72"));
}

TEST_F(ReignRulesTest, AnAckCountsInItsEpoch) {
  rules_.OnAck({.said = {5}, .counted = {5}});
  EXPECT_THAT(violation_.text(), IsEmpty());
  rules_.OnAck({.said = {4}, .counted = {5}});
  EXPECT_THAT(violation_.text(), HasSubstr("acknowledged in epoch 4"));
}

TEST_F(ReignRulesTest, AWriteIsAnsweredWhenEnoughHoldIt) {
  views_[1].peers[1].held = {8};
  rules_.OnCommit({.epoch = {5}, .lsn = {10}, .acknowledgeable = {10}}, Nodes());
  EXPECT_THAT(violation_.text(), IsEmpty());
  views_[1].in_sync = {NodeIdentity(1), NodeIdentity(3)};
  rules_.OnCommit({.epoch = {5}, .lsn = {11}, .acknowledgeable = {11}}, Nodes());
  EXPECT_THAT(violation_.text(), HasSubstr("1 members in sync hold"));
}

TEST_F(ReignRulesTest, ASetGrowsAfterTheFirstCommitOfTheEpoch) {
  views_[1].in_sync = {NodeIdentity(1), NodeIdentity(2)};
  Propose({NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)});
  EXPECT_THAT(violation_.text(), HasSubstr("before anything of epoch 5"));
}

TEST_F(ReignRulesTest, ASetGrowsByWhoHoldsWhatIsCommitted) {
  rules_.OnCommit({.epoch = {5}, .lsn = {10}, .acknowledgeable = {10}}, Nodes());
  views_[1].in_sync = {NodeIdentity(1), NodeIdentity(2)};
  Propose({NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)});
  EXPECT_THAT(violation_.text(), IsEmpty());
  views_[3].tail.lsn = {9};
  Propose({NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)});
  EXPECT_THAT(violation_.text(), HasSubstr("lets node 3 in"));
}

TEST_F(ReignRulesTest, WhoMayBeInTheSetAlreadyGrantsTheLeaseToo) {
  views_[1].may_serve_until = Milliseconds(1090);
  views_[1].peers[0].granted_until = Milliseconds(1090);
  views_[1].peers[1].granted_until = Milliseconds(990);
  views_[1].in_sync = {NodeIdentity(1), NodeIdentity(2)};
  EXPECT_THAT(Sample(), IsEmpty());
  views_[1].proposed_epoch = {5};
  views_[1].proposed_in_sync = {NodeIdentity(1), NodeIdentity(2), NodeIdentity(3)};
  EXPECT_THAT(Sample(), HasSubstr("may serve longer"));
}

TEST_F(ReignRulesTest, NothingIsAppendedToAReleasedEpoch) {
  rules_.OnRelease({.epoch = {5}, .tail = {10}});
  rules_.OnRecord({.epoch = {6}, .lsn = {11}});
  EXPECT_THAT(violation_.text(), IsEmpty());
  rules_.OnRecord({.epoch = {5}, .lsn = {11}});
  EXPECT_THAT(violation_.text(), HasSubstr("which was released"));
}

TEST_F(ReignRulesTest, NobodyServesAReleasedEpoch) {
  rules_.OnRelease({.epoch = {5}, .tail = {10}});
  rules_.OnReply({.epoch = {5}, .on_replica = true});
  EXPECT_THAT(Sample(), IsEmpty());
  views_[1].may_serve_until = Milliseconds(500);
  EXPECT_THAT(Sample(), HasSubstr("serves in epoch 5"));
}

TEST_F(ReignRulesTest, WhoMayBePromotedHoldsStill) {
  views_[2].proposed_epoch = {6};
  EXPECT_THAT(Sample(), IsEmpty());
  views_[1].tail.lsn = views_[2].tail.lsn = {11};
  EXPECT_THAT(Sample(), HasSubstr("goes on in epoch 5"));
}

}  // namespace
}  // namespace holdfast
