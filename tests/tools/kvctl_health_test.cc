// What a view means, and how it is drawn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/kvctl_views.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"

namespace holdfast::kvctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(FaultTolerance, IsTheLesserOfCopiesAndVoters) {
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 3, .min_in_sync = 2, .live_voters = 3, .voters = 3}.Survives()),
      1);
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 3, .min_in_sync = 1, .live_voters = 3, .voters = 3}.Survives()),
      1);
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 5, .min_in_sync = 2, .live_voters = 5, .voters = 5}.Survives()),
      2);
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 5, .min_in_sync = 4, .live_voters = 5, .voters = 5}.Survives()),
      1);
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 2, .min_in_sync = 1, .live_voters = 2, .voters = 2}.Survives()),
      0);
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 4, .min_in_sync = 1, .live_voters = 4, .voters = 4}.Survives()),
      1);
}

TEST(FaultTolerance, CountsOneCopyWhereNoMinimumIsSet) {
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 1, .min_in_sync = 0, .live_voters = 3, .voters = 3}.Survives()),
      0);
}

TEST(FaultTolerance, IsNeverNegative) {
  EXPECT_EQ(
      (FaultTolerance{.in_sync = 1, .min_in_sync = 2, .live_voters = 1, .voters = 3}.Survives()),
      0);
}

TEST(Judge, ThreeNodesSurviveOne) {
  const Health health = Judge(Assemble(ReportsOf(ConfigurationOf(3))));
  EXPECT_EQ(health.level, HealthLevel::kHealthy);
  EXPECT_EQ(health.survives, 1);
  EXPECT_EQ(health.headline, "survives 1 more node failure without losing acknowledged writes");
  EXPECT_THAT(health.notes, IsEmpty());
}

TEST(Judge, FiveNodesSurviveTwo) {
  const Health health = Judge(Assemble(ReportsOf(ConfigurationOf(5))));
  EXPECT_EQ(health.survives, 2);
  EXPECT_THAT(health.headline, HasSubstr("2 more node failures"));
}

TEST(Judge, AWitnessVotesAndHoldsNothing) {
  const Health health = Judge(Assemble(ReportsOf(ConfigurationOf(2, 1))));
  EXPECT_EQ(health.level, HealthLevel::kHealthy);
  EXPECT_EQ(health.survives, 1);
  EXPECT_EQ(health.tolerance.in_sync, 2);
  EXPECT_EQ(health.tolerance.live_voters, 3);
}

TEST(Judge, AWitnessWithoutClientsIsMissedOnlyByWhoCanMissIt) {
  ClusterConfiguration configuration = ConfigurationOf(2, 1);
  configuration.nodes[2].client_port = 0;
  std::vector<Report> reports = ReportsOf(configuration);
  reports.pop_back();
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kHealthy);
  EXPECT_THAT(health.notes, ElementsAre(HasSubstr("n3 (10.0.0.3:0) cannot be asked")));
}

TEST(Judge, OneOfThreeDownIsTheLastFailureSurvived) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  TakeDown(3, &reports);
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kDegraded);
  EXPECT_EQ(health.survives, 0);
  EXPECT_EQ(health.headline,
            "0 further failures tolerated: n3 is down, losing n1 or n2 stops writes");
  EXPECT_THAT(health.notes, ElementsAre("n3 (10.0.0.3:7001) cannot be asked: connection refused"));
  EXPECT_THAT(health.next, HasSubstr("start n3 again"));
}

TEST(Judge, OneOfFiveDownIsDegradedThoughMoreIsSurvived) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(5));
  TakeDown(5, &reports);
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kDegraded);
  EXPECT_EQ(health.survives, 1);
  EXPECT_THAT(health.headline, HasSubstr("survives 1 more node failure"));
  EXPECT_THAT(health.headline, HasSubstr("n5 is down"));
}

TEST(Judge, ThePrimarysWordCountsForNodesThatCannotBeReachedFromHere) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  reports[2].status.reset();
  reports[2].trouble = "no route to host";
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.survives, 1);
  EXPECT_EQ(health.level, HealthLevel::kDegraded);
}

TEST(Judge, ARestartedMemberHoldsNothingUntilItIsInSyncAgain) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  reports[1].status->identity.incarnation = {999};
  reports[1].status->group.role = Role::kLearner;
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.tolerance.in_sync, 2);
  EXPECT_EQ(health.survives, 0);
  EXPECT_THAT(health.notes, ElementsAre(HasSubstr("n2 is not in sync: learner")));
}

TEST(Judge, WithoutAPrimaryNothingIsAvailable) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  TakeDown(1, &reports);
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kUnavailable);
  EXPECT_EQ(health.headline, "n1, the primary, does not answer (2 of 3 nodes answer)");
  EXPECT_THAT(health.next, HasSubstr("bring back any of n1"));
}

TEST(Judge, APrimaryThatDoesNotServeSaysWhy) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  reports[0].status->group.serving = false;
  reports[0].status->group.why = "the lease of n3 has run out";
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kUnavailable);
  EXPECT_THAT(health.headline, HasSubstr("n1 is primary and does not serve: the lease of n3"));
}

TEST(Judge, BelowMinInSyncOnlyReadsGoOn) {
  ClusterConfiguration configuration = ConfigurationOf(3);
  configuration.group.in_sync = {IdentityOf(1)};
  std::vector<Report> reports = ReportsOf(configuration);
  reports[0].status->group.min_in_sync = 2;
  const Health health = Judge(Assemble(reports));
  EXPECT_EQ(health.level, HealthLevel::kUnavailable);
  EXPECT_THAT(health.headline, HasSubstr("for writes: 1 in-sync copy, min-in-sync is 2"));
}

