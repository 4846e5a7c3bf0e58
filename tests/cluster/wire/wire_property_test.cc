// Configurations of any shape come back as they were, and equal ones are equal bytes.
#include <algorithm>
#include <string>
#include <vector>

#include "cluster/wire/configuration_codec.h"
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

}  // namespace
}  // namespace holdfast
