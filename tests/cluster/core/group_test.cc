#include "cluster/core/group.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/cluster/explorer/model_log.h"

namespace holdfast {
namespace {

constexpr Identity kA{{1}, {11}};
constexpr Identity kB{{2}, {22}};
constexpr Identity kC{{3}, {33}};

GroupView View(uint64_t version, uint64_t epoch, Identity primary, IdentitySet in_sync) {
  return {version, {{epoch}, primary, std::move(in_sync)}, {{1}, {2}, {3}}};
}

// One node: a group, its log, and the outputs of the last step. Times are milliseconds.
class Member {
 public:
  explicit Member(Identity self, Recovery recovery = {})
      : group_({}, {.self = self, .recovery = recovery, .tail = recovery.tail}, Nanos{}) {}

  void Step(const Input& input) {
    outputs.clear();
    group_.Step(input, Milliseconds(now), log, outputs);
    if (Find<BecomePrimary>() != nullptr) Append();
  }
  void Receive(Identity from, uint64_t epoch, uint64_t version, MessageBody body) {
    Step(MessageArrived{from, {{epoch}, version, std::move(body)}});
  }
  void Append() {
    log.Append({group_.view().group.epoch, 1});
    group_.Step(LogAppended{log.Tail()}, Milliseconds(now), log, outputs);
  }
  // The member joins and holds everything.
  void Attach(Identity member) {
    const uint64_t epoch = group_.view().group.epoch.value;
    Receive(member, epoch, group_.view().version, Join{1, {}, {LogPosition{}}});
    sessions[member.node.value] = Sent<Joined>()->session;
    Acknowledge(member);
  }
  void Acknowledge(Identity member) {
    const GroupView& view = group_.view();
    Receive(member, view.group.epoch.value, view.version,
            HeartbeatAck{Milliseconds(now), {sessions[member.node.value], log.Tail().lsn, {}}});
  }
  void TickAt(int64_t time) {
    now = time;
    Step(Tick{});
  }
  // Ticks like a node that runs all the time.
  void RunUntil(int64_t time) {
    while (now < time) {
      TickAt(std::min(now + 50, time));
      if (Find<Propose>() != nullptr) return;
    }
  }

  template <typename T>
  const T* Find() const {
    for (const Output& output : outputs) {
      if (const T* found = std::get_if<T>(&output)) return found;
    }
    return nullptr;
  }
  template <typename T>
  const T* Sent() const {
    for (const Output& output : outputs) {
      const auto* send = std::get_if<Send>(&output);
      if (send == nullptr) continue;
      if (const T* found = std::get_if<T>(&send->message.body)) return found;
    }
    return nullptr;
  }
  bool Serves() const { return Milliseconds(now) < group_.ServeUntil(); }
  const Group& group() const { return group_; }

  int64_t now = 0;
  explorer::ModelLog log;
  Outputs outputs;
  uint64_t sessions[4] = {};

 private:
  Group group_;
};

Heartbeat BeatOf(const GroupView& view) { return {.view = view, .sent = {7}}; }

TEST(Group, ASoleMemberServesWithoutALeaseOnceItsFirstRecordIsThere) {
  Member a(kA);
  EXPECT_FALSE(a.Serves());
  a.Step(ViewLearned{View(1, 1, kA, {kA})});
  EXPECT_EQ(a.group().commit(), Lsn{1});
  EXPECT_EQ(a.group().ServeUntil(), Nanos{INT64_MAX});
  EXPECT_NE(a.Find<StartServing>(), nullptr);
  // With three data nodes a write needs two copies.
  EXPECT_FALSE(a.group().MayWrite());
}

TEST(Group, CommitsWhatEveryMemberOfTheSetHolds) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB, kC})});
  a.Attach(kB);
  EXPECT_EQ(a.group().commit(), Lsn{0});
  EXPECT_EQ(a.Find<HeldByAll>(), nullptr);
  a.Attach(kC);
  EXPECT_EQ(a.group().commit(), Lsn{1});
  EXPECT_TRUE(a.group().MayWrite());
  // The primary's own log may forget it, too.
  ASSERT_NE(a.Find<HeldByAll>(), nullptr);
  EXPECT_EQ(a.Find<HeldByAll>()->lsn, Lsn{1});
}

