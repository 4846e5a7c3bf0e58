#include "sim/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Fault, ReadsWhatItPrints) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    for (const Fault& fault : PlanFaults(seed, DrawKnobs(seed, Profile::kCluster))) {
      const absl::StatusOr<Fault> again = ParseFault(fault.ToString());
      ASSERT_TRUE(again.ok()) << fault.ToString();
      EXPECT_EQ(*again, fault) << fault.ToString();
    }
  }
}

TEST(Fault, RefusesWhatItDoesNotKnow) {
  for (const char* line : {"", "fault", "fault x crash", "fault 1 cras", "fault 1 crash node",
                           "fault 1 crash node two", "fault 1 crash at 1.5",
                           "fault 1 crash when tired", "fault 1 crash colour 3"}) {
    EXPECT_FALSE(ParseFault(line).ok()) << line;
  }
}

TEST(FaultPlan, EveryKindComesUp) {
  std::set<FaultKind> kinds;
  std::set<std::optional<Vulnerable>> moments;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    for (const Fault& fault : PlanFaults(seed, DrawKnobs(seed, Profile::kCluster))) {
      kinds.insert(fault.kind);
      moments.insert(fault.moment);
    }
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(kFaultKinds));
  EXPECT_EQ(moments.size(), 12u);
}

TEST(FaultPlan, ASingleNodeIsNeverEnded) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    for (const Fault& fault : PlanFaults(seed, DrawKnobs(seed, Profile::kSingle))) {
      EXPECT_NE(fault.kind, FaultKind::kCrash);
      EXPECT_NE(fault.kind, FaultKind::kPowerLoss);
      EXPECT_LE(fault.at, ChaosLength(DrawKnobs(seed, Profile::kSingle)));
    }
  }
}

TEST(FaultPlan, AClassLessLeavesTheOthersAlone) {
  Knobs knobs = DrawKnobs(3, Profile::kCluster);
  knobs.fault_classes = 0b110;
  const std::vector<Fault> both = PlanFaults(3, knobs);
  knobs.fault_classes = 0b010;
  std::vector<Fault> rest;
  for (const Fault& fault : both) {
    if (fault.kind == FaultKind::kDrift) rest.push_back(fault);
  }
  EXPECT_EQ(PlanFaults(3, knobs), rest);
}

TEST(Knobs, AreKnownByName) {
  Knobs knobs;
  for (absl::string_view name : KnobNames()) {
    EXPECT_TRUE(SetKnob(knobs, name, 77));
    EXPECT_EQ(GetKnob(knobs, name), 77);
  }
  EXPECT_FALSE(SetKnob(knobs, "noise", 1));
}

TEST(Knobs, AnotherSeedIsAnotherLife) {
  EXPECT_EQ(DrawKnobs(1, Profile::kCluster), DrawKnobs(1, Profile::kCluster));
  EXPECT_NE(DrawKnobs(1, Profile::kCluster), DrawKnobs(2, Profile::kCluster));
}

TEST(Script, ReadsWhatItPrints) {
  Script script{.profile = Profile::kCluster, .seed = 17};
  script.knobs["clients"] = 2;
  script.faults = script.AllFaults();
  script.operations.emplace();
  (*script.operations)[{0, 17}] = {{"SET", "{t1}0", "v0.3"}};
  (*script.operations)[{1, 2}] = {{"MULTI"}, {"GET", "a"}, {"DEL", "a", "b"}};
  const absl::StatusOr<Script> again = ParseScript(script.ToString());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToString(), script.ToString());
  EXPECT_EQ(again->operations, script.operations);
  EXPECT_EQ(again->AllKnobs().clients, 2);
}

TEST(Script, LeavesToTheSeedWhatItDoesNotSay) {
  const absl::StatusOr<Script> script = ParseScript("# why\nseed 5\n\nprofile single\n");
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->AllFaults(), PlanFaults(5, DrawKnobs(5, Profile::kSingle)));
  EXPECT_FALSE(script->operations.has_value());
}

TEST(Script, MayListNothing) {
  const absl::StatusOr<Script> script = ParseScript("seed 5\nfaults listed\noperations listed\n");
  ASSERT_TRUE(script.ok());
  EXPECT_THAT(script->AllFaults(), IsEmpty());
  EXPECT_THAT(*script->operations, IsEmpty());
}

TEST(Script, NamesTheLineItCannotRead) {
  for (const char* line : {"seed", "profile fast", "knob noise 1", "fault 1 crash",
                           "operation 0 1 GET a", "surprise"}) {
    const absl::Status status = ParseScript(std::string("seed 1\n") + line).status();
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("line 2")) << line;
  }
}

}  // namespace
}  // namespace holdfast
