// Plans, and what answers to changes mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/kvctl/change.h"
#include "tools/kvctl/plan.h"

namespace holdfast::kvctl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Failure FailureOf(Answer::Kind kind, const std::string& text) {
  const Change change{.what = "the switchover to n2", .to = {"10.0.0.1", 7001}, .words = {}};
  return OutcomeOf(change, {.kind = kind, .text = text}).failure();
}

TEST(OutcomeOf, OkIsDone) {
  EXPECT_TRUE(OutcomeOf({.what = "it"}, {.kind = Answer::Kind::kText, .text = "OK"}).ok());
}

TEST(OutcomeOf, ErrorsHaveTheirExits) {
  const Failure refused = FailureOf(Answer::Kind::kError, "REFUSED n2 is a learner");
  EXPECT_EQ(refused.exit, ExitCode::kRefused);
  EXPECT_EQ(refused.what, "the switchover to n2 is refused");
  EXPECT_EQ(refused.why, "n2 is a learner");
  EXPECT_EQ(refused.effect, "nothing was changed");
  EXPECT_EQ(FailureOf(Answer::Kind::kError, "CONFLICT version 8").exit, ExitCode::kConflict);
  EXPECT_EQ(FailureOf(Answer::Kind::kError, "TRYAGAIN busy").code, "TRY_AGAIN");
  EXPECT_EQ(FailureOf(Answer::Kind::kError, "ERR no such node").exit, ExitCode::kFailed);
  EXPECT_EQ(FailureOf(Answer::Kind::kError, "ERR unknown command").code, "NOT_HOLDFAST");
  EXPECT_EQ(FailureOf(Answer::Kind::kError, "WHATEVER else").why, "WHATEVER else");
}

TEST(OutcomeOf, WhoDidNotAnswerMayHaveDoneIt) {
  const Failure silent = FailureOf(Answer::Kind::kSilent, "it closed the connection");
  EXPECT_EQ(silent.code, "OUTCOME_UNKNOWN");
  EXPECT_THAT(silent.effect, HasSubstr("may"));
  const Failure unreachable = FailureOf(Answer::Kind::kUnreachable, "Connection refused");
  EXPECT_EQ(unreachable.exit, ExitCode::kConnect);
  EXPECT_EQ(unreachable.effect, "nothing was changed");
  EXPECT_EQ(FailureOf(Answer::Kind::kInterrupted, "").exit, ExitCode::kInterrupted);
  EXPECT_EQ(FailureOf(Answer::Kind::kUnauthorized, "NOAUTH").code, "AUTH");
}

TEST(Plan, IsKnownByWhatItDoesAndToWhat) {
  const Plan plan{.version = 7, .summary = "n2 takes over from n1", .steps = {"first", "second"}};
  Plan other = plan;
  EXPECT_THAT(plan.Id(), StartsWith("p-7-"));
  EXPECT_EQ(other.Id(), plan.Id());
  other.version = 8;
  EXPECT_NE(other.Id(), plan.Id());
  other = plan;
  other.summary = "n3 takes over from n1";
  EXPECT_NE(other.Id(), plan.Id());
  EXPECT_EQ(plan.Text(),
            "plan " + plan.Id() + " (configuration 7): n2 takes over from n1\n  first\n  second\n");
  EXPECT_EQ(plan.ToJson()["confirm"], "-y");
}

TEST(FailureText, HasFourParts) {
  const Failure failure{.exit = ExitCode::kRefused,
                        .code = "REFUSED",
                        .what = "no",
                        .why = "because",
                        .next = "kvctl status",
                        .effect = "nothing was changed"};
  EXPECT_EQ(FailureText(failure),
            "error: no\n  why:  because\n  try:  kvctl status\n  [REFUSED, exit 7] nothing was "
            "changed\n");
  const nlohmann::json json = FailureJson(failure)["error"];
  EXPECT_EQ(json["code"], "REFUSED");
  EXPECT_EQ(json["message"], "no");
  EXPECT_EQ(json["hint"], "kvctl status");
  EXPECT_EQ(json["exit"], 7);
}

}  // namespace
}  // namespace holdfast::kvctl
