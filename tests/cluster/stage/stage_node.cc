// What a node of the stage does for its group: carries out the outputs of a step.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "tests/cluster/stage/stage.h"

namespace holdfast::stage {

std::vector<uint8_t> StageNode::History() const {
  std::vector<uint8_t> values(executed.begin(),
                              executed.begin() + static_cast<int64_t>(log.Base().lsn.value));
  for (const auto& record : log.records()) values.push_back(record.value);
  return values;
}

void Stage::Step(int number, const Input& input) {
  std::vector<Input> inputs = {input};
  for (size_t turn = 0; turn < inputs.size(); ++turn) {
    Outputs outputs;
    const Input next = inputs[turn];
    At(number).group->Step(next, now_, At(number).log, outputs);
    for (const Output& output : outputs) Perform(number, output, inputs);
  }
  Pump(number);
  Judge();
}

void Stage::EndReign(StageNode& node) {
  for (const auto& [lsn, value] : node.pending) states_[value] = WriteState::kUnknown;
  node.pending.clear();
  node.streams.clear();
  node.draining = false;
}

void Stage::Lead(int number, Epoch epoch, std::vector<Input>& next) {
  StageNode& node = At(number);
  Tell(absl::StrCat(NameOf(node.identity), " leads epoch ", epoch.value));
  if (std::exchange(node.log_open, true)) {
    Accuse(absl::StrCat(NameOf(node.identity), " leads anew before its last reign is wound up"));
  }
  EndReign(node);
  node.log.Append({epoch, 0});
  Execute(number, node.log.Tail().lsn);
  next.push_back(LogAppended{node.log.Tail()});
}

void Stage::Perform(int number, const Output& output, std::vector<Input>& next) {
  StageNode& node = At(number);
  if (const auto* send = std::get_if<holdfast::Send>(&output)) {
    if (const int to = NumberOf(send->to); to != 0) Send(number, to, send->message);
  } else if (const auto* propose = std::get_if<Propose>(&output)) {
    node.proposal = *propose;
    ++node.proposals;
    Tell(absl::StrCat(NameOf(node.identity), " proposes epoch ", propose->group.epoch.value));
  } else if (std::holds_alternative<ReadRegister>(output)) {
    node.reading_register = true;
  } else if (const auto* become = std::get_if<BecomePrimary>(&output)) {
    Lead(number, become->epoch, next);
  } else if (std::holds_alternative<StepDown>(output)) {
    Tell(absl::StrCat(NameOf(node.identity), " steps down"));
    EndReign(node);
    node.log_open = false;
    next.insert(next.begin() + 1, LogAppended{node.log.Tail()});
  } else if (const auto* commit = std::get_if<CommitAdvanced>(&output)) {
    Reply(number, *commit);
    if (!node.group->IsPrimary()) {
      Execute(number, commit->commit);
      next.push_back(Applied{commit->commit});
    }
  } else if (const auto* confirmed = std::get_if<ReadsConfirmed>(&output)) {
    node.confirmed = std::max(node.confirmed, confirmed->token);
  } else if (std::holds_alternative<Drain>(output)) {
    node.draining = true;
    next.push_back(Drained{});
  } else if (std::holds_alternative<Resume>(output)) {
    node.draining = false;
  } else if (const auto* answered = std::get_if<Answered>(&output)) {
    Tell(absl::StrCat(NameOf(node.identity), " answers ",
                      answered->error.empty() ? "OK" : answered->error));
    answers_[answered->request] = answered->error;
    // The operator has accepted that this copy is all there is.
    if (answered->request == recovery_request_ && answered->error.empty()) {
      promised_ &= Held(number);
    }
  } else if (const auto* halt = std::get_if<Halt>(&output)) {
    Accuse(absl::StrCat(NameOf(node.identity), " halts: ", halt->reason));
  } else {
    PerformOnLog(number, output);
  }
}

void Stage::PerformOnLog(int number, const Output& output) {
  StageNode& node = At(number);
  if (const auto* take = std::get_if<TakeRecords>(&output)) {
    for (size_t at = take->skip; at < incoming_->size(); ++at) node.log.Append((*incoming_)[at]);
  } else if (const auto* cut = std::get_if<CutBack>(&output)) {
    Tell(absl::StrCat(NameOf(node.identity), " cuts back to ", cut->to.lsn.value));
    node.log.CutTo(cut->to.lsn);
  } else if (const auto* discard = std::get_if<DiscardState>(&output)) {
    Tell(absl::StrCat(NameOf(node.identity), " discards its state"));
    node.log = {};
    node.executed.clear();
    node.claim.clear();
    node.loading_session = discard->session;
    ++node.full_syncs;
  } else if (std::holds_alternative<EraseClaim>(output)) {
    node.claim = {node.identity.incarnation};
  } else if (const auto* order = std::get_if<SendSnapshot>(&output)) {
    SendSnapshotOf(number, *order);
  } else if (const auto* stream = std::get_if<StreamLog>(&output)) {
    if (const int to = NumberOf(stream->peer); to != 0) {
      node.streams[to] = {stream->session, stream->after.lsn};
    }
  } else if (const auto* stop = std::get_if<StopStreaming>(&output)) {
    node.streams.erase(NumberOf(stop->peer));
  }
}

void Stage::SendSnapshotOf(int number, const SendSnapshot& order) {
  const int to = NumberOf(order.peer);
  if (to == 0) return;
  StageNode& node = At(number);
  const LogPosition cut = *node.log.PositionAt(node.group->commit());
  SnapshotPacket snapshot{order.session, cut, node.History()};
  snapshot.values.resize(cut.lsn.value);
  node.streams[to] = {order.session, cut.lsn};
  Send(number, to, std::move(snapshot));
}

void Stage::Install(int number, const SnapshotPacket& snapshot) {
  StageNode& node = At(number);
  if (node.loading_session != snapshot.session) return;
  node.loading_session = 0;
  node.claim = {node.identity.incarnation};
  node.log = explorer::ModelLog(snapshot.cut);
  node.executed = snapshot.values;
  Step(number, SyncInstalled{snapshot.session, snapshot.cut});
}

void Stage::Pump(int number) {
  StageNode& node = At(number);
  const Lsn tail = node.log.Tail().lsn;
  for (auto& [to, stream] : node.streams) {
    if (stream.next >= tail || !this->node(to).group) continue;
    // Kept as it is until the snapshot's receiver has it.
    const auto previous = node.log.PositionAt(stream.next);
    if (!previous) continue;
    RecordsPacket packet{{node.group->view().group.epoch, stream.session, *previous,
                          node.log.Tail(), node.group->commit()},
                         {}};
    const auto& records = node.log.records();
    const auto known = static_cast<int64_t>(stream.next.value - node.log.Base().lsn.value);
    packet.records.assign(records.begin() + known, records.end());
    stream.next = tail;
    Send(number, to, std::move(packet));
  }
}

void Stage::Execute(int number, Lsn up_to) {
  StageNode& node = At(number);
  const std::vector<uint8_t> history = node.History();
  while (node.executed.size() < std::min<size_t>(up_to.value, history.size())) {
    node.executed.push_back(history[node.executed.size()]);
  }
}

void Stage::Reply(int number, const CommitAdvanced& commit) {
  StageNode& node = At(number);
  std::erase_if(node.pending, [&](const auto& write) {
    const auto [lsn, value] = write;
    if (lsn > commit.acknowledgeable) return false;
    states_[value] = WriteState::kAcknowledged;
    promised_.set(value);
    Tell(absl::StrCat("write ", value, " is acknowledged"));
    JudgeCopies(number, value);
    return true;
  });
}

}  // namespace holdfast::stage
