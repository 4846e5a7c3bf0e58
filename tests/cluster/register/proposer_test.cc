#include "cluster/register/proposer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Identity kSelf{.node = {1}, .incarnation = {77}};
constexpr NodeId kA{1}, kB{2}, kC{3}, kD{4};
constexpr Ballot kFirst{.round = 1};

ClusterConfiguration Value(uint64_t version, std::vector<NodeId> voters = {kA, kB, kC}) {
  return {.version = version, .cluster_id = 9, .name = "v", .voters = std::move(voters)};
}

class ProposerTest : public testing::Test {
 protected:
  Proposer::Moment At(int64_t millis, uint64_t random = 0) {
    return {.now = Milliseconds(millis), .random = random};
  }
  Proposer::Output Promise(NodeId from, Ballot accepted = kFirst,
                           ClusterConfiguration value = Value(1)) {
    return proposer_.Step(from,
                          PrepareReply{.ballot = proposer_.ballot(),
                                       .promised = proposer_.ballot(),
                                       .accepted = accepted,
                                       .value = std::move(value)},
                          At(1));
  }
  Proposer::Output Accept(NodeId from) {
    return proposer_.Step(
        from, AcceptReply{.ballot = proposer_.ballot(), .promised = proposer_.ballot()}, At(2));
  }
  Proposer::Output Refuse(NodeId from, uint64_t round, Proposer::Moment moment) {
    const Ballot promised = {.round = round, .proposer = {.node = {8}}};
    return proposer_.Step(from, PrepareReply{.ballot = proposer_.ballot(), .promised = promised},
                          moment);
  }
  static std::vector<NodeId> To(const Proposer::Output& output) {
    std::vector<NodeId> nodes;
    for (const Proposer::Envelope& envelope : output.messages) nodes.push_back(envelope.to);
    return nodes;
  }
  static const ClusterConfiguration& Sent(const Proposer::Output& output) {
    return std::get<AcceptRequest>(output.messages.at(0).message).value;
  }

  Proposer proposer_{kSelf, {}};
};

TEST_F(ProposerTest, ReadsByWritingBackWhatItFinds) {
  const auto start = proposer_.Read(Value(1), At(0));
  EXPECT_THAT(To(start), ElementsAre(kA, kB, kC));
  EXPECT_THAT(Promise(kA).messages, IsEmpty());
  const auto accept = Promise(kC, {.round = 2}, Value(2));
  EXPECT_THAT(To(accept), ElementsAre(kA, kB, kC));
  EXPECT_EQ(Sent(accept), Value(2));
  EXPECT_FALSE(accept.result.has_value());
  EXPECT_FALSE(Accept(kB).result.has_value());
  const auto end = Accept(kC);
  ASSERT_TRUE(end.result.has_value());
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kChosen);
  EXPECT_EQ(end.result->current, Value(2));
  EXPECT_FALSE(proposer_.busy());
}

TEST_F(ProposerTest, ReplacesTheExpectedVersion) {
  proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
  Promise(kA);
  EXPECT_EQ(Sent(Promise(kB)), Value(2));
  Accept(kA);
  const auto end = Accept(kB);
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kChosen);
  EXPECT_EQ(end.result->current, Value(2));
}

TEST_F(ProposerTest, AnotherVersionIsAConflictOnceItIsChosen) {
  proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
  Promise(kA);
  ClusterConfiguration other = Value(2);
  other.name = "other";
  EXPECT_EQ(Sent(Promise(kB, {.round = 2}, other)), other);
  Accept(kA);
  const auto end = Accept(kB);
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kConflict);
  EXPECT_EQ(end.result->current, other);
}

TEST_F(ProposerTest, ARepeatedAnswerCountsOnce) {
  proposer_.Read(Value(1), At(0));
  Promise(kA);
  EXPECT_THAT(Promise(kA).messages, IsEmpty());
  Promise(kB);
  Accept(kA);
  EXPECT_FALSE(Accept(kA).result.has_value());
}

