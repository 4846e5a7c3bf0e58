// What other nodes say, taken in.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cluster/driver/admin.h"
#include "cluster/driver/driver.h"
#include "cluster/driver/peer_frames.h"
#include "cluster/wire/group_codec.h"
#include "cluster/wire/register_codec.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/number_bytes.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"
#include "net/base/witness.h"
#include "storage/log/format.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {
namespace {

absl::Status Short(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: too short", what));
}

// The log_time of the last of these records, which must be whole and sound and end at `last`.
absl::StatusOr<Millis> CheckRecords(absl::string_view records, Lsn last) {
  RecordHeader seen;
  while (!records.empty()) {
    ASSIGN_OR_RETURN(const Record record, ReadRecord(records));
    seen = record.header;
    records.remove_prefix(record.framed.size());
  }
  if (seen.lsn == last) return seen.log_time;
  return absl::DataLossError(
      absl::StrFormat("records end at %d, announced was %d", seen.lsn.value, last.value));
}

}  // namespace

void ClusterDriver::OnPeer(Identity peer) {
  // A node that was added, or was away, learns where it stands.
  const ClusterConfiguration& known = register_->known();
  if (known.version != 0) {
    mesh_.SendControl(peer, kRegisterFrame, EncodeRegisterMessage(ChosenNotice{known}));
  }
  if (const auto own = doors_.find(NodeId{self_.identity.node}); own != doors_.end()) {
    mesh_.SendControl(peer, kDoorsFrame, EncodeDoors(own->second));
  }
  if (group_) {
    Feed(Connected{peer});
  } else {
    met_.push_back(peer);
  }
}

void ClusterDriver::OnDataUp(Identity peer) {
  for (const auto& stream : streams_) {
    if (stream->target().peer == peer) stream->Rewind();
  }
  for (const auto& snapshot : snapshots_) {
    if (snapshot->target().peer == peer) snapshot->Rewind();
  }
  PumpStreams();
}

void ClusterDriver::OnDataArriving(Identity peer) {
  if (group_) Feed(RecordsArriving{peer});
}

void ClusterDriver::OnDataRoom(Identity) { PumpStreams(); }

absl::Status ClusterDriver::OnPeerFrame(Identity from, PeerConnection& connection,
                                        const Frame& frame) {
  if (stopped_) return absl::OkStatus();
  switch (frame.type) {
    case kGroupFrame:
      return OnGroupFrame(from, frame.payload);
    case kRegisterFrame: {
      ASSIGN_OR_RETURN(const RegisterMessage message, DecodeRegisterMessage(frame.payload));
      register_->OnMessage(from.node, message);
      return absl::OkStatus();
    }
    case kTakenFrame:
      return OnTakenFrame(from, frame.payload);
    case kDoorsFrame: {
      ASSIGN_OR_RETURN(doors_[from.node], DecodeDoors(frame.payload));
      return absl::OkStatus();
    }
    case kHandOverFrame:
      return OnHandOver(from, frame.payload);
    case kHandedOverFrame:
      return OnHandedOver(frame.payload);
    case kRecordsFrame:
      return OnRecordsFrame(from, frame.payload);
    case kBlockFrame:
      return OnBlockFrame(from, frame.payload);
    case kBlockEndFrame:
      return OnBlockEnd(from, frame.payload);
    default:
      return admin_->OnPeerFrame(from, connection, frame);
  }
}

absl::Status ClusterDriver::OnGroupFrame(Identity from, absl::string_view payload) {
  ASSIGN_OR_RETURN(Message message, DecodeGroupMessage(payload));
  if (!group_) return absl::OkStatus();
  const Progress* progress = nullptr;
  if (const auto* ack = std::get_if<Ack>(&message.body)) progress = &ack->progress;
  if (const auto* ack = std::get_if<HeartbeatAck>(&message.body)) progress = &ack->progress;
  if (progress != nullptr) {
    for (const auto& stream : streams_) {
      if (stream->target().peer == from && stream->target().session == progress->session) {
        stream->Acknowledged(progress->held);
      }
    }
  }
  Feed(MessageArrived{from, std::move(message)});
  // What became ready while as many frames as may be were under way.
  if (progress != nullptr) PumpStreams();
  return absl::OkStatus();
}

