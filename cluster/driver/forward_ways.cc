#include "cluster/driver/forward_ways.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/driver/peer_frames.h"
#include "net/base/mark.h"

namespace holdfast {
namespace {

// A way is asked so often before its silence counts, and has so many silences of time.
constexpr int64_t kQuestionsPerSilence = 3;
constexpr int64_t kSilences = 2;
// How long a way stays when requests go elsewhere: longer than any answer is held back.
constexpr Nanos kLinger = Seconds(5);

}  // namespace

void ForwardWays::PointTo(const NodeDescription& node) {
  const auto known = ways_.find(node.id);
  if (known != ways_.end()) {
    const Address& address = known->second.link->options().address;
    if (address.host != node.host || address.port != node.peer_port) {
      End(known->second);
      ways_.erase(known);
    }
  }
  Way& way = ways_[node.id];
  way.retired = {};
  if (way.link == nullptr) {
    PeerHandler& handler = *this;
    way.link = std::make_unique<PeerLink>(
        runtime_, loop_, self_, handler,
        PeerLinkOptions{.address = {.host = node.host, .port = node.peer_port},
                        .channel = PeerChannel::kForward,
                        .expected_node = node.id.value});
  }
  Point(node.id, false);
}

void ForwardWays::Point(NodeId target, bool here) {
  here_ = here;
  if (current_ != target) {
    const auto left = ways_.find(current_);
    if (left != ways_.end()) left->second.retired = runtime_.clock().Monotonic();
    current_ = target;
  }
  Announce();
}

void ForwardWays::Announce() {
  const auto found = ways_.find(current_);
  const uint64_t current = found == ways_.end() ? 0 : found->second.number;
  const uint64_t number = here_ ? kHere : current;
  if (std::exchange(announced_, number) != number) host_.OnWay(number);
}

void ForwardWays::Tick(Nanos silence) {
  const Nanos now = runtime_.clock().Monotonic();
  // Whoever did not run for a while has the answers still before it.
  const bool was_away = now - last_tick_ > silence;
  last_tick_ = now;
  for (auto entry = ways_.begin(); entry != ways_.end();) {
    Way& way = entry->second;
    if (was_away) way.heard = now;
    const bool stays = entry->first == current_ || (way.number != 0 && now - way.retired < kLinger);
    if (stays) {
      Ask(way, silence);
      ++entry;
    } else {
      End(way);
      entry = ways_.erase(entry);
    }
  }
  Announce();
}

void ForwardWays::Ask(Way& way, Nanos silence) {
  if (way.number == 0 || !way.link->up()) return;
  const Nanos now = runtime_.clock().Monotonic();
  // A long answer is on its way.
  const uint64_t received = way.link->connection()->received_bytes();
  if (std::exchange(way.received, received) != received) way.heard = now;
  if (now - way.heard > Nanos{kSilences * silence.value}) {
    MARK("a silent way to the primary is given up");
    End(way);
    way.link->Restart(absl::UnavailableError("no answer"));
    return;
  }
  if (now - way.asked < Nanos{silence.value / kQuestionsPerSilence}) return;
  way.asked = now;
  way.link->Send(kPingFrame, "");
}

void ForwardWays::End(Way& way) {
  if (way.number != 0) host_.OnWayEnded(std::exchange(way.number, 0));
}

bool ForwardWays::CanSend(uint64_t number) {
  const Way* way = Find(number);
  return way != nullptr && way->link->CanSend();
}

void ForwardWays::Send(uint64_t number, Buffer payload) {
  Way* way = Find(number);
  if (way != nullptr) way->link->Send(kRequestsFrame, std::move(payload));
}

ForwardWays::Way* ForwardWays::Find(uint64_t number) {
  for (auto& [node, way] : ways_) {
    if (number != 0 && way.number == number) return &way;
  }
  return nullptr;
}

ForwardWays::Way* ForwardWays::Find(const PeerConnection& connection) {
  const auto found = ways_.find(NodeId{connection.session().peer.node});
  return found == ways_.end() ? nullptr : &found->second;
}

void ForwardWays::OnUp(PeerConnection& connection) {
  Way* way = Find(connection);
  if (way == nullptr) return;
  way->number = ++last_number_;
  way->asked = way->heard = runtime_.clock().Monotonic();
  Announce();
}

absl::Status ForwardWays::OnFrame(PeerConnection& connection, const Frame& frame) {
  Way* way = Find(connection);
  if (way == nullptr || way->number == 0) return absl::OkStatus();
  way->heard = runtime_.clock().Monotonic();
  if (frame.type == kPongFrame) return absl::OkStatus();
  if (frame.type == kAnswersFrame) return host_.OnAnswers(way->number, frame.payload);
  return absl::InvalidArgumentError(
      absl::StrFormat("unknown frame type %d on the way to the primary", frame.type));
}

void ForwardWays::OnDrained(PeerConnection& connection) {
  const Way* way = Find(connection);
  if (way != nullptr && way->number != 0) host_.OnWayRoom(way->number);
}

void ForwardWays::OnDown(PeerConnection& connection, const absl::Status&) {
  Way* way = Find(connection);
  if (way == nullptr) return;
  End(*way);
  Announce();
}

}  // namespace holdfast