TEST(Group, ALeaseIsCountedFromTheSendingOfTheHeartbeat) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  a.TickAt(100);
  const Nanos sent = a.Sent<Heartbeat>()->sent;
  a.now = 180;
  a.Receive(kB, 1, 1, HeartbeatAck{sent, {a.sessions[2], {1}, {}}});
  EXPECT_EQ(a.group().ServeUntil(), Milliseconds(1100));
}

TEST(Group, AcksOfAnotherSessionOrEpochDoNotCount) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Receive(kB, 1, 1, Ack{{5, {1}, {}}});
  EXPECT_EQ(a.group().commit(), Lsn{0});
  a.Receive(kB, 1, 1, Join{1, {}, {LogPosition{}}});
  const uint64_t session = a.Sent<Joined>()->session;
  a.Receive(kB, 0, 1, Ack{{session, {1}, {}}});
  a.Receive({{2}, {99}}, 1, 1, Ack{{session, {1}, {}}});
  EXPECT_EQ(a.group().commit(), Lsn{0});
  a.Receive(kB, 1, 1, Ack{{session, {1}, {}}});
  EXPECT_EQ(a.group().commit(), Lsn{1});
}

TEST(Group, ASilentMemberIsRemovedAndCommitsWaitForTheRegister) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  a.Append();
  a.RunUntil(1000);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.in_sync, (IdentitySet{kA}));
  EXPECT_EQ(a.group().commit(), Lsn{1});
  a.Step(ProposalEnded{});  // unknown: both sets count
  EXPECT_EQ(a.group().commit(), Lsn{1});
  a.Step(ViewLearned{View(3, 1, kA, {kA, kB})});  // newer, and closes nothing
  EXPECT_TRUE(a.group().Describe({}).change_open);
  a.TickAt(a.now + 250);
  ASSERT_NE(a.Find<ReadRegister>(), nullptr);
  a.Step(RegisterRead{View(4, 1, kA, {kA})});
  EXPECT_EQ(a.group().commit(), Lsn{2});
  // One copy is committed, and not to be acknowledged.
  EXPECT_EQ(a.group().acknowledgeable(), Lsn{1});
  EXPECT_FALSE(a.group().MayWrite());
}

TEST(Group, AReplicaPromotesItselfAfterAGraceWithoutTheOldPrimary) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB, kC});
  b.Step(ViewLearned{view});
  b.TickAt(100);
  b.Receive(kA, 1, 1, BeatOf(view));
  b.RunUntil(1140);
  EXPECT_EQ(b.Find<Propose>(), nullptr);
  b.RunUntil(1200);
  ASSERT_NE(b.Find<Propose>(), nullptr);
  const Propose proposal = *b.Find<Propose>();
  EXPECT_EQ(proposal.expected_version, 1U);
  EXPECT_EQ(proposal.group.epoch, Epoch{2});
  EXPECT_EQ(proposal.group.primary, kB);
  EXPECT_EQ(proposal.group.in_sync, (IdentitySet{kB, kC}));
}

TEST(Group, WhileItsPromotionIsOpenAReplicaGrantsNothing) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB});
  b.Step(ViewLearned{view});
  b.RunUntil(3000);
  ASSERT_NE(b.Find<Propose>(), nullptr);
  b.Receive(kA, 1, 1, BeatOf(view));
  EXPECT_EQ(b.Sent<HeartbeatAck>(), nullptr);
  b.Step(ProposalEnded{});
  b.Receive(kA, 1, 1, BeatOf(view));
  EXPECT_EQ(b.Sent<HeartbeatAck>(), nullptr);
  b.Receive(kA, 1, 1, Probe{1});
  EXPECT_EQ(b.Sent<ProbeAck>(), nullptr);
  b.TickAt(b.now + 250);
  b.Step(RegisterRead{view});
  b.Receive(kA, 1, 1, BeatOf(view));
  EXPECT_NE(b.Sent<HeartbeatAck>(), nullptr);
}

