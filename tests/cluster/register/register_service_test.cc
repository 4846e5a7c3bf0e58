// The service on simulated machines: three voters and a node without a vote, a network that is a
// function, disks that lose what was not synced.
#include "cluster/register/register_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/sim_network.h"
#include "sim/sim_runtime.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kNodes = 4;

ClusterConfiguration Initial() {
  ClusterConfiguration initial = {.version = 1, .cluster_id = 9, .name = "prod"};
  for (uint64_t id = 1; id <= kNodes; ++id) initial.nodes.push_back({.id = {id}});
  initial.voters = {{1}, {2}, {3}};
  return initial;
}

ClusterConfiguration Next(ClusterConfiguration value, std::string name) {
  ++value.version;
  value.name = std::move(name);
  return value;
}

class RegisterServiceTest : public testing::Test {
 protected:
  struct Node : SimProgram, RegisterWatcher {
    Node(RegisterServiceTest& test, uint64_t id, uint64_t incarnation, Runtime& runtime)
        : service({.loop = runtime.loop(0),
                   .clock = runtime.clock(),
                   .entropy = runtime.entropy(),
                   .logger = runtime.logger()},
                  {.self = {.node = {id}, .incarnation = {incarnation}}, .directory = "d"},
                  {.send = [&test, id](
                               NodeId to,
                               const RegisterMessage& message) { test.Send({id}, to, message); },
                   .on_fatal = [this](absl::Status status) { fatal = std::move(status); }}) {
      service.Watch(*this);
      runtime.loop(0).disk().MakeDirectory("d", [this](const absl::Status&) {
        service.Open([this](absl::Status status) { opened = std::move(status); });
      });
    }
    void OnConfiguration(const ClusterConfiguration& chosen) override {
      learned.push_back(chosen.version);
    }
    void OnOutcomesSettled(const ClusterConfiguration&) override { ++settled; }

    RegisterService service;
    std::optional<absl::Status> opened;
    absl::Status fatal;
    std::vector<uint64_t> learned;
    int settled = 0;
  };

  RegisterServiceTest() : kernel_(11), network_(kernel_, {}) {
    for (int i = 0; i < kNodes; ++i) {
      machines_.push_back(
          std::make_unique<SimMachine>(kernel_, network_,
                                       SimMachine::Options{.ip = "10.0.0." + std::to_string(i + 1),
                                                           .disk = {.stall_every_mean = {}}}));
      Boot(static_cast<uint64_t>(i) + 1);
    }
    Run(Seconds(1));
  }

  void Boot(uint64_t id) {
    const uint64_t incarnation = ++incarnations_;
    machines_[id - 1]->Boot(1, [this, id, incarnation](Runtime& runtime) {
      return std::make_unique<Node>(*this, id, incarnation, runtime);
    });
  }
  Node& node(uint64_t id) { return *static_cast<Node*>(machines_[id - 1]->program()); }
  RegisterService& service(uint64_t id) { return node(id).service; }
  void Run(Nanos time) { kernel_.RunUntil(kernel_.now() + time); }

  // A message takes a millisecond, and dies with the process it was sent to.
  void Send(NodeId from, NodeId to, const RegisterMessage& message) {
    if ((down_ & (1u << from.value | 1u << to.value)) != 0) return;
    if (to.value == deaf_after_accepting_ && std::holds_alternative<AcceptReply>(message)) {
      return CutOff(to.value);
    }
    SimMachine& machine = *machines_[to.value - 1];
    if (!machine.running()) return;
    kernel_.Schedule(Milliseconds(1), machine.actor(), "register message",
                     [this, from, to, message] { service(to.value).OnMessage(from, message); });
  }
  void CutOff(uint64_t id) { down_ |= 1u << id; }
  void Join(uint64_t id) { down_ &= ~(1u << id); }

