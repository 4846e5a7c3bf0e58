#include "cluster/wire/group_codec.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/wire/group.pb.h"
#include "cluster/wire/schema.h"
#include "net/base/limits.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

using wire_internal::Put;
using wire_internal::Take;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("group message: %s", what));
}

void Put(const LogPosition& position, wire::Position& message) {
  message.set_epoch(position.epoch.value);
  message.set_lsn(position.lsn.value);
  message.set_hash(position.hash);
}

LogPosition Take(const wire::Position& message) {
  return {{message.epoch()}, {message.lsn()}, message.hash()};
}

void Put(const Progress& progress, wire::Progress& message) {
  message.set_session(progress.session);
  message.set_held(progress.held.value);
  message.set_applied(progress.applied.value);
  message.set_arrivals(progress.arrivals);
  message.set_synced(progress.synced.value);
}

Progress Take(const wire::Progress& message) {
  return {.session = message.session(),
          .held = {message.held()},
          .applied = {message.applied()},
          .synced = {message.synced()},
          .arrivals = message.arrivals()};
}

void Put(const GroupView& view, wire::View& message) {
  message.set_version(view.version);
  Put(view.group, *message.mutable_group());
  for (NodeId node : view.data_nodes) message.add_data_nodes(node.value);
}

absl::StatusOr<GroupView> Take(const wire::View& message) {
  GroupView view;
  view.version = message.version();
  ASSIGN_OR_RETURN(view.group, Take(message.group()));
  if (message.data_nodes_size() > static_cast<int>(limits::kClusterNodesMax)) {
    return Malformed(absl::StrFormat("%d data nodes, at most %d are allowed",
                                     message.data_nodes_size(), limits::kClusterNodesMax));
  }
  for (uint64_t node : message.data_nodes()) {
    if (!view.data_nodes.empty() && view.data_nodes.back().value >= node) {
      return Malformed("data nodes out of order or twice");
    }
    view.data_nodes.push_back({node});
  }
  return view;
}

// One Write for each body, and its Read below.

void Write(const Heartbeat& heartbeat, wire::GroupMessage& message) {
  wire::Heartbeat& body = *message.mutable_heartbeat();
  Put(heartbeat.view, *body.mutable_view());
  body.set_sent_ns(static_cast<uint64_t>(heartbeat.sent.value));
  body.set_tail(heartbeat.tail.value);
  body.set_commit(heartbeat.commit.value);
  body.set_held_by_all(heartbeat.held_by_all.value);
  body.set_log_time_ms(heartbeat.log_time.value);
  body.set_session(heartbeat.session);
}

void Write(const HeartbeatAck& ack, wire::GroupMessage& message) {
  wire::HeartbeatAck& body = *message.mutable_heartbeat_ack();
  body.set_sent_ns(static_cast<uint64_t>(ack.sent.value));
  Put(ack.progress, *body.mutable_progress());
}

void Write(const Join& join, wire::GroupMessage& message) {
  wire::Join& body = *message.mutable_join();
  body.set_attempt(join.attempt);
  body.set_applied(join.applied.value);
  for (const LogPosition& rung : join.ladder) Put(rung, *body.add_ladder());
}

void Write(const Joined& joined, wire::GroupMessage& message) {
  wire::Joined& body = *message.mutable_joined();
  body.set_attempt(joined.attempt);
  body.set_session(joined.session);
  Put(joined.shared, *body.mutable_shared());
  body.set_commit(joined.commit.value);
}

void Write(const FullSync& sync, wire::GroupMessage& message) {
  wire::FullSync& body = *message.mutable_full_sync();
  body.set_attempt(sync.attempt);
  body.set_session(sync.session);
}

void Write(const Ack& ack, wire::GroupMessage& message) {
  Put(ack.progress, *message.mutable_ack()->mutable_progress());
}

void Write(const Release& release, wire::GroupMessage& message) {
  Put(release.tail, *message.mutable_release()->mutable_tail());
}

void Write(const Probe& probe, wire::GroupMessage& message) {
  message.mutable_probe()->set_round(probe.round);
}

void Write(const ProbeAck& ack, wire::GroupMessage& message) {
  message.mutable_probe_ack()->set_round(ack.round);
}

void Write(const Leave&, wire::GroupMessage& message) { message.mutable_leave(); }

void Write(const Announce& announce, wire::GroupMessage& message) {
  Put(announce.view, *message.mutable_announce()->mutable_view());
}

void Write(const Report& report, wire::GroupMessage& message) {
  wire::Report& body = *message.mutable_report();
  for (const Incarnation life : report.recovery.lives) body.add_lives(life.value);
  Put(report.recovery.tail, *body.mutable_tail());
  body.set_complete_for(report.recovery.complete_for.value);
}

