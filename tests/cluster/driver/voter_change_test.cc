#include "cluster/driver/voter_change.h"

#include <gtest/gtest.h>

#include "cluster/register/voter_rules.h"

namespace holdfast {
namespace {

ClusterConfiguration Settled() {
  return {.version = 4, .cluster_id = 9, .voters = {{1}, {2}, {3}}};
}
ClusterConfiguration Joint() { return BeginVoterChange(Settled(), {{1}, {2}, {4}}); }

// Seconds until the first attempt; -1: none within a minute.
int64_t FirstAttempt(VoterChangeHeir& heir, const ClusterConfiguration& known, bool leads,
                     int64_t from, uint64_t random = 0) {
  for (int64_t second = from; second < from + 60; ++second) {
    if (heir.Tick(known, leads, Seconds(second), random)) return second - from;
  }
  return -1;
}

TEST(VoterChangeHeir, LeavesSettledVotersAlone) {
  VoterChangeHeir heir;
  EXPECT_EQ(FirstAttempt(heir, Settled(), true, 0), -1);
}

TEST(VoterChangeHeir, ThePrimaryGoesFirstAndOthersTakeTheirTurns) {
  VoterChangeHeir primary;
  VoterChangeHeir second;
  VoterChangeHeir third;
  EXPECT_EQ(FirstAttempt(primary, Joint(), true, 0), 3);
  EXPECT_EQ(FirstAttempt(second, Joint(), false, 0), 6);
  const auto two_seconds = static_cast<uint64_t>(Seconds(2).value);
  EXPECT_EQ(FirstAttempt(third, Joint(), false, 0, two_seconds), 8);
}

TEST(VoterChangeHeir, PatienceSurvivesOtherChangesAndNotOtherVoters) {
  VoterChangeHeir heir;
  EXPECT_FALSE(heir.Tick(Joint(), true, Seconds(0), 0));
  ClusterConfiguration grown = Joint();
  ++grown.version;
  grown.group.in_sync = {{{1}, {1}}};
  EXPECT_FALSE(heir.Tick(grown, true, Seconds(2), 0));
  EXPECT_TRUE(heir.Tick(grown, true, Seconds(3), 0));
  heir.Ended();
  const ClusterConfiguration other = BeginVoterChange(FinishVoterChange(grown), {{2}, {4}, {5}});
  EXPECT_EQ(FirstAttempt(heir, other, true, 10), 3);
}

TEST(VoterChangeHeir, OneAttemptAtATimeAndEachWaitsLonger) {
  VoterChangeHeir heir;
  int64_t now = FirstAttempt(heir, Joint(), true, 0);
  EXPECT_EQ(FirstAttempt(heir, Joint(), true, now), -1);  // the first one has not ended
  heir.Ended();
  now += 60;
  EXPECT_EQ(FirstAttempt(heir, Joint(), true, now), 0);
  for (int64_t wait : {6, 12, 24, 48, 48}) {
    heir.Ended();
    EXPECT_EQ(FirstAttempt(heir, Joint(), true, now + 1), wait - 1);
    now += wait;
  }
}

TEST(VoterChangeHeir, WhenItIsDoneNothingIsLeftToDo) {
  VoterChangeHeir heir;
  EXPECT_EQ(FirstAttempt(heir, Joint(), true, 0), 3);
  heir.Ended();
  EXPECT_EQ(FirstAttempt(heir, FinishVoterChange(Joint()), true, 4), -1);
}

}  // namespace
}  // namespace holdfast
