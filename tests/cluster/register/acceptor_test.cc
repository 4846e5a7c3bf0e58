#include "cluster/register/acceptor.h"

#include <gtest/gtest.h>

#include <utility>

namespace holdfast {
namespace {

constexpr NodeId kSelf{1};
constexpr uint64_t kCluster = 9;

Ballot Round(uint64_t round, uint64_t node = 2) {
  return {.round = round, .proposer = {.node = {node}, .incarnation = {1}}};
}
ClusterConfiguration Value(uint64_t version, uint64_t cluster = kCluster) {
  return {.version = version, .cluster_id = cluster, .voters = {kSelf}};
}
PrepareRequest Prepare(Ballot ballot) { return {.cluster_id = kCluster, .ballot = ballot}; }
AcceptRequest Accept(Ballot ballot, ClusterConfiguration value) {
  return {.cluster_id = kCluster, .ballot = ballot, .value = std::move(value)};
}
const PrepareReply& Promised(const absl::StatusOr<Acceptor::Answer>& answer) {
  return std::get<PrepareReply>(answer->reply);
}
const AcceptReply& Accepted(const absl::StatusOr<Acceptor::Answer>& answer) {
  return std::get<AcceptReply>(answer->reply);
}

class AcceptorTest : public testing::Test {
 protected:
  AcceptorTest() : acceptor_(kSelf, std::nullopt) {
    EXPECT_TRUE(acceptor_.Bootstrap(Value(1)).ok());
  }
  Acceptor acceptor_;
};

TEST_F(AcceptorTest, PromisesWhatIsNewerAndTellsWhatItAccepted) {
  const auto answer = acceptor_.Step(Prepare(Round(2)));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->persist);
  EXPECT_TRUE(Promised(answer).granted());
  EXPECT_EQ(Promised(answer).value, Value(1));
  EXPECT_EQ(acceptor_.state()->promised, Round(2));
}

TEST_F(AcceptorTest, RefusesWhatIsOlderAndTellsWhy) {
  ASSERT_TRUE(acceptor_.Step(Prepare(Round(5))).ok());
  const auto prepare = acceptor_.Step(Prepare(Round(4, 9)));
  EXPECT_FALSE(prepare->persist);
  EXPECT_FALSE(Promised(prepare).granted());
  EXPECT_EQ(Promised(prepare).promised, Round(5));
  const auto accept = acceptor_.Step(Accept(Round(5, 1), Value(2)));
  EXPECT_FALSE(accept->persist);
  EXPECT_FALSE(Accepted(accept).granted());
  EXPECT_EQ(acceptor_.state()->value, Value(1));
}

TEST_F(AcceptorTest, AcceptsWhatItHasNotPromisedAgainst) {
  ASSERT_TRUE(acceptor_.Step(Prepare(Round(3))).ok());
  const auto answer = acceptor_.Step(Accept(Round(4), Value(2)));
  EXPECT_TRUE(answer->persist);
  EXPECT_TRUE(Accepted(answer).granted());
  EXPECT_EQ(acceptor_.state()->promised, Round(4));
  EXPECT_EQ(acceptor_.state()->accepted, Round(4));
  EXPECT_EQ(acceptor_.state()->value, Value(2));
}

TEST_F(AcceptorTest, GrantsARepeatedRequestWithoutAnotherChange) {
  ASSERT_TRUE(acceptor_.Step(Prepare(Round(2))).ok());
  const auto prepare = acceptor_.Step(Prepare(Round(2)));
  EXPECT_FALSE(prepare->persist);
  EXPECT_TRUE(Promised(prepare).granted());
  ASSERT_TRUE(acceptor_.Step(Accept(Round(2), Value(2))).ok());
  const auto accept = acceptor_.Step(Accept(Round(2), Value(2)));
  EXPECT_FALSE(accept->persist);
  EXPECT_TRUE(Accepted(accept).granted());
}

TEST_F(AcceptorTest, TwoValuesOfOneBallotAreAnError) {
  ASSERT_TRUE(acceptor_.Step(Accept(Round(2), Value(2))).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(acceptor_.Step(Accept(Round(2), Value(3))).status()));
  EXPECT_EQ(acceptor_.state()->value, Value(2));
}

TEST_F(AcceptorTest, ARecoveredVoterStandsByItsWord) {
  ASSERT_TRUE(acceptor_.Step(Accept(Round(2), Value(2))).ok());
  ASSERT_TRUE(acceptor_.Step(Prepare(Round(7))).ok());
  Acceptor recovered(kSelf, acceptor_.state());
  EXPECT_FALSE(Promised(recovered.Step(Prepare(Round(6)))).granted());
  const auto answer = recovered.Step(Prepare(Round(8)));
  EXPECT_EQ(Promised(answer).accepted, Round(2));
  EXPECT_EQ(Promised(answer).value, Value(2));
}

TEST_F(AcceptorTest, AnotherClustersRequestIsRefused) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      acceptor_.Step(PrepareRequest{.cluster_id = 8, .ballot = Round(2)}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      acceptor_.Step(PrepareRequest{.cluster_id = 8, .ballot = Round(2), .enrol = true}).status()));
  EXPECT_EQ(acceptor_.state()->cluster_id, kCluster);
}

TEST_F(AcceptorTest, IsNotBootstrappedTwice) {
  EXPECT_TRUE(absl::IsAlreadyExists(acceptor_.Bootstrap(Value(1, 8))));
  EXPECT_EQ(acceptor_.state()->cluster_id, kCluster);
}

TEST(Acceptor, WithoutItsFileItNeverVotes) {
  Acceptor acceptor(kSelf, std::nullopt);
  EXPECT_TRUE(absl::IsFailedPrecondition(acceptor.Step(Prepare(Round(2))).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(acceptor.Step(Accept(Round(2), Value(2))).status()));
  EXPECT_FALSE(acceptor.state().has_value());
}

TEST(Acceptor, IsEnrolledWithAPromise) {
  Acceptor acceptor(kSelf, std::nullopt);
  const auto answer =
      acceptor.Step(PrepareRequest{.cluster_id = kCluster, .ballot = Round(2), .enrol = true});
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->persist);
  EXPECT_TRUE(Promised(answer).granted());
  EXPECT_EQ(Promised(answer).accepted, Ballot{});
  EXPECT_EQ(acceptor.state()->cluster_id, kCluster);
  EXPECT_EQ(acceptor.state()->promised, Round(2));
}

}  // namespace
}  // namespace holdfast
