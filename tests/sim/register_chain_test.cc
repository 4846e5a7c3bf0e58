#include "sim/check/register_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Kind = VoteWitness::Kind;

BallotWitness Ballot(uint64_t round, uint64_t node = 1) { return {.round = round, .node = node}; }

ValueWitness Value(uint64_t version, uint64_t digest) {
  return {.version = version, .digest = digest, .voters = {1, 2, 3}};
}

class RegisterChainTest : public ::testing::Test {
 protected:
  void Promise(uint64_t voter, const BallotWitness& ballot, bool enrolled = false) {
    chain_.OnVote({.kind = Kind::kPromise, .voter = voter, .ballot = ballot, .enrolled = enrolled});
  }
  void Accept(uint64_t voter, const BallotWitness& ballot, const ValueWitness& value) {
    chain_.OnVote({.kind = Kind::kAccepted, .voter = voter, .ballot = ballot, .value = value});
  }
  void Vote(uint64_t voter, const BallotWitness& ballot, const ValueWitness& value) {
    Accept(voter, ballot, value);
    chain_.OnVote({.kind = Kind::kVote, .voter = voter, .ballot = ballot});
  }
  void Recover(uint64_t voter, const BallotWitness& promised, const BallotWitness& accepted) {
    chain_.OnVote(
        {.kind = Kind::kRecovered, .voter = voter, .ballot = accepted, .promised = promised});
  }
  // Most voters accept it.
  void Choose(const BallotWitness& ballot, const ValueWitness& value) {
    Vote(1, ballot, value);
    Vote(2, ballot, value);
  }
  const std::string& wrong() const { return violation_.text(); }

  Violation violation_;
  RegisterChain chain_{violation_};
};

TEST_F(RegisterChainTest, AnOrdinaryCourseIsFine) {
  for (uint64_t voter : {1, 2, 3}) Promise(voter, Ballot(2));
  Choose(Ballot(2), Value(2, 20));
  chain_.OnLearned(Value(2, 20));
  for (uint64_t voter : {1, 2, 3}) Promise(voter, Ballot(3));
  Choose(Ballot(3), Value(3, 30));
  chain_.OnLearned(Value(3, 30));
  Recover(1, Ballot(3), Ballot(3));
  EXPECT_THAT(wrong(), IsEmpty());
}

TEST_F(RegisterChainTest, APromiseSurvivesACrash) {
  Promise(1, Ballot(5));
  Recover(1, Ballot(4), Ballot(4));
  EXPECT_THAT(wrong(), HasSubstr("recovers a promise"));
}

TEST_F(RegisterChainTest, AVoteSurvivesACrash) {
  Vote(1, Ballot(5), Value(2, 20));
  Recover(1, Ballot(5), Ballot(4));
  EXPECT_THAT(wrong(), HasSubstr("recovers a vote"));
}

TEST_F(RegisterChainTest, AnOlderBallotIsNotAnswered) {
  Promise(1, Ballot(5));
  Promise(1, Ballot(4));
  EXPECT_THAT(wrong(), HasSubstr("now promises"));
}

TEST_F(RegisterChainTest, WhoLostItsFileIsSilentUntilItIsEnrolled) {
  Promise(1, Ballot(5));
  chain_.Lost(1);
  Recover(1, {}, {});
  Promise(1, Ballot(3), true);
  Promise(1, Ballot(4));
  EXPECT_THAT(wrong(), IsEmpty());
  chain_.Lost(1);
  Promise(1, Ballot(9));
  EXPECT_THAT(wrong(), HasSubstr("has lost its file"));
}

TEST_F(RegisterChainTest, WhomAnybodyHasAcceptedAsVotersMayCome) {
  Choose(Ballot(2), Value(2, 20));
  ValueWitness joint = Value(3, 30);
  joint.next_voters = {1, 2};
  Accept(3, Ballot(3), joint);
  EXPECT_THAT(chain_.VoterSetsFrom(3), ElementsAre(ElementsAre(1, 2, 3), ElementsAre(1, 2)));
  EXPECT_THAT(chain_.VoterSetsFrom(4), IsEmpty());
}

TEST_F(RegisterChainTest, NothingElseIsAcceptedAboveWhatWasChosen) {
  Choose(Ballot(2), Value(2, 20));
  Accept(3, Ballot(3), Value(2, 21));
  EXPECT_THAT(wrong(), HasSubstr("another"));
}

TEST_F(RegisterChainTest, WhatWasAcceptedBeforeItsRivalWasChosenIsFoundToo) {
  Vote(1, Ballot(2), Value(2, 20));
  Accept(3, Ballot(3), Value(2, 21));
  EXPECT_THAT(wrong(), IsEmpty());
  Vote(2, Ballot(2), Value(2, 20));
  EXPECT_THAT(wrong(), HasSubstr("another"));
}

TEST_F(RegisterChainTest, OnlyWhatIsChosenIsBelieved) {
  Vote(1, Ballot(2), Value(2, 20));
  chain_.OnLearned(Value(2, 20));
  EXPECT_THAT(wrong(), HasSubstr("believed in"));
}

TEST_F(RegisterChainTest, ANewcomerPromisesBeforeItIsToVote) {
  ValueWitness joint = Value(2, 20);
  joint.next_voters = {1, 2, 4};
  Promise(4, Ballot(2));
  Accept(1, Ballot(2), joint);
  EXPECT_THAT(wrong(), IsEmpty());
  ValueWitness other = Value(2, 21);
  other.next_voters = {1, 2, 5};
  Accept(1, Ballot(3), other);
  EXPECT_THAT(wrong(), HasSubstr("has not promised"));
}

TEST_F(RegisterChainTest, NewVotersComeAfterTheChangeIsChosen) {
  ValueWitness joint = Value(2, 20);
  joint.next_voters = {1, 2};
  Vote(1, Ballot(2), joint);
  ValueWitness last = Value(3, 30);
  last.voters = {1, 2};
  Accept(1, Ballot(3), last);
  EXPECT_THAT(wrong(), HasSubstr("not chosen"));
}

TEST_F(RegisterChainTest, AChangeOfVotersNeedsMostOfBothSets) {
  ValueWitness joint = Value(2, 20);
  joint.next_voters = {3, 4, 5};
  for (uint64_t newcomer : {4, 5}) Promise(newcomer, Ballot(2));
  Choose(Ballot(2), joint);
  chain_.OnLearned(joint);
  EXPECT_THAT(wrong(), HasSubstr("believed in"));
}

}  // namespace
}  // namespace holdfast