  std::vector<absl::Status> Bootstrap(const ClusterConfiguration& initial) {
    std::vector<absl::Status> answers;
    for (uint64_t id = 1; id <= kNodes; ++id) {
      service(id).Bootstrap(initial, [&](absl::Status status) { answers.push_back(status); });
    }
    Run(Seconds(1));
    return answers;
  }
  RegisterResult Read(uint64_t id) {
    std::optional<RegisterResult> result;
    service(id).Read([&](RegisterResult read) { result = std::move(read); });
    Run(Seconds(5));
    return result.value();
  }
  RegisterResult Set(uint64_t id, uint64_t expected, ClusterConfiguration value) {
    std::optional<RegisterResult> result;
    service(id).CompareAndSet(expected, std::move(value),
                              [&](RegisterResult set) { result = std::move(set); });
    Run(Seconds(5));
    return result.value();
  }

  Kernel kernel_;
  SimNetwork network_;
  std::vector<std::unique_ptr<SimMachine>> machines_;
  uint64_t incarnations_ = 0;
  unsigned down_ = 0;
  uint64_t deaf_after_accepting_ = 0;
};

TEST_F(RegisterServiceTest, ANewClusterReadsItsFirstValueFromEveryNode) {
  for (const absl::Status& status : Bootstrap(Initial())) EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(service(3).is_voter());
  EXPECT_FALSE(service(4).is_voter());
  for (uint64_t id = 1; id <= kNodes; ++id) {
    const RegisterResult read = Read(id);
    EXPECT_EQ(read.outcome, RegisterOutcome::kChosen) << read.reason;
    EXPECT_EQ(read.current, Initial());
  }
}

TEST_F(RegisterServiceTest, WithoutAClusterNothingCanBeRead) {
  EXPECT_EQ(Read(1).outcome, RegisterOutcome::kUnavailable);
}

TEST_F(RegisterServiceTest, EveryNodeLearnsWhatWasChosen) {
  Bootstrap(Initial());
  EXPECT_EQ(Set(4, 1, Next(Initial(), "two")).outcome, RegisterOutcome::kChosen);
  for (uint64_t id = 1; id <= kNodes; ++id) {
    EXPECT_EQ(service(id).known().name, "two");
    EXPECT_THAT(node(id).learned, ElementsAre(1, 2));
  }
}

TEST_F(RegisterServiceTest, AStaleVersionIsAConflict) {
  Bootstrap(Initial());
  Set(1, 1, Next(Initial(), "two"));
  const RegisterResult set = Set(2, 1, Next(Initial(), "late"));
  EXPECT_EQ(set.outcome, RegisterOutcome::kConflict);
  EXPECT_EQ(set.current.name, "two");
}

TEST_F(RegisterServiceTest, OneOfTwoAtOnceWins) {
  Bootstrap(Initial());
  std::vector<RegisterOutcome> outcomes;
  for (uint64_t id : {1, 2, 3}) {
    service(id).CompareAndSet(1, Next(Initial(), std::to_string(id)),
                              [&](RegisterResult set) { outcomes.push_back(set.outcome); });
  }
  Run(Seconds(5));
  EXPECT_THAT(outcomes,
              testing::UnorderedElementsAre(RegisterOutcome::kChosen, RegisterOutcome::kConflict,
                                            RegisterOutcome::kConflict));
}

TEST_F(RegisterServiceTest, TheValueSurvivesPowerLossOfAll) {
  Bootstrap(Initial());
  Set(1, 1, Next(Initial(), "two"));
  for (uint64_t id = 1; id <= kNodes; ++id) {
    machines_[id - 1]->Crash(SimMachine::CrashKind::kPower);
    Boot(id);
  }
  Run(Seconds(1));
  EXPECT_TRUE(service(1).is_voter());
  EXPECT_EQ(Read(4).current.name, "two");
}

TEST_F(RegisterServiceTest, AnUnknownOutcomeIsSettledByALaterRound) {
  Bootstrap(Initial());
  // Its last request leaves, and nothing comes back.
  deaf_after_accepting_ = 4;
  EXPECT_EQ(Set(4, 1, Next(Initial(), "two")).outcome, RegisterOutcome::kUnknown);
  deaf_after_accepting_ = 0;
  EXPECT_TRUE(service(4).has_open_outcome());
  // News do not close it.
  service(4).OnLearned(Next(Initial(), "two"));
  EXPECT_TRUE(service(4).has_open_outcome());
  Join(4);
  EXPECT_EQ(Read(4).current.name, "two");
  EXPECT_FALSE(service(4).has_open_outcome());
  EXPECT_EQ(node(4).settled, 1);
}