TEST(Judge, ALostGroupNeedsAnOperator) {
  ClusterConfiguration configuration = ConfigurationOf(3);
  configuration.group.status = GroupStatus::kLost;
  const Health health = Judge(Assemble(ReportsOf(configuration)));
  EXPECT_EQ(health.level, HealthLevel::kUnavailable);
  EXPECT_THAT(health.headline, HasSubstr("every in-sync copy is gone"));
}

TEST(Judge, DuringAChangeOfVotersTheWeakerSetCounts) {
  ClusterConfiguration configuration = ConfigurationOf(3);
  configuration.next_voters = {IdentityOf(1).node, IdentityOf(2).node};
  const Health health = Judge(Assemble(ReportsOf(configuration)));
  EXPECT_EQ(health.survives, 0);
  EXPECT_THAT(health.notes, ElementsAre("a change of the voters is under way"));
}

TEST(Assemble, TheNewestConfigurationWinsAndOldBeliefsAreNamed) {
  ClusterConfiguration older = ConfigurationOf(3);
  ClusterConfiguration newer = older;
  newer.version = 8;
  newer.group.epoch = {4};
  newer.group.primary = IdentityOf(2);
  // The deposed primary has not heard of it.
  const std::vector<Report> reports = {ReportOf(1, older), ReportOf(2, newer), ReportOf(3, newer)};
  const ClusterView view = Assemble(reports);
  EXPECT_EQ(view.configuration.version, 8u);
  ASSERT_NE(view.Primary(), nullptr);
  EXPECT_EQ(view.Primary()->description.name, "n2");
  EXPECT_EQ(StateWord(view, *view.FindName("n1")), "deposed");
  EXPECT_THAT(Judge(view).notes, ElementsAre("n1 still believes in epoch 3 of configuration 7"));
}

TEST(Assemble, AnotherNodeAtANodesAddressIsNotThatNode) {
  ClusterConfiguration other = ConfigurationOf(3);
  other.cluster_id = 0xbad;
  other.version = 99;
  other.name = "other";
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  reports[2].status = StatusOf(3, other);
  reports[2].status->configuration->version = 1;
  const ClusterView view = Assemble(reports);
  EXPECT_EQ(view.configuration.name, "shop");
  EXPECT_FALSE(view.FindName("n3")->status.has_value());
  EXPECT_THAT(view.FindName("n3")->trouble,
              HasSubstr("10.0.0.3:7001 answers as another node, of cluster other"));
}

TEST(NamedNode, SaysWhichNameWasProbablyMeant) {
  const ClusterView view = Assemble(ReportsOf(ConfigurationOf(3)));
  EXPECT_TRUE(NamedNode(view, "n2").ok());
  const Failure failure = NamedNode(view, "n22").failure();
  EXPECT_EQ(failure.exit, ExitCode::kUsage);
  EXPECT_THAT(failure.what, HasSubstr("Did you mean \"n2\"?"));
  EXPECT_THAT(NamedNode(view, "elephant").failure().what, Not(HasSubstr("Did you mean")));
}

TEST(StatusText, PutsTheHeadlineFirstAndTheNodesBelow) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  reports[1].status->group.applied = {7};
  TakeDown(3, &reports);
  const ClusterView view = Assemble(reports);
  Session session;
  session.options.no_color = true;
  EXPECT_EQ(
      StatusText(session, view, Judge(view)),
      R"(shop  DEGRADED  0 further failures tolerated: n3 is down, losing n1 or n2 stops writes   epoch 3
in sync n1 n2 n3 (min-in-sync 2)   voters n1 n2 n3   configuration 7

   NODE  ADDRESS        ROLE     STATE        LSN  LAG  HEARD  VIEW
*  n1    10.0.0.1:7001  primary  serving       10    -      -  epoch 3, configuration 7
   n2    10.0.0.2:7001  replica  in-sync       10    3  35 ms  epoch 3, configuration 7
   n3    10.0.0.3:7001  -        unreachable    -    -  35 ms  -

! n3 (10.0.0.3:7001) cannot be asked: connection refused
  next: start n3 again, or replace it: kvctl add-node, then kvctl remove-node n3
)");
}

TEST(StatusJson, NamesItsSchemaAndHoldsWhatPeopleSee) {
  std::vector<Report> reports = ReportsOf(ConfigurationOf(3));
  TakeDown(3, &reports);
  const ClusterView view = Assemble(reports);
  const nlohmann::json json = StatusJson(view, Judge(view));
  EXPECT_EQ(json["schema"], "kvctl.status/v1");
  EXPECT_EQ(json["cluster"]["id"], "00000000000000c1");
  EXPECT_EQ(json["cluster"]["primary"], "n1");
  EXPECT_EQ(json["health"]["level"], "DEGRADED");
  EXPECT_EQ(json["health"]["survives"], 0);
  ASSERT_EQ(json["nodes"].size(), 3u);
  EXPECT_EQ(json["nodes"][0]["view"]["role"], "primary");
  EXPECT_EQ(json["nodes"][1]["as_member"]["last_heard_ms"], 35);
  EXPECT_EQ(json["nodes"][2]["reachable"], false);
  EXPECT_EQ(json["nodes"][2]["view"], nullptr);
}

}  // namespace
}  // namespace holdfast::kvctl