TEST(Group, ANodeThatDidNotRunJudgesNobody) {
  Member b(kB);
  b.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  b.TickAt(50);
  b.TickAt(5000);
  EXPECT_EQ(b.Find<Propose>(), nullptr);
}

TEST(Group, ProofOfThePrimarysDeathSparesTheGrace) {
  Member b(kB);
  b.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  b.TickAt(50);
  b.Receive({{1}, {99}}, 1, 1, Report{});
  b.TickAt(100);
  EXPECT_NE(b.Find<Propose>(), nullptr);
}

TEST(Group, AReleasedEpochIsNeverServedAgain) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  ASSERT_TRUE(a.Serves());
  a.Step(Switchover{.request = 9, .target = {2}});
  ASSERT_NE(a.Find<Drain>(), nullptr);
  a.Step(Drained{});
  ASSERT_NE(a.Sent<Release>(), nullptr);
  EXPECT_FALSE(a.Serves());
  a.Step(ViewLearned{View(2, 1, kA, {kA, kB, kC})});
  a.Acknowledge(kB);
  EXPECT_FALSE(a.Serves());
  a.RunUntil(5000);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.epoch, Epoch{2});
}

TEST(Group, WhoWinsTheNextEpochAfterItsOwnReleaseWindsTheOldOneUpFirst) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  a.Step(Switchover{.request = 9, .target = {2}});
  a.Step(Drained{});
  a.RunUntil(5000);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  a.Step(ProposalEnded{ProposalEnded::Outcome::kChosen, View(2, 2, kA, {kA, kB})});
  ASSERT_NE(a.Find<StepDown>(), nullptr);
  ASSERT_NE(a.Find<BecomePrimary>(), nullptr);
  EXPECT_LT(static_cast<const void*>(a.Find<StepDown>()),
            static_cast<const void*>(a.Find<BecomePrimary>()));
  EXPECT_EQ(a.Find<Answered>()->error, "the successor did not take over");
}

TEST(Group, ADeposedPrimaryIsReadableOnceWhatItExecutedIsCommitted) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  EXPECT_FALSE(a.group().IsReadable());
  a.Attach(kB);
  a.Append();
  const GroupView next = View(2, 2, kB, {kB});
  a.Step(ViewLearned{next});
  a.Step(LogAppended{a.log.Tail()});
  EXPECT_FALSE(a.group().IsReadable());
  a.Receive(kB, 2, 2, BeatOf(next));
  ASSERT_NE(a.Sent<Join>(), nullptr);
  // All of it has survived, which is not yet to say that all of it is committed.
  const uint64_t attempt = a.Sent<Join>()->attempt;
  a.Receive(kB, 2, 2, Joined{attempt, 1, a.log.Tail(), a.group().commit()});
  EXPECT_FALSE(a.group().IsReadable());
  Heartbeat beat = BeatOf(next);
  beat.session = 1;
  beat.commit = a.log.Tail().lsn;
  a.Receive(kB, 2, 2, beat);
  EXPECT_TRUE(a.group().IsReadable());
}

// Workers go on appending until they learn of it, which is after the heartbeat has been answered.
TEST(Group, ADeposedPrimaryWhoseLogStillGrewJoinsAnew) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  const LogPosition shared = a.log.Tail();
  const GroupView next = View(2, 2, kB, {kB});
  a.Receive(kB, 2, 2, BeatOf(next));
  ASSERT_NE(a.Sent<Join>(), nullptr);
  const Join early = *a.Sent<Join>();
  a.log.Append({{1}, 1});
  a.Step(LogAppended{a.log.Tail()});
  a.Receive(kB, 2, 2, Joined{early.attempt, 1, shared, shared.lsn});
  EXPECT_EQ(a.Find<Halt>(), nullptr);
  a.Receive(kB, 2, 2, BeatOf(next));
  ASSERT_NE(a.Sent<Join>(), nullptr);
  EXPECT_NE(a.Sent<Join>()->attempt, early.attempt);
  EXPECT_EQ(a.Sent<Join>()->applied, a.log.Tail().lsn);
}

