// What the group has decided, carried out.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/driver/driver.h"
#include "cluster/driver/peer_frames.h"
#include "cluster/driver/view_of.h"
#include "cluster/wire/group_codec.h"
#include "net/base/check.h"
#include "net/base/mark.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"
#include "storage/effects/effect_format.h"

namespace holdfast {
void ClusterDriver::Carry(Send& send) {
  if (const auto* release = std::get_if<Release>(&send.message.body)) {
    WitnessRelease({.epoch = send.message.epoch, .tail = release->tail.lsn});
    WitnessVulnerable(Vulnerable::kRelease);
  }
  mesh_.SendControl(send.to, kGroupFrame, EncodeGroupMessage(send.message));
}

void ClusterDriver::Carry(Propose& propose) {
  WitnessVulnerable(Vulnerable::kReconfiguration);
  ClusterConfiguration next = register_->known();
  WitnessProposal({.expected = propose.expected_version, .known = next.version});
  if (next.version < propose.expected_version && !BUG("what-a-heartbeat-tells-is-never-fetched")) {
    // The group has heard of a newer one from a primary; the whole of it is still to be fetched.
    MARK("a proposal needs a configuration that is only heard of");
    return register_->Read([this](RegisterResult result) {
      register_reason_ = result.reason;
      Feed(ProposalEnded{ProposalEnded::Outcome::kConflict, ViewOf(register_->known())});
    });
  }
  if (next.version != propose.expected_version) {
    // Something newer is known already: this proposal never was made.
    MARK("a proposal is outdated before it is sent");
    Feed(ProposalEnded{ProposalEnded::Outcome::kConflict, ViewOf(next)});
    return;
  }
  next.version += 1;
  next.group = propose.group;
  register_->CompareAndSet(propose.expected_version, std::move(next),
                           [this](RegisterResult result) { EndProposal(result); });
}

void ClusterDriver::EndProposal(const RegisterResult& result) {
  register_reason_ = result.reason;
  ProposalEnded ended;
  switch (result.outcome) {
    case RegisterOutcome::kChosen:
      ended = {ProposalEnded::Outcome::kChosen, ViewOf(result.current)};
      break;
    case RegisterOutcome::kConflict:
    case RegisterOutcome::kSuperseded:
      ended = {ProposalEnded::Outcome::kConflict, ViewOf(result.current)};
      break;
    case RegisterOutcome::kRefused:
    case RegisterOutcome::kUnavailable:
      ended = {ProposalEnded::Outcome::kConflict, ViewOf(register_->known())};
      break;
    case RegisterOutcome::kUnknown:
      ended = {ProposalEnded::Outcome::kUnknown, {}};
      break;
  }
  Feed(std::move(ended));
}

void ClusterDriver::Carry(ReadRegister&) {
  register_->Read([this](RegisterResult result) {
    register_reason_ = result.reason;
    if (result.outcome == RegisterOutcome::kChosen) {
      Feed(RegisterRead{ViewOf(result.current)});
    } else {
      Feed(RegisterRead{});
    }
  });
}

void ClusterDriver::Carry(BecomePrimary& lead) {
  WitnessVulnerable(Vulnerable::kPromotion);
  const Epoch epoch = lead.epoch;
  // What is executed from here on is not committed yet.
  state_.readable.store(false, std::memory_order_release);
  AddRoleWork([this, epoch](ClusterHost::Done done) {
    host_.CatchUp(heard_.value_or(HeardTime{}), [this, epoch, done = std::move(done)]() mutable {
      Lead(epoch, std::move(done));
    });
  });
}

void ClusterDriver::Lead(Epoch epoch, ClusterHost::Done done) {
  log_.NoteApplied(log_.ready().lsn);
  if (!group_->IsPrimary() || group_->view().group.epoch != epoch) {
    MARK("deposed before it could lead");
    return done();
  }
  log_.Open(epoch);
  times_.clear();
  const Millis now = host_.log_time();
  const auto lsn = log_.Append({.epoch = epoch, .log_time = now, .payload = kNothingEffect});
  CHECK(lsn.has_value());
  LeadOn(epoch, std::move(done));
  OnAppended();
}

// Nothing is stepped until the log's end is known: the group tells others about it.
void ClusterDriver::Carry(StepDown&) {
  DropCut("this node leads no more");
  RaiseReadTime(host_.log_time());
  state_.role.store(ServingRole::kFollower, std::memory_order_release);
  streams_.clear();
  for (const auto& snapshot : snapshots_) snapshot->Cancel();
  snapshots_.clear();
  retiring_ = true;
  AddRoleWork([this](ClusterHost::Done done) {
    host_.Retire([this, done = std::move(done)]() mutable {
      log_.Close();
      reported_ = log_.Advance();
      if (disk_ != nullptr) disk_->Pump();
      retiring_ = false;
      inputs_.push_front(LogAppended{reported_});
      StepInputs();
      StepDeferred();
      done();
    });
  });
}

// Workers look at the lease by themselves.
void ClusterDriver::Carry(StartServing&) {}
void ClusterDriver::Carry(StopServing&) {}

void ClusterDriver::Carry(CommitAdvanced& advanced) {
  if (discards_ > 0) return;
  log_.SetCommit(advanced.commit);
  FindCut();
  if (group_->IsPrimary()) {
    WitnessCommit({.epoch = group_->view().group.epoch,
                   .lsn = advanced.commit,
                   .acknowledgeable = advanced.acknowledgeable});
    if (state_.acknowledgeable.load() < advanced.acknowledgeable.value) {
      state_.acknowledgeable.store(advanced.acknowledgeable.value);
    }
    host_.RepliesMayGo();
  } else {
    host_.Apply(advanced.commit);
  }
}

void ClusterDriver::Carry(TakeRecords& take) {
  absl::string_view rest = records_;
  for (uint64_t i = 0; i < take.skip && !rest.empty(); ++i) {
    rest.remove_prefix(ReadTrustedRecord(rest.data()).framed.size());
  }
  const auto appended = log_.AppendReceived(rest);
  if (appended.ok()) {
    reported_ = *appended;
    took_records_ = true;
    if (disk_ != nullptr) disk_->Pump();
  } else {
    host_.Halt(absl::StrCat("records from the primary do not continue the log: ",
                            appended.status().message()));
  }
}

void ClusterDriver::Carry(RefuseRecords&) { MARK("records are refused"); }

void ClusterDriver::Carry(CutBack& cut) {
  MARK("buffered records are cut back");
  log_.TruncateAfter(cut.to.lsn);
  if (disk_ != nullptr) disk_->CutBack(cut.to);
  reported_ = log_.ready();
  std::erase_if(times_, [&](const TimeHeard& heard) { return heard.after > cut.to.lsn; });
}

void ClusterDriver::Carry(DiscardState& discard) {
  WitnessVulnerable(Vulnerable::kSnapshot);
  ++discards_;
  DropCut("the data is replaced");
  loading_session_ = discard.session;
  next_block_ = 0;
  loaded_blocks_ = 0;
  received_bytes_ = 0;
  reported_ = {};
  times_.clear();
  state_.readable.store(false, std::memory_order_release);
  state_.read_time_ms.store(0);
  AddRoleWork([this](ClusterHost::Done done) {
    host_.Discard([this, done = std::move(done)]() mutable {
      log_.Restart({});
      if (disk_ != nullptr) disk_->Discard();
      --discards_;
      AnswerBlock(group_->view().group.primary, loading_session_);
      done();
    });
  });
}

void ClusterDriver::Carry(SendSnapshot& order) {
  WitnessVulnerable(Vulnerable::kSnapshot);
  DropOutgoing(order.peer);
  auto sender = std::make_shared<SnapshotSender>(
      SnapshotSender::Target{order.peer, order.session, log_.ready().lsn, options_.resync_blocks},
      [this] { loop_.Post([this] { PumpSnapshots(); }); });
  snapshots_.push_back(sender);
  // Not before this node leads.
  AddRoleWork([this, session = order.session, sender](ClusterHost::Done done) {
    host_.SendSnapshot(session, sender);
    done();
  });
}

void ClusterDriver::Carry(StreamLog& stream) {
  DropOutgoing(stream.peer);
  streams_.push_back(std::make_unique<RecordStream>(
      log_, mesh_, RecordStream::Target{stream.peer, stream.session, stream.after}));
  // Pumped once the step is over: the group may have more to say.
  loop_.Post([this] { PumpStreams(); });
}

void ClusterDriver::Carry(StopStreaming& stop) { DropOutgoing(stop.peer); }

void ClusterDriver::DropOutgoing(Identity peer) {
  std::erase_if(streams_, [&](const auto& stream) { return stream->target().peer == peer; });
  std::erase_if(snapshots_, [&](const auto& snapshot) {
    if (snapshot->target().peer != peer) return false;
    snapshot->Cancel();
    return true;
  });
}

void ClusterDriver::Carry(TimeHeard& heard) {
  state_.heard_at.store(runtime_.clock().Monotonic().value);
  NoteTime(heard.log_time);
  if (discards_ > 0) return;
  if (BUG("heartbeat-time-used-ahead-of-its-records")) heard.after = {};
  times_.push_back(heard);
  UsableTime();
}

// What was heard that says the most of log_time now, at the moment it was heard. News that waited
// on its way says less than news that came in time, although the log_time it tells is a later one.
void ClusterDriver::NoteTime(Millis log_time) {
  const Nanos now = runtime_.clock().Monotonic();
  if (heard_) {
    const bool ran_on = !BUG("late-news-turn-the-clock-back");
    // At least: log_time runs at 0.99 of its primary's clock, whose rate may differ from ours by 1
    // %.
    const Nanos run{ran_on ? (now - heard_->at).value / 100 * 98 : 0};
    if (log_time < heard_->log_time + ToMillis(run)) return;
  }
  heard_ = {log_time, now};
}

void ClusterDriver::Carry(HeldByAll& held) {
  if (discards_ > 0) return;
  held_by_all_ = held.lsn;
  TrimLog();
}

void ClusterDriver::Carry(ReadsConfirmed& confirmed) {
  state_.confirmed.store(confirmed.token);
  host_.RepliesMayGo();
}

void ClusterDriver::Carry(Drain&) {
  WitnessVulnerable(Vulnerable::kHandover);
  state_.role.store(ServingRole::kDraining, std::memory_order_release);
  AddRoleWork([this, drain = ++drains_](ClusterHost::Done done) {
    host_.Drain([this, drain, done = std::move(done)]() mutable {
      OnAppended();
      if (drain == drains_) Feed(Drained{});
      done();
    });
  });
}

void ClusterDriver::Carry(Resume&) {
  MARK("a handover is given up");
  ++drains_;
  AddRoleWork(
      [this](ClusterHost::Done done) { LeadOn(group_->view().group.epoch, std::move(done)); });
}

// Lets workers execute in an epoch whose log is open.
void ClusterDriver::LeadOn(Epoch epoch, ClusterHost::Done done) {
  host_.Lead(epoch, [this, epoch, done = std::move(done)]() mutable {
    const bool leads = group_->IsPrimary() && group_->view().group.epoch == epoch;
    if (leads && HandoverStage() == Handover::Stage::kNone) {
      state_.role.store(ServingRole::kLeading, std::memory_order_release);
    }
    done();
  });
}

void ClusterDriver::Carry(Answered& answered) {
  auto found = answers_.find(answered.request);
  if (found == answers_.end()) return;
  StatusHandler done = std::move(found->second);
  answers_.erase(found);
  // Who is told so sees it, too.
  if (HandoverStage() != status_handover_) PublishStatus();
  done(answered.error.empty() ? absl::OkStatus() : absl::FailedPreconditionError(answered.error));
}

void ClusterDriver::Carry(Halt& halt) { host_.Halt(halt.reason); }

}  // namespace holdfast