absl::StatusOr<MessageBody> Read(const wire::Heartbeat& body) {
  ASSIGN_OR_RETURN(GroupView view, Take(body.view()));
  return Heartbeat{.view = std::move(view),
                   .sent = {static_cast<int64_t>(body.sent_ns())},
                   .tail = {body.tail()},
                   .commit = {body.commit()},
                   .held_by_all = {body.held_by_all()},
                   .log_time = {body.log_time_ms()},
                   .session = body.session()};
}

absl::StatusOr<MessageBody> Read(const wire::Join& body) {
  // The foot comes on top of the rungs.
  constexpr size_t kRungsMax = limits::kLadderRungsMax + 1;
  if (static_cast<size_t>(body.ladder_size()) > kRungsMax) {
    return Malformed(absl::StrFormat("a ladder of %d rungs, at most %d are allowed",
                                     body.ladder_size(), kRungsMax));
  }
  Join join{.attempt = body.attempt(), .applied = {body.applied()}};
  for (const wire::Position& rung : body.ladder()) join.ladder.push_back(Take(rung));
  return join;
}

absl::StatusOr<MessageBody> Read(const wire::Report& body) {
  Report report{.recovery = {.tail = Take(body.tail()), .complete_for = {body.complete_for()}}};
  for (const uint64_t life : body.lives()) report.recovery.lives.push_back({life});
  return report;
}

absl::StatusOr<MessageBody> ReadBody(const wire::GroupMessage& message) {
  switch (message.body_case()) {
    case wire::GroupMessage::kHeartbeat:
      return Read(message.heartbeat());
    case wire::GroupMessage::kHeartbeatAck:
      return HeartbeatAck{.sent = {static_cast<int64_t>(message.heartbeat_ack().sent_ns())},
                          .progress = Take(message.heartbeat_ack().progress())};
    case wire::GroupMessage::kJoin:
      return Read(message.join());
    case wire::GroupMessage::kJoined:
      return Joined{.attempt = message.joined().attempt(),
                    .session = message.joined().session(),
                    .shared = Take(message.joined().shared()),
                    .commit = {message.joined().commit()}};
    case wire::GroupMessage::kFullSync:
      return FullSync{.attempt = message.full_sync().attempt(),
                      .session = message.full_sync().session()};
    case wire::GroupMessage::kAck:
      return Ack{.progress = Take(message.ack().progress())};
    case wire::GroupMessage::kRelease:
      return Release{.tail = Take(message.release().tail())};
    case wire::GroupMessage::kProbe:
      return Probe{.round = message.probe().round()};
    case wire::GroupMessage::kProbeAck:
      return ProbeAck{.round = message.probe_ack().round()};
    case wire::GroupMessage::kLeave:
      return Leave{};
    case wire::GroupMessage::kAnnounce: {
      ASSIGN_OR_RETURN(GroupView view, Take(message.announce().view()));
      return Announce{.view = std::move(view)};
    }
    case wire::GroupMessage::kReport:
      return Read(message.report());
    case wire::GroupMessage::BODY_NOT_SET:
      break;
  }
  return Malformed("no body, or one that is not known here");
}

}  // namespace

std::string EncodeGroupMessage(const Message& message) {
  wire::GroupMessage encoded;
  encoded.set_epoch(message.epoch.value);
  encoded.set_version(message.version);
  std::visit([&](const auto& body) { Write(body, encoded); }, message.body);
  return wire_internal::Serialize(encoded);
}

absl::StatusOr<Message> DecodeGroupMessage(absl::string_view bytes) {
  wire::GroupMessage encoded;
  RETURN_IF_ERROR(wire_internal::Parse(bytes, "group message", encoded));
  ASSIGN_OR_RETURN(MessageBody body, ReadBody(encoded));
  return Message{.epoch = {encoded.epoch()}, .version = encoded.version(), .body = std::move(body)};
}

std::string EncodeRecordsHeader(const RecordsHeader& header) {
  wire::RecordsHeader encoded;
  encoded.set_epoch(header.epoch.value);
  encoded.set_session(header.session);
  Put(header.previous, *encoded.mutable_previous());
  Put(header.last, *encoded.mutable_last());
  encoded.set_commit(header.commit.value);
  return wire_internal::Serialize(encoded);
}

absl::StatusOr<RecordsHeader> DecodeRecordsHeader(absl::string_view bytes) {
  wire::RecordsHeader encoded;
  RETURN_IF_ERROR(wire_internal::Parse(bytes, "records header", encoded));
  return RecordsHeader{.epoch = {encoded.epoch()},
                       .session = encoded.session(),
                       .previous = Take(encoded.previous()),
                       .last = Take(encoded.last()),
                       .commit = {encoded.commit()}};
}

}  // namespace holdfast