TEST(Group, WhomThePrimaryHasNoSessionWithJoinsAgain) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA});
  Heartbeat beat = BeatOf(view);
  b.Step(ViewLearned{view});
  b.Receive(kA, 1, 1, beat);
  const uint64_t attempt = b.Sent<Join>()->attempt;
  b.Receive(kA, 1, 1, Joined{attempt, 1, {}, {}});
  beat.session = 1;
  b.Receive(kA, 1, 1, beat);
  EXPECT_EQ(b.Sent<HeartbeatAck>()->progress.session, 1u);
  EXPECT_EQ(b.Sent<Join>(), nullptr);
  // It was given up for a silence that was not noticed here. Nothing is missing meanwhile.
  beat.session = 0;
  b.Receive(kA, 1, 1, beat);
  EXPECT_EQ(b.Sent<HeartbeatAck>()->progress.session, 0u);
  ASSERT_NE(b.Sent<Join>(), nullptr);
  EXPECT_GT(b.Sent<Join>()->attempt, attempt);
}

TEST(Group, WhoIsBeingFilledIsNotReadable) {
  Member c(kC);
  const GroupView view = View(1, 1, kA, {kA, kB});
  c.Step(ViewLearned{view});
  EXPECT_TRUE(c.group().IsReadable());
  c.Receive(kA, 1, 1, BeatOf(view));
  c.Receive(kA, 1, 1, FullSync{c.Sent<Join>()->attempt, 4});
  EXPECT_FALSE(c.group().IsReadable());
  c.log = {};
  c.Step(SyncInstalled{4, {{1}, {8}, 80}});
  EXPECT_TRUE(c.group().IsReadable());
}

TEST(Group, AReleaseLetsTheTargetBeginAtOnceAndKeepsTheOldPrimary) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB});
  b.Step(ViewLearned{view});
  b.Receive(kA, 1, 1, BeatOf(view));
  ASSERT_NE(b.Sent<Join>(), nullptr);
  b.Receive(kA, 1, 1, Joined{b.Sent<Join>()->attempt, 1, {}, {}});
  b.Receive(kA, 1, 1, Release{{}});
  ASSERT_NE(b.Find<Propose>(), nullptr);
  EXPECT_EQ(b.Find<Propose>()->group.in_sync, (IdentitySet{kA, kB}));
}

TEST(Group, AMemberOfTheSetObeysNoOrderToDiscardItsState) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB});
  b.Step(ViewLearned{view});
  b.Receive(kA, 1, 1, BeatOf(view));
  b.Receive(kA, 1, 1, FullSync{b.Sent<Join>()->attempt, 1});
  EXPECT_EQ(b.Find<DiscardState>(), nullptr);
}

TEST(Group, AReadIsConfirmedWhenEveryMemberHasAnsweredTheProbe) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB, kC})});
  a.Attach(kB);
  a.Attach(kC);
  a.Step(ConfirmRead{4});
  const uint64_t round = a.Sent<Probe>()->round;
  a.Receive(kB, 1, 1, ProbeAck{round});
  EXPECT_EQ(a.Find<ReadsConfirmed>(), nullptr);
  a.Receive(kC, 1, 1, ProbeAck{round});
  ASSERT_NE(a.Find<ReadsConfirmed>(), nullptr);
  EXPECT_EQ(a.Find<ReadsConfirmed>()->token, 4U);
}

