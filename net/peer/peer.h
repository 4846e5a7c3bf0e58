// Who speaks, over what, and in which version: the words that the files of net/peer share.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace holdfast {

// Versions of the protocol that this node speaks: its own and the one before, so that a cluster is
// upgraded node by node. Two peers use the highest that both speak. The handshake is the same in
// all versions; what a version changes is the meaning of the frames that follow it.
inline constexpr uint16_t kPeerProtocolMin = 1;
inline constexpr uint16_t kPeerProtocolMax = 2;

// What a connection is for. Each channel has connections of its own, so that a snapshot under way
// never delays a heartbeat.
enum class PeerChannel : uint8_t {
  kControl = 0,  // heartbeats, the register, promotions: small and urgent
  kData = 1,     // records and snapshots
  kForward = 2,  // requests of clients that asked the wrong node
  kVisit = 3,    // one question and its answer, between nodes that need not belong together yet
};
inline constexpr int kPeerChannelCount = 4;

constexpr absl::string_view PeerChannelName(PeerChannel channel) {
  switch (channel) {
    case PeerChannel::kControl:
      return "control";
    case PeerChannel::kData:
      return "data";
    case PeerChannel::kForward:
      return "forward";
    case PeerChannel::kVisit:
      return "visit";
  }
  return "unknown";
}

// One run of one node. The node's id is kept over restarts, the incarnation is new at each.
struct PeerIdentity {
  uint64_t node = 0;  // either 0: nobody
  uint64_t incarnation = 0;
  auto operator<=>(const PeerIdentity&) const = default;
  std::string ToString() const { return absl::StrFormat("%016x:%016x", node, incarnation); }
};

// What this node says of itself in every handshake. Its owner may change it, on the thread of the
// loop that uses it (a node learns its cluster's id when it joins); a handshake under way then
// fails or is judged by the new values.
struct PeerSelf {
  PeerIdentity identity;
  uint64_t cluster_id = 0;  // 0: of no cluster yet, which fits every other
  std::string secret;       // the same on every node of a cluster
  // Without a secret every handshake is refused, unless this says that none is wanted.
  bool allows_empty_secret = false;
  uint16_t protocol_min = kPeerProtocolMin;
  uint16_t protocol_max = kPeerProtocolMax;
};

// What a handshake has established. Everything in it is covered by the peer's proof.
struct PeerSession {
  PeerIdentity peer;
  uint64_t cluster_id = 0;  // the peer's; 0: of no cluster yet
  PeerChannel channel = PeerChannel::kControl;
  uint16_t protocol = 0;
  // Rises from one dial of an incarnation to its next; the dialer's, on both sides.
  uint64_t attempt = 0;
  bool operator==(const PeerSession&) const = default;
};

}  // namespace holdfast
