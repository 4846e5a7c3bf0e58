#include "cluster/wire/register_codec.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/wire/register.pb.h"
#include "cluster/wire/schema.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

using wire_internal::Put;
using wire_internal::Take;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("register message: %s", what));
}

void Put(const Ballot& ballot, wire::Ballot& message) {
  message.set_round(ballot.round);
  wire_internal::Put(ballot.proposer, *message.mutable_proposer());
}

Ballot Take(const wire::Ballot& message) {
  return {message.round(), wire_internal::Take(message.proposer())};
}

absl::StatusOr<Ballot> TakeNamed(const wire::Ballot& message) {
  const Ballot ballot = Take(message);
  if (ballot.round == 0) return Malformed("no ballot");
  return ballot;
}

// What was accepted comes with its ballot, and nothing comes with none.
absl::Status CheckAccepted(const Ballot& promised, const Ballot& accepted,
                           const ClusterConfiguration& value) {
  if ((accepted.round == 0) != (value.version == 0)) {
    return Malformed("an accepted value without its ballot, or a ballot without its value");
  }
  if (accepted > promised) return Malformed("accepted above what was promised");
  return absl::OkStatus();
}

wire::RegisterMessage Message(const PrepareRequest& request) {
  wire::RegisterMessage message;
  wire::Prepare& prepare = *message.mutable_prepare();
  prepare.set_cluster_id(request.cluster_id);
  Put(request.ballot, *prepare.mutable_ballot());
  prepare.set_enrol(request.enrol);
  return message;
}

wire::RegisterMessage Message(const PrepareReply& reply) {
  wire::RegisterMessage message;
  wire::Promise& promise = *message.mutable_promise();
  Put(reply.ballot, *promise.mutable_ballot());
  Put(reply.promised, *promise.mutable_promised());
  Put(reply.accepted, *promise.mutable_accepted());
  if (reply.value.version != 0) Put(reply.value, *promise.mutable_value());
  return message;
}

wire::RegisterMessage Message(const AcceptRequest& request) {
  wire::RegisterMessage message;
  wire::Accept& accept = *message.mutable_accept();
  accept.set_cluster_id(request.cluster_id);
  Put(request.ballot, *accept.mutable_ballot());
  Put(request.value, *accept.mutable_value());
  return message;
}

wire::RegisterMessage Message(const AcceptReply& reply) {
  wire::RegisterMessage message;
  wire::Accepted& accepted = *message.mutable_accepted();
  Put(reply.ballot, *accepted.mutable_ballot());
  Put(reply.promised, *accepted.mutable_promised());
  return message;
}

wire::RegisterMessage Message(const ChosenNotice& notice) {
  wire::RegisterMessage message;
  Put(notice.value, *message.mutable_chosen()->mutable_value());
  return message;
}

absl::StatusOr<RegisterMessage> Take(const wire::Prepare& message) {
  PrepareRequest request = {.cluster_id = message.cluster_id(), .enrol = message.enrol()};
  ASSIGN_OR_RETURN(request.ballot, TakeNamed(message.ballot()));
  return request;
}

absl::StatusOr<RegisterMessage> Take(const wire::Promise& message) {
  PrepareReply reply = {.accepted = Take(message.accepted())};
  ASSIGN_OR_RETURN(reply.ballot, TakeNamed(message.ballot()));
  ASSIGN_OR_RETURN(reply.promised, TakeNamed(message.promised()));
  if (message.has_value()) {
    ASSIGN_OR_RETURN(reply.value, Take(message.value()));
  }
  RETURN_IF_ERROR(CheckAccepted(reply.promised, reply.accepted, reply.value));
  return reply;
}

absl::StatusOr<RegisterMessage> Take(const wire::Accept& message) {
  AcceptRequest request = {.cluster_id = message.cluster_id()};
  ASSIGN_OR_RETURN(request.ballot, TakeNamed(message.ballot()));
  ASSIGN_OR_RETURN(request.value, Take(message.value()));
  if (request.value.version == 0) return Malformed("nothing to accept");
  if (request.value.cluster_id != request.cluster_id) {
    return Malformed("another cluster's value to accept");
  }
  return request;
}

absl::StatusOr<RegisterMessage> Take(const wire::Accepted& message) {
  AcceptReply reply;
  ASSIGN_OR_RETURN(reply.ballot, TakeNamed(message.ballot()));
  ASSIGN_OR_RETURN(reply.promised, TakeNamed(message.promised()));
  return reply;
}

absl::StatusOr<RegisterMessage> Take(const wire::Chosen& message) {
  ChosenNotice notice;
  ASSIGN_OR_RETURN(notice.value, Take(message.value()));
  if (notice.value.version == 0) return Malformed("nothing that was chosen");
  return notice;
}

}  // namespace

std::string EncodeRegisterMessage(const RegisterMessage& message) {
  return wire_internal::Serialize(
      std::visit([](const auto& kind) { return Message(kind); }, message));
}

absl::StatusOr<RegisterMessage> DecodeRegisterMessage(absl::string_view bytes) {
  wire::RegisterMessage message;
  RETURN_IF_ERROR(wire_internal::Parse(bytes, "register message", message));
  switch (message.kind_case()) {
    case wire::RegisterMessage::kPrepare:
      return Take(message.prepare());
    case wire::RegisterMessage::kPromise:
      return Take(message.promise());
    case wire::RegisterMessage::kAccept:
      return Take(message.accept());
    case wire::RegisterMessage::kAccepted:
      return Take(message.accepted());
    case wire::RegisterMessage::kChosen:
      return Take(message.chosen());
    case wire::RegisterMessage::KIND_NOT_SET:
      break;
  }
  return Malformed("of no kind");
}

std::string EncodeVoterState(const VoterState& state) {
  wire::Voter message;
  message.set_node(state.node.value);
  message.set_cluster_id(state.cluster_id);
  Put(state.promised, *message.mutable_promised());
  Put(state.accepted, *message.mutable_accepted());
  if (state.value.version != 0) Put(state.value, *message.mutable_value());
  return wire_internal::Serialize(message);
}

absl::StatusOr<VoterState> DecodeVoterState(absl::string_view bytes) {
  wire::Voter message;
  RETURN_IF_ERROR(wire_internal::Parse(bytes, "voter", message));
  VoterState state = {.node = {message.node()},
                      .cluster_id = message.cluster_id(),
                      .promised = Take(message.promised()),
                      .accepted = Take(message.accepted())};
  if (state.node.value == 0) return Malformed("a voter without a node id");
  if (message.has_value()) {
    ASSIGN_OR_RETURN(state.value, Take(message.value()));
    if (state.value.cluster_id != state.cluster_id) return Malformed("a voter of two clusters");
  }
  RETURN_IF_ERROR(CheckAccepted(state.promised, state.accepted, state.value));
  return state;
}

}  // namespace holdfast
