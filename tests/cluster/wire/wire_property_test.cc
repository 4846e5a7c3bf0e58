// Configurations and messages of any shape come back as they were, equal ones are equal bytes, and
// damage is refused or makes another message.
#include <algorithm>
#include <string>
#include <vector>

#include "cluster/wire/configuration_codec.h"
#include "cluster/wire/group_codec.h"
#include "gtest/gtest.h"
#include "net/base/limits.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"

namespace holdfast {
namespace {

std::string AnyName() {
  return *rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::inRange(' ', '~')));
}

// Some of the nodes, in their order.
std::vector<NodeId> AnyVoters(const std::vector<NodeDescription>& nodes) {
  std::vector<NodeId> voters;
  for (const NodeDescription& node : nodes) {
    if (voters.size() < limits::kVotersMax && *rc::gen::arbitrary<bool>())
      voters.push_back(node.id);
  }
  return voters;
}

ClusterConfiguration AnyConfiguration() {
  ClusterConfiguration any = {.version = *rc::gen::arbitrary<uint64_t>(),
                              .cluster_id = *rc::gen::arbitrary<uint64_t>(),
                              .name = AnyName(),
                              .hash_seed = *rc::gen::arbitrary<uint64_t>()};
  uint64_t id = 0;
  const int count = *rc::gen::inRange(0, 10);
  for (int i = 0; i < count; ++i) {
    id += *rc::gen::inRange<uint64_t>(1, uint64_t{1} << 60);
    any.nodes.push_back({.id = {id},
                         .name = AnyName(),
                         .host = AnyName(),
                         .client_port = *rc::gen::arbitrary<uint16_t>(),
                         .peer_port = *rc::gen::arbitrary<uint16_t>(),
                         .witness = *rc::gen::arbitrary<bool>()});
  }
  any.voters = AnyVoters(any.nodes);
  any.next_voters = AnyVoters(any.nodes);
  for (NodeId node : AnyVoters(any.nodes)) {
    any.group.in_sync.push_back({node, {*rc::gen::arbitrary<uint64_t>()}});
  }
  any.group.epoch = {*rc::gen::arbitrary<uint64_t>()};
  any.group.primary = {{*rc::gen::arbitrary<uint64_t>()}, {*rc::gen::arbitrary<uint64_t>()}};
  any.group.status = *rc::gen::element(GroupStatus::kActive, GroupStatus::kLost);
  return any;
}

RC_GTEST_PROP(WireProperty, ConfigurationsComeBack, ()) {
  const ClusterConfiguration any = AnyConfiguration();
  const std::string bytes = EncodeConfiguration(any);
  const auto decoded = DecodeConfiguration(bytes);
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == any);
  RC_ASSERT(EncodeConfiguration(*decoded) == bytes);
}

RC_GTEST_PROP(WireProperty, DamagedBytesAreRefusedOrAnotherConfiguration, ()) {
  std::string bytes = EncodeConfiguration(AnyConfiguration());
  const size_t at = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8)));
  const auto decoded = DecodeConfiguration(bytes);
  if (!decoded.ok()) {
    RC_ASSERT(!decoded.status().message().empty());
    return;
  }
  RC_ASSERT(CheckWellFormed(*decoded).ok());
  RC_ASSERT(*DecodeConfiguration(EncodeConfiguration(*decoded)) == *decoded);
}

// ---- messages of the group ----

template <typename T>
T Any() {
  return {*rc::gen::arbitrary<decltype(T::value)>()};
}

LogPosition AnyPosition() { return {Any<Epoch>(), Any<Lsn>(), *rc::gen::arbitrary<uint64_t>()}; }

Progress AnyProgress() {
  return {*rc::gen::arbitrary<uint64_t>(), Any<Lsn>(), Any<Lsn>(), *rc::gen::arbitrary<uint64_t>()};
}

GroupView AnyView() {
  const ClusterConfiguration any = AnyConfiguration();
  GroupView view{any.version, any.group, {}};
  for (const NodeDescription& node : any.nodes) view.data_nodes.push_back(node.id);
  return view;
}

Ladder AnyLadder() {
  Ladder ladder;
  const size_t rungs = *rc::gen::inRange<size_t>(0, limits::kLadderRungsMax + 2);
  while (ladder.size() < rungs) ladder.push_back(AnyPosition());
  return ladder;
}

MessageBody AnyBody() {
  const auto word = [] { return *rc::gen::arbitrary<uint64_t>(); };
  switch (*rc::gen::inRange<size_t>(0, std::variant_size_v<MessageBody>)) {
    case 0:
      return Heartbeat{AnyView(),  Any<Nanos>(),  Any<Lsn>(), Any<Lsn>(),
                       Any<Lsn>(), Any<Millis>(), word()};
    case 1:
      return HeartbeatAck{Any<Nanos>(), AnyProgress()};
    case 2:
      return Join{word(), Any<Lsn>(), AnyLadder()};
    case 3:
      return Joined{word(), word(), AnyPosition(), Any<Lsn>()};
    case 4:
      return FullSync{word(), word()};
    case 5:
      return Ack{AnyProgress()};
    case 6:
      return Release{AnyPosition()};
    case 7:
      return Probe{word()};
    case 8:
      return ProbeAck{word()};
    case 9:
      return Leave{};
    case 10:
      return Announce{AnyView()};
    default:
      return Report{
          {*rc::gen::container<std::vector<Incarnation>>(rc::gen::map(
               rc::gen::arbitrary<uint64_t>(), [](uint64_t life) { return Incarnation{life}; })),
           AnyPosition(), Any<Incarnation>()}};
  }
}

RC_GTEST_PROP(WireProperty, GroupMessagesComeBack, ()) {
  const Message any{Any<Epoch>(), *rc::gen::arbitrary<uint64_t>(), AnyBody()};
  const std::string bytes = EncodeGroupMessage(any);
  const auto decoded = DecodeGroupMessage(bytes);
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == any);
  RC_ASSERT(EncodeGroupMessage(*decoded) == bytes);
}

RC_GTEST_PROP(WireProperty, DamagedGroupMessagesAreRefusedOrOthers, ()) {
  std::string bytes = EncodeGroupMessage({{1}, 2, AnyBody()});
  const size_t at = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8)));
  bytes.resize(bytes.size() - *rc::gen::inRange<size_t>(0, bytes.size() / 2 + 1));
  const auto decoded = DecodeGroupMessage(bytes);
  if (!decoded.ok()) {
    RC_ASSERT(!decoded.status().message().empty());
    return;
  }
  RC_ASSERT(*DecodeGroupMessage(EncodeGroupMessage(*decoded)) == *decoded);
}

RC_GTEST_PROP(WireProperty, GarbageIsRefusedOrAMessage, (const std::string& garbage)) {
  const auto decoded = DecodeGroupMessage(garbage);
  if (decoded.ok()) RC_ASSERT(*DecodeGroupMessage(EncodeGroupMessage(*decoded)) == *decoded);
  const auto header = DecodeRecordsHeader(garbage);
  if (header.ok()) RC_ASSERT(*DecodeRecordsHeader(EncodeRecordsHeader(*header)) == *header);
}

}  // namespace
}  // namespace holdfast
