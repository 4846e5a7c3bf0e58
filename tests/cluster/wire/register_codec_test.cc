#include "cluster/wire/register_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

using ::testing::HasSubstr;

const Ballot kOld{.round = 3, .proposer = {.node = {1}, .incarnation = {2}}};
const Ballot kNew{.round = 4, .proposer = {.node = {5}, .incarnation = {6}}};

ClusterConfiguration Value() {
  return {.version = 2, .cluster_id = 9, .nodes = {{.id = {1}}}, .voters = {{1}}};
}

TEST(RegisterCodec, GivesBackEveryKindOfMessage) {
  const std::vector<RegisterMessage> messages = {
      PrepareRequest{.cluster_id = 9, .ballot = kOld},
      PrepareRequest{.cluster_id = 9, .ballot = kOld, .enrol = true},
      PrepareReply{.ballot = kOld, .promised = kNew},
      PrepareReply{.ballot = kNew, .promised = kNew, .accepted = kOld, .value = Value()},
      AcceptRequest{.cluster_id = 9, .ballot = kNew, .value = Value()},
      AcceptReply{.ballot = kOld, .promised = kNew},
      ChosenNotice{Value()},
  };
  for (const RegisterMessage& message : messages) {
    const auto decoded = DecodeRegisterMessage(EncodeRegisterMessage(message));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, message);
  }
}

TEST(RegisterCodec, GivesBackAVotersState) {
  const VoterState fresh = {.node = {1}, .cluster_id = 9, .promised = kOld};
  EXPECT_EQ(*DecodeVoterState(EncodeVoterState(fresh)), fresh);
  const VoterState voted = {
      .node = {1}, .cluster_id = 9, .promised = kNew, .accepted = kOld, .value = Value()};
  EXPECT_EQ(*DecodeVoterState(EncodeVoterState(voted)), voted);
}

std::string MessageRefusal(const RegisterMessage& message) {
  return std::string(DecodeRegisterMessage(EncodeRegisterMessage(message)).status().message());
}

TEST(RegisterCodec, WhatMakesNoSenseIsRefused) {
  EXPECT_THAT(std::string(DecodeRegisterMessage("").status().message()), HasSubstr("of no kind"));
  EXPECT_THAT(std::string(DecodeRegisterMessage("\x0b").status().message()), HasSubstr("no such"));
  EXPECT_THAT(MessageRefusal(PrepareRequest{.cluster_id = 9}), HasSubstr("no ballot"));
  EXPECT_THAT(MessageRefusal(AcceptReply{.ballot = kOld}), HasSubstr("no ballot"));
  EXPECT_THAT(MessageRefusal(AcceptRequest{.cluster_id = 9, .ballot = kOld}),
              HasSubstr("nothing to accept"));
  EXPECT_THAT(MessageRefusal(AcceptRequest{.cluster_id = 8, .ballot = kOld, .value = Value()}),
              HasSubstr("another cluster"));
  EXPECT_THAT(MessageRefusal(PrepareReply{.ballot = kOld, .promised = kOld, .accepted = kOld}),
              HasSubstr("without its value"));
  EXPECT_THAT(MessageRefusal(PrepareReply{.ballot = kOld, .promised = kOld, .value = Value()}),
              HasSubstr("without its ballot"));
  EXPECT_THAT(MessageRefusal(PrepareReply{
                  .ballot = kOld, .promised = kOld, .accepted = kNew, .value = Value()}),
              HasSubstr("above what was promised"));
  EXPECT_THAT(MessageRefusal(ChosenNotice{}), HasSubstr("nothing that was chosen"));
}

std::string StateRefusal(const VoterState& state) {
  return std::string(DecodeVoterState(EncodeVoterState(state)).status().message());
}

TEST(RegisterCodec, AVoterIsOneNodesOfOneCluster) {
  EXPECT_THAT(StateRefusal({.cluster_id = 9}), HasSubstr("without a node id"));
  EXPECT_THAT(
      StateRefusal(
          {.node = {1}, .cluster_id = 8, .promised = kOld, .accepted = kOld, .value = Value()}),
      HasSubstr("two clusters"));
  EXPECT_THAT(StateRefusal({.node = {1}, .cluster_id = 9, .accepted = kOld, .value = Value()}),
              HasSubstr("above what was promised"));
}

}  // namespace
}  // namespace holdfast