TEST(Group, NothingRecoveredAnywhereIsLostAndNotEmpty) {
  Member a(Identity{{1}, {12}});
  a.Step(ViewLearned{View(5, 3, kA, {kA})});
  a.RunUntil(1040);
  EXPECT_EQ(a.Find<Propose>(), nullptr);
  a.RunUntil(1100);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.status, GroupStatus::kLost);
}

TEST(Group, TheHighestRecoveredLogLeadsOnceAllHaveReported) {
  const Identity restarted{{1}, {12}};
  Member a(restarted, {.lives = {{11}}, .tail = {{2}, {9}, 1}});
  a.Step(ViewLearned{View(5, 3, kB, {kA, kB, kC})});
  a.RunUntil(1500);
  EXPECT_EQ(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.group().Describe(Milliseconds(a.now)).condition, GroupCondition::kWaiting);
  a.Receive({{2}, {23}}, 3, 5, Report{{.lives = {{22}}, .tail = {{2}, {8}, 1}}});
  // A report as of another configuration proves nothing about this one.
  a.Receive({{3}, {34}}, 3, 4, Report{{.lives = {{33}}, .tail = {{1}, {90}, 1}}});
  a.TickAt(a.now + 50);
  EXPECT_EQ(a.Find<Propose>(), nullptr);
  a.Receive({{3}, {34}}, 3, 5, Report{{.lives = {{33}}, .tail = {{1}, {90}, 1}}});
  a.TickAt(a.now + 50);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.primary, restarted);
  EXPECT_EQ(a.Find<Propose>()->group.in_sync, (IdentitySet{restarted}));
}

TEST(Group, AReportCountsOnlyForTheLivesItSpeaksFor) {
  const Identity restarted{{1}, {12}};
  Member a(restarted, {.lives = {{11}}, .tail = {{2}, {9}, 1}});
  a.Step(ViewLearned{View(5, 3, kB, {kA, kB})});
  a.RunUntil(1500);
  EXPECT_EQ(a.Find<Propose>(), nullptr);
  // Its log is longer, but another life's than the one that was in the set.
  a.Receive({{2}, {23}}, 3, 5, Report{{.lives = {{21}}, .tail = {{2}, {90}, 1}}});
  a.TickAt(a.now + 50);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.primary, restarted);
}

TEST(Group, WhatNobodySpeaksForIsLost) {
  Member a(Identity{{1}, {12}}, {.lives = {{10}}, .tail = {{2}, {9}, 1}});
  a.Step(ViewLearned{View(5, 3, kA, {kA})});
  a.RunUntil(1500);
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.status, GroupStatus::kLost);
}

TEST(Group, AWriteIsDurableOnceTheDisksOfTheWholeSetHaveIt) {
  Member a(kA);
  a.Step(ViewLearned{View(1, 1, kA, {kA, kB})});
  a.Attach(kB);
  ASSERT_EQ(a.group().commit(), Lsn{1});
  EXPECT_EQ(a.Find<DurableAdvanced>(), nullptr);
  a.Step(LogSynced{{1}});
  EXPECT_EQ(a.Find<DurableAdvanced>(), nullptr);
  a.Receive(kB, 1, 1, Ack{{.session = a.sessions[2], .held = {1}, .synced = {1}}});
  ASSERT_NE(a.Find<DurableAdvanced>(), nullptr);
  EXPECT_EQ(a.Find<DurableAdvanced>()->lsn, Lsn{1});
}

TEST(Group, AMemberSaysWhenItsDiskHasMore) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB});
  b.Step(ViewLearned{view});
  b.Receive(kA, 1, 1, BeatOf(view));
  ASSERT_NE(b.Sent<Join>(), nullptr);
  b.Receive(kA, 1, 1, Joined{.attempt = b.Sent<Join>()->attempt, .session = 5});
  b.log.Append({{1}, 1});
  b.Step(RecordsArrived{kA, {.epoch = {1}, .session = 5, .last = b.log.Tail()}});
  ASSERT_NE(b.Sent<Ack>(), nullptr);
  EXPECT_EQ(b.Sent<Ack>()->progress.synced, Lsn{0});
  b.Step(LogSynced{{1}});
  ASSERT_NE(b.Sent<Ack>(), nullptr);
  EXPECT_EQ(b.Sent<Ack>()->progress.synced, Lsn{1});
}