TEST_F(RegisterServiceTest, WithoutAMajorityNothingIsAnswered) {
  Bootstrap(Initial());
  CutOff(2);
  CutOff(3);
  EXPECT_EQ(Read(1).outcome, RegisterOutcome::kUnavailable);
  EXPECT_EQ(service(1).known(), Initial());
  Join(2);
  EXPECT_EQ(Read(1).outcome, RegisterOutcome::kChosen);
}

TEST_F(RegisterServiceTest, VotersAreReplaced) {
  Bootstrap(Initial());
  const ClusterConfiguration joint = BeginVoterChange(Initial(), {{2}, {3}, {4}});
  ASSERT_EQ(Set(1, 1, joint).outcome, RegisterOutcome::kChosen);
  EXPECT_TRUE(service(4).is_voter());
  ASSERT_EQ(Set(1, 2, FinishVoterChange(joint)).outcome, RegisterOutcome::kChosen);
  CutOff(1);
  CutOff(2);
  const RegisterResult read = Read(3);
  EXPECT_EQ(read.outcome, RegisterOutcome::kChosen) << read.reason;
  EXPECT_THAT(read.current.voters, ElementsAre(NodeId{2}, NodeId{3}, NodeId{4}));
}

TEST_F(RegisterServiceTest, AVoterThatLostItsFileDoesNotVote) {
  Bootstrap(Initial());
  machines_[1]->Crash(SimMachine::CrashKind::kProcess);
  ASSERT_TRUE(machines_[1]->disk().image().Remove("d/voter").ok());
  Boot(2);
  Run(Seconds(1));
  EXPECT_FALSE(service(2).is_voter());
  CutOff(3);
  EXPECT_EQ(Read(1).outcome, RegisterOutcome::kUnavailable);
}

TEST_F(RegisterServiceTest, ASecondClusterIsRefused) {
  Bootstrap(Initial());
  ClusterConfiguration other = Initial();
  other.cluster_id = 10;
  for (const absl::Status& status : Bootstrap(other)) {
    EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  }
  for (const absl::Status& status : Bootstrap(Initial())) EXPECT_TRUE(status.ok()) << status;
  service(1).OnLearned(Next(other, "other"));
  EXPECT_EQ(service(1).known(), Initial());
}

TEST_F(RegisterServiceTest, AMalformedValueIsRefusedUnsent) {
  Bootstrap(Initial());
  ClusterConfiguration value = Next(Initial(), "two");
  value.nodes.pop_back();
  value.nodes.erase(value.nodes.begin());
  const RegisterResult set = Set(1, 1, value);
  EXPECT_EQ(set.outcome, RegisterOutcome::kRefused);
  EXPECT_THAT(set.reason, HasSubstr("not a listed node"));
  value = Next(Initial(), "two");
  value.voters.clear();
  EXPECT_THAT(Set(1, 1, value).reason, HasSubstr("last voter"));
}

TEST_F(RegisterServiceTest, TwoValuesOfOneVersionStopTheNode) {
  Bootstrap(Initial());
  ClusterConfiguration other = Initial();
  other.name = "other";
  service(1).OnMessage({2}, ChosenNotice{other});
  EXPECT_FALSE(node(1).fatal.ok());
  EXPECT_THAT(std::string(node(1).fatal.message()), HasSubstr("version 1"));
}

TEST_F(RegisterServiceTest, AnotherNodesFileIsRefused) {
  Bootstrap(Initial());
  machines_[0]->Crash(SimMachine::CrashKind::kProcess);
  machines_[0]->Boot(
      1, [this](Runtime& runtime) { return std::make_unique<Node>(*this, 5, 99, runtime); });
  Run(Seconds(1));
  EXPECT_THAT(std::string(node(1).opened->message()), HasSubstr("d/voter"));
}

}  // namespace
}  // namespace holdfast
