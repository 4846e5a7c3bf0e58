#include "cluster/register/register_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using ::testing::HasSubstr;

VoterState State() {
  const Ballot ballot = {.round = 3, .proposer = {.node = {1}, .incarnation = {5}}};
  return {
      .node = {1},
      .cluster_id = 9,
      .promised = {.round = 4, .proposer = {.node = {2}, .incarnation = {6}}},
      .accepted = ballot,
      .value = {
          .version = 2, .cluster_id = 9, .name = "prod", .nodes = {{.id = {1}}}, .voters = {{1}}}};
}

TEST(RegisterFile, GivesBackWhatWasSealed) {
  EXPECT_EQ(*DecodeVoterFile(EncodeVoterFile(State())), State());
  EXPECT_EQ(*DecodeConfigurationFile(EncodeConfigurationFile(State().value)), State().value);
}

TEST(RegisterFile, TheHeaderIsTheFormat) {
  const std::string bytes = SealRegisterFile(RegisterFileKind::kVoter, "payload");
  EXPECT_EQ(bytes.substr(0, 16), std::string("HOLDFASTV\0\1\0\7\0\0\0", 16));
  EXPECT_EQ(bytes.substr(kRegisterFileHeaderBytes), "payload");
}

TEST(RegisterFile, EveryChangedBitIsSeen) {
  const std::string good = EncodeVoterFile(State());
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      EXPECT_FALSE(DecodeVoterFile(bytes).ok()) << at << ":" << bit;
    }
  }
}

TEST(RegisterFile, EveryMissingOrAddedByteIsSeen) {
  const std::string good = EncodeVoterFile(State());
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeVoterFile(good.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeVoterFile(good + "x").status()));
}

TEST(RegisterFile, ErrorsSayWhere) {
  const std::string good = EncodeVoterFile(State());
  EXPECT_THAT(std::string(DecodeVoterFile("X" + good.substr(1)).status().message()),
              HasSubstr("offset 0"));
  EXPECT_THAT(std::string(DecodeVoterFile(good.substr(0, 30)).status().message()),
              HasSubstr("offset 12"));
  std::string flipped = good;
  flipped.back() ^= 1;
  EXPECT_THAT(std::string(DecodeVoterFile(flipped).status().message()), HasSubstr("offset 16"));
  const std::string sealed = SealRegisterFile(RegisterFileKind::kVoter, "\xff");
  EXPECT_THAT(std::string(DecodeVoterFile(sealed).status().message()), HasSubstr("offset 20"));
}

TEST(RegisterFile, AnotherKindIsNoDamage) {
  EXPECT_TRUE(
      absl::IsFailedPrecondition(DecodeVoterFile(EncodeConfigurationFile(State().value)).status()));
}

}  // namespace
}  // namespace holdfast