TEST(Group, OneCompleteReportSuffices) {
  Member a(Identity{{1}, {12}}, {.lives = {{11}}, .tail = {{2}, {9}, 1}, .complete_for = {11}});
  a.Step(ViewLearned{View(5, 3, kB, {kA, kB, kC})});
  a.RunUntil(1500);
  EXPECT_NE(a.Find<Propose>(), nullptr);
}

TEST(Group, AnOperatorMayChooseACopyOnlyWhenNobodyCanLead) {
  const Identity restarted{{1}, {12}};
  Member a(restarted, {.lives = {{11}}});
  a.Step(Recover{1});
  ASSERT_NE(a.Find<Answered>(), nullptr);
  EXPECT_EQ(a.Find<Answered>()->error, "no configuration is known here");
  a.Step(ViewLearned{View(5, 3, kB, {kA, kB, kC})});
  a.Step(Recover{2});
  EXPECT_EQ(a.Find<Answered>()->error, "an earlier lease may still run; try again in a second");
  a.RunUntil(1500);
  a.Step(Recover{3});
  ASSERT_NE(a.Find<Propose>(), nullptr);
  EXPECT_EQ(a.Find<Propose>()->group.epoch, Epoch{4});
  EXPECT_EQ(a.Find<Propose>()->group.in_sync, (IdentitySet{restarted}));
  EXPECT_EQ(a.Find<Answered>(), nullptr);
  a.Step(ProposalEnded{ProposalEnded::Outcome::kChosen, View(6, 4, restarted, {restarted})});
  ASSERT_NE(a.Find<Answered>(), nullptr);
  EXPECT_EQ(a.Find<Answered>()->error, "");
}

TEST(Group, AReplicaThatIsToldToEndLeavesTheSetFirst) {
  Member b(kB);
  const GroupView view = View(1, 1, kA, {kA, kB});
  b.Step(ViewLearned{view});
  b.Step(Shutdown{7});
  EXPECT_NE(b.Sent<Leave>(), nullptr);
  EXPECT_EQ(b.Find<Answered>(), nullptr);
  b.TickAt(50);
  EXPECT_NE(b.Sent<Leave>(), nullptr);
  b.Step(ViewLearned{View(2, 1, kA, {kA})});
  ASSERT_NE(b.Find<Answered>(), nullptr);
  EXPECT_EQ(b.Find<Answered>()->request, 7U);
}

TEST(Group, TheClaimToReportIsErasedBeforeTheStateItIsAbout) {
  Member b(Identity{{2}, {23}}, {.lives = {{22}}, .tail = {}});
  const GroupView view = View(5, 3, kA, {kA});
  b.Step(ViewLearned{view});
  b.Receive(kA, 3, 5, BeatOf(view));
  ASSERT_NE(b.Sent<Join>(), nullptr);
  b.Receive(kA, 3, 5, FullSync{b.Sent<Join>()->attempt, 1});
  ASSERT_EQ(b.outputs.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<EraseClaim>(b.outputs[0]));
  EXPECT_TRUE(std::holds_alternative<DiscardState>(b.outputs[1]));
}

TEST(Group, WhoIsBehindIsToldTheNewestConfiguration) {
  Member a(kA);
  a.Step(ViewLearned{View(7, 4, kA, {kA, kB})});
  a.Receive(kC, 3, 6, Heartbeat{.view = View(6, 3, kC, {kA, kB, kC})});
  ASSERT_NE(a.Sent<Announce>(), nullptr);
  EXPECT_EQ(a.Sent<Announce>()->view.version, 7U);
}

}  // namespace
}  // namespace holdfast