absl::Status ClusterDriver::OnRecordsFrame(Identity from, absl::string_view payload) {
  uint32_t header_bytes = 0;
  if (!TakeNumber(payload, header_bytes) || payload.size() < header_bytes) return Short("records");
  ASSIGN_OR_RETURN(const RecordsHeader header,
                   DecodeRecordsHeader(payload.substr(0, header_bytes)));
  payload.remove_prefix(header_bytes);
  ASSIGN_OR_RETURN(const Millis log_time, CheckRecords(payload, header.last.lsn));
  // What is dropped here is asked for again.
  if (!group_ || discards_ > 0) return absl::OkStatus();
  if (retiring_) {
    Defer(from, header, payload, log_time);
  } else {
    StepRecords(from, header, payload, log_time);
  }
  return absl::OkStatus();
}

// The bytes die with the call, so they are stepped now or not at all.
void ClusterDriver::StepRecords(Identity from, const RecordsHeader& header,
                                absl::string_view records, Millis log_time) {
  records_ = records;
  took_records_ = false;
  Feed(RecordsArrived{from, header});
  records_ = {};
  if (took_records_) NoteTime(log_time);
}

// A successor may stream before the reign here is wound up. It would send nothing again before it
// has something new to send, and its clients may all wait for what it sent.
void ClusterDriver::Defer(Identity from, const RecordsHeader& header, absl::string_view records,
                          Millis log_time) {
  if (deferred_bytes_ + records.size() > limits::kDeferredRecordsBytesMax) return;
  deferred_bytes_ += records.size();
  deferred_.push_back({from, header, std::string(records), log_time});
}

void ClusterDriver::StepDeferred() {
  deferred_bytes_ = 0;
  for (const DeferredRecords& late : std::exchange(deferred_, {})) {
    if (retiring_ || discards_ > 0) return;
    StepRecords(late.from, late.header, late.records, late.log_time);
  }
}

absl::Status ClusterDriver::OnBlockFrame(Identity from, absl::string_view payload) {
  uint64_t session = 0;
  if (!TakeNumber(payload, session) || payload.size() < snapshot_format::kBlockHeaderBytes) {
    return Short("snapshot block");
  }
  const auto number = LoadNumber<uint32_t>(payload.data() + sizeof(uint32_t));
  if (session != loading_session_ || number > next_block_) return absl::OkStatus();
  if (number < next_block_) {
    AnswerBlock(from, session);
    return absl::OkStatus();
  }
  ++next_block_;
  received_bytes_ += payload.size();
  auto block = std::make_shared<Buffer>();
  block->Append(payload);
  AddRoleWork([this, from, session, block](ClusterHost::Done done) {
    if (session != loading_session_) return done();
    host_.LoadBlock(
        session, std::move(*block),
        [this, from, session, done = std::move(done)](absl::Status status) mutable {
          // Of a sync that was given up meanwhile it counts for nothing: a learner that
          // claims a block which it lacks waits for it for ever.
          if (session != loading_session_ && !BUG("block-of-an-old-sync-counted-in-the-new")) {
            return done();
          }
          if (status.ok()) {
            ++loaded_blocks_;
            CHECK_LE(loaded_blocks_, next_block_);
            AnswerBlock(from, session);
          } else {
            FailSync(from, session, status);
          }
          done();
        });
  });
  return absl::OkStatus();
}

void ClusterDriver::AnswerBlock(Identity to, uint64_t session) {
  if (session == 0 || session != loading_session_) return;
  char answer[sizeof(session) + sizeof(loaded_blocks_)];
  StoreNumber(StoreNumber(answer, session), loaded_blocks_);
  mesh_.SendControl(to, kTakenFrame, absl::string_view(answer, sizeof(answer)));
}

absl::Status ClusterDriver::OnTakenFrame(Identity from, absl::string_view payload) {
  uint64_t session = 0;
  uint32_t next = 0;
  if (!TakeNumber(payload, session) || !TakeNumber(payload, next)) return Short("block answer");
  for (const auto& snapshot : snapshots_) {
    if (snapshot->target().peer != from || snapshot->target().session != session) continue;
    snapshot->Answered(next);
    snapshot->Pump(mesh_, log_, group_->commit());
  }
  return absl::OkStatus();
}

