#include "cluster/register/voter_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const NodeId kA{1}, kB{2}, kC{3}, kD{4}, kE{5};

ClusterConfiguration Voting(std::vector<NodeId> voters, std::vector<NodeId> next = {}) {
  return {
      .version = 4, .cluster_id = 9, .voters = std::move(voters), .next_voters = std::move(next)};
}

std::string Refusal(const ClusterConfiguration& current, ClusterConfiguration next) {
  next.version = current.version + 1;
  return std::string(CheckSuccessor(current, next).message());
}

TEST(VoterRules, AQuorumIsAMajorityOfTheSet) {
  const VoterRules rules(Voting({kA, kB, kC}));
  EXPECT_TRUE(rules.IsQuorum({kA, kC}));
  EXPECT_FALSE(rules.IsQuorum({kA}));
  EXPECT_FALSE(rules.IsQuorum({kA, kA, kD, kE}));
  EXPECT_FALSE(VoterRules(Voting({kA, kB})).IsQuorum({kA}));
  EXPECT_TRUE(VoterRules(Voting({kA})).IsQuorum({kA}));
  EXPECT_FALSE(VoterRules().IsQuorum({kA}));
}

TEST(VoterRules, WhileBothSetsAreNamedBothCount) {
  const VoterRules rules(Voting({kA, kB, kC}, {kC, kD, kE}));
  EXPECT_TRUE(rules.IsQuorum({kA, kC, kD}));
  EXPECT_FALSE(rules.IsQuorum({kA, kB, kC}));
  EXPECT_FALSE(rules.IsQuorum({kC, kD, kE}));
  EXPECT_THAT(rules.Everyone(), ElementsAre(kA, kB, kC, kD, kE));
  EXPECT_TRUE(rules.Includes(kE));
  EXPECT_FALSE(rules.Includes({6}));
}

TEST(VoterRules, RefusalsLeaveAQuorumOrDoNot) {
  const VoterRules rules(Voting({kA, kB, kC}, {kD}));
  EXPECT_TRUE(rules.IsQuorumWithout({kA}));
  EXPECT_FALSE(rules.IsQuorumWithout({kA, kB}));
  EXPECT_FALSE(rules.IsQuorumWithout({kD}));
}

TEST(VoterRules, VotersAreReplacedInTwoRounds) {
  const ClusterConfiguration old = Voting({kA, kB, kC});
  const ClusterConfiguration joint = BeginVoterChange(old, {kB, kD});
  EXPECT_TRUE(CheckSuccessor(old, joint).ok());
  const ClusterConfiguration replaced = FinishVoterChange(joint);
  EXPECT_TRUE(CheckSuccessor(joint, replaced).ok());
  EXPECT_THAT(replaced.voters, ElementsAre(kB, kD));
  EXPECT_TRUE(replaced.next_voters.empty());
  EXPECT_EQ(replaced.version, old.version + 2);
}

TEST(VoterRules, OtherStepsAreRefused) {
  const ClusterConfiguration old = Voting({kA, kB});
  const ClusterConfiguration joint = Voting({kA, kB}, {kC});
  EXPECT_EQ(Refusal(old, Voting({kA, kB})), "");
  EXPECT_EQ(Refusal(joint, Voting({kA, kB}, {kC})), "");
  EXPECT_THAT(Refusal(old, Voting({})), HasSubstr("last voter"));
  EXPECT_THAT(Refusal(joint, Voting({})), HasSubstr("last voter"));
  EXPECT_THAT(Refusal(old, Voting({kA, kC})), HasSubstr("beside the old ones"));
  EXPECT_THAT(Refusal(old, Voting({kA, kB}, {kA, kB})), HasSubstr("already"));
  EXPECT_THAT(Refusal(joint, Voting({kA, kB})), HasSubstr("under way"));
  EXPECT_THAT(Refusal(joint, Voting({kA, kB}, {kD})), HasSubstr("under way"));
  EXPECT_THAT(Refusal(joint, Voting({kD})), HasSubstr("under way"));
}

TEST(VoterRules, VersionsRiseByOneInOneCluster) {
  const ClusterConfiguration old = Voting({kA});
  ClusterConfiguration next = old;
  EXPECT_THAT(std::string(CheckSuccessor(old, next).message()), HasSubstr("does not follow"));
  next.version += 2;
  EXPECT_FALSE(CheckSuccessor(old, next).ok());
  next.version -= 1;
  EXPECT_TRUE(CheckSuccessor(old, next).ok());
  next.cluster_id = 8;
  EXPECT_THAT(std::string(CheckSuccessor(old, next).message()), HasSubstr("another cluster"));
}

}  // namespace
}  // namespace holdfast