TEST_F(ProposerTest, AnswersOfOthersAndOfOldRoundsAreIgnored) {
  proposer_.Read(Value(1), At(0));
  const Ballot old = proposer_.ballot();
  EXPECT_THAT(Promise(kD).messages, IsEmpty());
  proposer_.Tick(At(200));
  proposer_.Tick(At(200));
  ASSERT_NE(proposer_.ballot(), old);
  for (NodeId node : {kA, kB, kC}) {
    const PrepareReply late = {
        .ballot = old, .promised = old, .accepted = kFirst, .value = Value(1)};
    EXPECT_THAT(proposer_.Step(node, late, At(201)).messages, IsEmpty());
  }
}

TEST_F(ProposerTest, AfterRefusalsItWaitsAndGoesAboveThem) {
  proposer_.Read(Value(1), At(0));
  EXPECT_THAT(Refuse(kA, 40, At(1)).messages, IsEmpty());
  EXPECT_THAT(Refuse(kB, 50, At(1, 7'000'000)).messages, IsEmpty());
  EXPECT_EQ(proposer_.wake_at(), Milliseconds(8));
  EXPECT_THAT(proposer_.Tick(At(7)).messages, IsEmpty());
  EXPECT_THAT(proposer_.Tick(At(8)).messages, SizeIs(3));
  EXPECT_EQ(proposer_.ballot().round, 51u);
}

TEST_F(ProposerTest, TheRangeOfItsPausesDoubles) {
  proposer_.Read(Value(1), At(0));
  constexpr uint64_t kLargest = uint64_t{20'000'000} * 64 * 3 - 1;  // the last of every range
  int64_t now = 0;
  for (int64_t range : {20, 40, 80, 160, 320, 640, 1280}) {
    Refuse(kA, 1000, At(now, kLargest));
    Refuse(kB, 1000, At(now, kLargest));
    EXPECT_EQ(proposer_.wake_at().value, (Milliseconds(now + range)).value - 1);
    now += range;
    EXPECT_THAT(proposer_.Tick(At(now)).messages, SizeIs(3));
  }
}

TEST_F(ProposerTest, ItsPausesGrowFromOneOperationToTheNextUntilOneEndsWithAValue) {
  constexpr uint64_t kLargest = uint64_t{20'000'000} * 64 * 3 - 1;
  const auto pause = [&](int64_t now) {
    Refuse(kA, 1000, At(now, kLargest));
    Refuse(kB, 1000, At(now, kLargest));
    return (proposer_.wake_at() - Milliseconds(now) + Nanos{1}).value / 1'000'000;
  };
  proposer_.Read(Value(1), At(0));
  EXPECT_EQ(pause(0), 20);
  proposer_.Tick(At(20));
  EXPECT_EQ(pause(20), 40);
  EXPECT_EQ(proposer_.Tick(At(3000)).result->outcome, RegisterOutcome::kUnavailable);
  proposer_.Read(Value(1), At(3100));
  EXPECT_EQ(pause(3100), 80);
  proposer_.Tick(At(3200));
  Promise(kA);
  Promise(kB);
  Accept(kA);
  ASSERT_EQ(Accept(kB).result->outcome, RegisterOutcome::kChosen);
  proposer_.Read(Value(1), At(3300));
  EXPECT_EQ(pause(3300), 20);
}

TEST_F(ProposerTest, WhatWasNotSentIsUnavailableAtTheEnd) {
  proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
  Promise(kA);
  const auto end = proposer_.Tick(At(200));
  EXPECT_FALSE(end.result.has_value());
  proposer_.Tick(At(200));
  const auto last = proposer_.Tick(At(3000));
  ASSERT_TRUE(last.result.has_value());
  EXPECT_EQ(last.result->outcome, RegisterOutcome::kUnavailable);
  EXPECT_FALSE(proposer_.open());
}

class UnknownOutcome : public ProposerTest {
 protected:
  UnknownOutcome() {
    proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
    Promise(kA);
    Promise(kB);
    Accept(kA);
    auto end = proposer_.Tick(At(3000));
    EXPECT_EQ(end.result->outcome, RegisterOutcome::kUnknown);
    EXPECT_TRUE(proposer_.open());
  }
};

TEST_F(UnknownOutcome, StaysOpenUntilAFullRound) {
  proposer_.Read(Value(1), At(3000));
  proposer_.Tick(At(6000));
  EXPECT_TRUE(proposer_.open());
  proposer_.Read(Value(1), At(6000));
  Promise(kB);
  EXPECT_FALSE(Promise(kC).settled);
  Accept(kB);
  EXPECT_TRUE(proposer_.open());
  const auto end = Accept(kC);
  EXPECT_TRUE(end.settled);
  EXPECT_FALSE(proposer_.open());
}