absl::Status ClusterDriver::OnBlockEnd(Identity from, absl::string_view payload) {
  uint64_t session = 0;
  LogPosition cut;
  if (!TakeNumber(payload, session) || !TakeNumber(payload, cut.epoch.value) ||
      !TakeNumber(payload, cut.lsn.value) || !TakeNumber(payload, cut.hash)) {
    return Short("snapshot end");
  }
  if (session != loading_session_) return absl::OkStatus();
  AddRoleWork([this, from, session, cut](ClusterHost::Done done) {
    if (session != loading_session_) return done();
    host_.Install(session, [this, from, session, cut, done = std::move(done)](
                               absl::StatusOr<SnapshotHeader> installed) mutable {
      if (session == loading_session_) {
        if (installed.ok() && installed->cut != cut.lsn) {
          installed = absl::DataLossError("the snapshot was cut elsewhere than announced");
        }
        if (installed.ok()) {
          FinishSync(cut, installed->log_time);
        } else {
          FailSync(from, session, installed.status());
        }
      }
      done();
    });
  });
  return absl::OkStatus();
}

void ClusterDriver::FinishSync(const LogPosition& cut, Millis log_time) {
  const uint64_t session = std::exchange(loading_session_, 0);
  WitnessSnapshot({.epoch = cut.epoch, .cut = cut.lsn});
  log_.Restart(cut);
  if (disk_ != nullptr) {
    disk_->Restart(cut);
    host_.SaveSnapshot();
  }
  reported_ = cut;
  NoteTime(log_time);
  Feed(SyncInstalled{session, cut});
}

void ClusterDriver::FailSync(Identity from, uint64_t session, const absl::Status& status) {
  if (session != loading_session_) return;
  runtime_.logger().Write(
      LogLevel::kWarning,
      absl::StrFormat("sync-failed session=%d reason=\"%s\"", session, status.message()));
  loading_session_ = 0;
  ReportFailure(from, session);
}

// A little later, so that what fails again and again does not fill the wire.
void ClusterDriver::ReportFailure(Identity peer, uint64_t session) {
  loop_.RunAfter(options_.group.timing.heartbeat, [this, peer, session] {
    Feed(SyncFailed{peer, session});
  });
}

void ClusterDriver::PumpSnapshots() {
  std::vector<SnapshotSender::Target> failed;
  for (const auto& snapshot : snapshots_) {
    snapshot->Pump(mesh_, log_, group_->commit());
    const auto ended = snapshot->ended();
    if (ended && !ended->ok()) failed.push_back(snapshot->target());
  }
  for (const SnapshotSender::Target& target : failed) {
    DropOutgoing(target.peer);
    ReportFailure(target.peer, target.session);
  }
}

// A switchover that another node asks for, on behalf of its clients.

void ClusterDriver::AskToHandOver(NodeId target, uint64_t expected_version, StatusHandler done) {
  constexpr Nanos kPatience = Seconds(5);
  const Identity primary = group_->view().group.primary;
  const uint64_t request = AddAnswer(std::move(done));
  std::string question;
  for (const uint64_t number : {request, target.value, expected_version}) {
    question.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  const auto end = [this, request](absl::string_view why) {
    auto found = answers_.find(request);
    if (found == answers_.end()) return;
    StatusHandler answer = std::move(found->second);
    answers_.erase(found);
    answer(absl::UnavailableError(why));
  };
  if (!mesh_.SendControl(primary, kHandOverFrame, question)) {
    return end(
        "the primary cannot be reached; if it is gone another member takes over by itself within "
        "about a second");
  }
  loop_.RunAfter(kPatience, [end] { end("the primary has not answered; see kvctl status"); });
}

absl::Status ClusterDriver::OnHandOver(Identity from, absl::string_view payload) {
  uint64_t request = 0;
  NodeId target;
  uint64_t version = 0;
  if (!TakeNumber(payload, request) || !TakeNumber(payload, target.value) ||
      !TakeNumber(payload, version)) {
    return Short("hand over");
  }
  const auto answer = [this, from, request](const absl::Status& status) {
    std::string text(reinterpret_cast<const char*>(&request), sizeof(request));
    absl::StrAppend(&text, status.message());
    mesh_.SendControl(from, kHandedOverFrame, text);
  };
  if (!group_ || !group_->IsPrimary()) {
    answer(absl::FailedPreconditionError("this node is not the primary any more; try again"));
  } else {
    SwitchOver(target, version, answer);
  }
  return absl::OkStatus();
}

absl::Status ClusterDriver::OnHandedOver(absl::string_view payload) {
  uint64_t request = 0;
  if (!TakeNumber(payload, request)) return Short("handed over");
  auto found = answers_.find(request);
  if (found == answers_.end()) return absl::OkStatus();
  StatusHandler done = std::move(found->second);
  answers_.erase(found);
  done(payload.empty() ? absl::OkStatus() : absl::FailedPreconditionError(payload));
  return absl::OkStatus();
}

}  // namespace holdfast
