#include "cluster/driver/inspection.h"

#include "cluster/wire/admin.pb.h"

namespace holdfast {

std::string EncodeFacts(const NodeFacts& facts) {
  wire::Inspection message;
  message.set_empty(facts.empty);
  message.set_witness(facts.witness);
  message.set_cluster_id(facts.cluster_id);
  message.set_version(facts.version);
  message.set_wall_ms(facts.wall_ms);
  return message.SerializeAsString();
}

absl::StatusOr<NodeFacts> DecodeFacts(absl::string_view bytes) {
  wire::Inspection message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("inspection: not a message");
  }
  return NodeFacts{.empty = message.empty(),
                   .witness = message.witness(),
                   .cluster_id = message.cluster_id(),
                   .version = message.version(),
                   .wall_ms = message.wall_ms()};
}

}  // namespace holdfast
