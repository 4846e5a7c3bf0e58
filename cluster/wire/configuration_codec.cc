#include "cluster/wire/configuration_codec.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "cluster/wire/schema.h"
#include "google/protobuf/unknown_field_set.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("configuration: %s", what));
}

// Strictly rising, so that a list is sorted and holds nothing twice.
template <typename Element>
bool Rises(const std::vector<Element>& list) {
  return std::adjacent_find(
             list.begin(), list.end(),
             [](const Element& left, const Element& right) { return left >= right; }) == list.end();
}

bool Lists(const ClusterConfiguration& configuration, NodeId node) {
  return std::any_of(configuration.nodes.begin(), configuration.nodes.end(),
                     [&](const NodeDescription& listed) { return listed.id == node; });
}

absl::Status CheckNodes(const std::vector<NodeDescription>& nodes) {
  if (nodes.size() > limits::kClusterNodesMax) {
    return Malformed(absl::StrFormat("%d nodes, at most %d are allowed", nodes.size(),
                                     limits::kClusterNodesMax));
  }
  NodeId previous;
  for (const NodeDescription& node : nodes) {
    if (node.id <= previous) return Malformed("nodes out of order, twice, or without an id");
    if (std::max(node.name.size(), node.host.size()) > limits::kNodeNameBytesMax) {
      return Malformed(absl::StrFormat("name or host of node %016x longer than %d bytes",
                                       node.id.value, limits::kNodeNameBytesMax));
    }
    previous = node.id;
  }
  return absl::OkStatus();
}

absl::Status CheckVoters(const ClusterConfiguration& configuration,
                         const std::vector<NodeId>& voters, absl::string_view field) {
  if (voters.size() > limits::kVotersMax) {
    return Malformed(
        absl::StrFormat("%d %s, at most %d are allowed", voters.size(), field, limits::kVotersMax));
  }
  if (!Rises(voters)) return Malformed(absl::StrFormat("%s out of order or twice", field));
  for (NodeId voter : voters) {
    if (Lists(configuration, voter)) continue;
    return Malformed(absl::StrFormat("%s: %016x is not a listed node", field, voter.value));
  }
  return absl::OkStatus();
}