TEST_F(ProposerTest, AValueSentBeforeAndOvertakenIsSuperseded) {
  proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
  Promise(kA);
  Promise(kB);
  proposer_.Tick(At(250));
  proposer_.Tick(At(250));
  Promise(kB, {.round = 9}, Value(3));
  EXPECT_EQ(Sent(Promise(kC)), Value(3));
  Accept(kB);
  const auto end = Accept(kC);
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kSuperseded);
}

TEST_F(ProposerTest, FindsItsOwnValueAgain) {
  proposer_.CompareAndSet(Value(1), 1, Value(2), At(0));
  Promise(kA);
  Promise(kB);
  proposer_.Tick(At(250));
  proposer_.Tick(At(250));
  Promise(kA, {.round = 2, .proposer = kSelf}, Value(2));
  EXPECT_EQ(Sent(Promise(kC)), Value(2));
  Accept(kA);
  EXPECT_EQ(Accept(kC).result->outcome, RegisterOutcome::kChosen);
}

TEST_F(ProposerTest, OtherVotersFoundAreAskedFromTheStart) {
  proposer_.Read(Value(1), At(0));
  Promise(kA);
  const auto again = Promise(kB, {.round = 5}, Value(3, {kB, kD}));
  EXPECT_THAT(To(again), ElementsAre(kB, kD));
  EXPECT_FALSE(std::get<PrepareRequest>(again.messages.at(1).message).enrol);
}

TEST_F(ProposerTest, NewVotersArePreparedBeforeTheyAreProposed) {
  ClusterConfiguration joint = Value(2);
  joint.next_voters = {kD};
  proposer_.CompareAndSet(Value(1), 1, joint, At(0));
  Promise(kA);
  const auto more = Promise(kB);
  EXPECT_THAT(To(more), ElementsAre(kD));
  EXPECT_TRUE(std::get<PrepareRequest>(more.messages.at(0).message).enrol);
  const auto accept = Promise(kD, {}, {});
  EXPECT_THAT(To(accept), ElementsAre(kA, kB, kC, kD));
  Accept(kA);
  Accept(kB);
  const auto end = Accept(kD);
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kChosen);
}

TEST_F(ProposerTest, AJointValueIsChosenBeforeItIsLeft) {
  ClusterConfiguration joint = Value(2);
  joint.next_voters = {kD};
  ClusterConfiguration next = Value(3, {kD});
  proposer_.CompareAndSet(joint, 2, next, At(0));
  Promise(kA, {.round = 2}, joint);
  Promise(kB);
  EXPECT_EQ(Sent(Promise(kD, {}, {})), joint);
  Accept(kA);
  Accept(kB);
  EXPECT_THAT(To(Accept(kD)), ElementsAre(kA, kB, kC, kD));
  Promise(kA, {.round = 3}, joint);
  Promise(kB, {.round = 3}, joint);
  EXPECT_EQ(Sent(Promise(kD, {.round = 3}, joint)), next);
  // The new voters alone are not enough.
  EXPECT_FALSE(Accept(kD).result.has_value());
  Accept(kA);
  EXPECT_EQ(Accept(kB).result->outcome, RegisterOutcome::kChosen);
}

TEST_F(ProposerTest, TheLastVoterStays) {
  proposer_.CompareAndSet(Value(1), 1, Value(2, {}), At(0));
  Promise(kA);
  const auto end = Promise(kB);
  ASSERT_TRUE(end.result.has_value());
  EXPECT_EQ(end.result->outcome, RegisterOutcome::kRefused);
  EXPECT_THAT(end.result->reason, testing::HasSubstr("last voter"));
  EXPECT_THAT(end.messages, IsEmpty());
}

TEST_F(ProposerTest, WithoutAnyConfigurationThereIsNobodyToAsk) {
  EXPECT_EQ(proposer_.Read({}, At(0)).result->outcome, RegisterOutcome::kUnavailable);
  EXPECT_EQ(proposer_.CompareAndSet(Value(1), 1, Value(3), At(0)).result->outcome,
            RegisterOutcome::kRefused);
}

}  // namespace
}  // namespace holdfast