absl::Status CheckGroup(const ClusterConfiguration& configuration) {
  const GroupConfiguration& group = configuration.group;
  if (group.in_sync.size() > limits::kGroupMembersMax) {
    return Malformed(absl::StrFormat("%d identities in sync, at most %d are allowed",
                                     group.in_sync.size(), limits::kGroupMembersMax));
  }
  if (!Rises(group.in_sync)) return Malformed("in-sync identities out of order or twice");
  for (const Identity& identity : group.in_sync) {
    if (Lists(configuration, identity.node)) continue;
    return Malformed(
        absl::StrFormat("in-sync identity %s is of no listed node", identity.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWellFormed(const ClusterConfiguration& configuration) {
  if (configuration.name.size() > limits::kNodeNameBytesMax) {
    return Malformed(absl::StrFormat("name longer than %d bytes", limits::kNodeNameBytesMax));
  }
  RETURN_IF_ERROR(CheckNodes(configuration.nodes));
  RETURN_IF_ERROR(CheckVoters(configuration, configuration.voters, "voters"));
  RETURN_IF_ERROR(CheckVoters(configuration, configuration.next_voters, "next voters"));
  return CheckGroup(configuration);
}

std::string EncodeConfiguration(const ClusterConfiguration& configuration) {
  wire::Configuration message;
  wire_internal::Put(configuration, message);
  return wire_internal::Serialize(message);
}

absl::StatusOr<ClusterConfiguration> DecodeConfiguration(absl::string_view bytes) {
  wire::Configuration message;
  RETURN_IF_ERROR(wire_internal::Parse(bytes, "configuration", message));
  return wire_internal::Take(message);
}

namespace wire_internal {

void Put(const holdfast::Identity& identity, wire::Identity& message) {
  message.set_node(identity.node.value);
  message.set_incarnation(identity.incarnation.value);
}

holdfast::Identity Take(const wire::Identity& message) {
  return {{message.node()}, {message.incarnation()}};
}

void Put(const GroupConfiguration& group, wire::Group& message) {
  message.set_epoch(group.epoch.value);
  Put(group.primary, *message.mutable_primary());
  for (const holdfast::Identity& identity : group.in_sync) Put(identity, *message.add_in_sync());
  message.set_status(static_cast<uint32_t>(group.status));
}

absl::StatusOr<GroupConfiguration> Take(const wire::Group& message) {
  GroupConfiguration group;
  group.epoch = {message.epoch()};
  group.primary = Take(message.primary());
  if (message.status() > static_cast<uint32_t>(GroupStatus::kLost)) {
    return Malformed(absl::StrFormat("unknown group status %d", message.status()));
  }
  group.status = static_cast<GroupStatus>(message.status());
  if (message.in_sync_size() > static_cast<int>(limits::kGroupMembersMax)) {
    return Malformed(absl::StrFormat("%d identities in sync, at most %d are allowed",
                                     message.in_sync_size(), limits::kGroupMembersMax));
  }
  for (const wire::Identity& identity : message.in_sync()) {
    group.in_sync.push_back(Take(identity));
  }
  if (!Rises(group.in_sync)) return Malformed("in-sync identities out of order or twice");
  return group;
}

void Put(const ClusterConfiguration& configuration, wire::Configuration& message) {
  CHECK(CheckWellFormed(configuration).ok());
  message.set_version(configuration.version);
  message.set_cluster_id(configuration.cluster_id);
  message.set_name(configuration.name);
  message.set_hash_seed(configuration.hash_seed);
  for (const NodeDescription& node : configuration.nodes) {
    wire::Node& added = *message.add_nodes();
    added.set_id(node.id.value);
    added.set_name(node.name);
    added.set_host(node.host);
    added.set_client_port(node.client_port);
    added.set_peer_port(node.peer_port);
    added.set_witness(node.witness);
  }
  for (NodeId voter : configuration.voters) message.add_voters(voter.value);
  for (NodeId voter : configuration.next_voters) message.add_next_voters(voter.value);
  Put(configuration.group, *message.mutable_group());
}

absl::StatusOr<ClusterConfiguration> Take(const wire::Configuration& message) {
  ClusterConfiguration configuration;
  configuration.version = message.version();
  configuration.cluster_id = message.cluster_id();
  configuration.name = message.name();
  configuration.hash_seed = message.hash_seed();
  for (const wire::Node& node : message.nodes()) {
    if (node.client_port() > UINT16_MAX || node.peer_port() > UINT16_MAX) {
      return Malformed(absl::StrFormat("port of node %016x above %d", node.id(), UINT16_MAX));
    }
    configuration.nodes.push_back({.id = {node.id()},
                                   .name = node.name(),
                                   .host = node.host(),
                                   .client_port = static_cast<uint16_t>(node.client_port()),
                                   .peer_port = static_cast<uint16_t>(node.peer_port()),
                                   .witness = node.witness()});
  }
  for (uint64_t voter : message.voters()) configuration.voters.push_back({voter});
  for (uint64_t voter : message.next_voters()) configuration.next_voters.push_back({voter});
  ASSIGN_OR_RETURN(configuration.group, Take(message.group()));
  RETURN_IF_ERROR(CheckWellFormed(configuration));
  return configuration;
}

namespace {

// Protobuf keeps fields that it does not know, at any depth, and would hide them from us.
bool KnowsAllFields(const google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return false;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (!KnowsAllFields(reflection.GetMessage(message, field))) return false;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!KnowsAllFields(reflection.GetRepeatedMessage(message, field, i))) return false;
    }
  }
  return true;
}

}  // namespace

absl::Status Parse(absl::string_view bytes, absl::string_view what,
                   google::protobuf::Message& message) {
  if (bytes.size() > limits::kRegisterMessageBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("%s of %d bytes, at most %d are allowed",
                                                      what, bytes.size(),
                                                      limits::kRegisterMessageBytesMax));
  }
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d bytes that are no such message", what, bytes.size()));
  }
  if (!KnowsAllFields(message)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: holds fields that this version does not know", what));
  }
  return absl::OkStatus();
}

std::string Serialize(const google::protobuf::Message& message) {
  // Without maps and unknown fields the bytes depend on the values alone.
  return message.SerializeAsString();
}

}  // namespace wire_internal
}  // namespace holdfast
