#include "sim/peer_tap.h"

#include <algorithm>
#include <iterator>

#include "cluster/driver/peer_frames.h"
#include "cluster/wire/group_codec.h"
#include "cluster/wire/register_codec.h"
#include "net/peer/frame.h"

namespace holdfast {
namespace {

absl::string_view GroupKind(absl::string_view payload) {
  constexpr absl::string_view kNames[] = {"heartbeat", "heartbeat ack", "join",     "joined",
                                          "full sync", "ack",           "release",  "probe",
                                          "probe ack", "leave",         "announce", "report"};
  static_assert(std::size(kNames) == std::variant_size_v<MessageBody>);
  const absl::StatusOr<Message> message = DecodeGroupMessage(payload);
  return message.ok() ? kNames[message->body.index()] : "garbled";
}

absl::string_view KindOf(const Frame& frame) {
  switch (frame.type) {
    case kGroupFrame:
      return GroupKind(frame.payload);
    case kRegisterFrame:
      return "register";
    case kPingFrame:
      return "ping";
    case kPongFrame:
      return "pong";
    case kRecordsFrame:
      return "records";
    case kTakenFrame:
    case kBlockFrame:
    case kBlockEndFrame:
      return "snapshot";
    case kHelloFrame:
    case kProofFrame:
    case kRefuseFrame:
      return "handshake";
    default:
      return "admin";
  }
}

}  // namespace

void TapPeers(SimNetwork& network, Story& story) {
  network.set_tap([&story](const SimNetwork::Passage& passage) {
    const auto from = static_cast<int>(passage.from.value);
    const auto to = static_cast<int>(passage.to.value);
    if (from >= story.nodes() || to >= story.nodes() || from == to) return;
    // Segments begin where the kernel of the sender has cut; the rest of a frame is passed over.
    absl::string_view rest =
        passage.bytes.substr(std::min(passage.bytes.find("HFP"), passage.bytes.size()));
    FrameParser parser;
    while (!rest.empty()) {
      const auto frame = parser.Next(rest);
      if (!frame.ok() || !frame->has_value()) return;
      story.AddMessage(passage.sent, passage.arrives, from, to, KindOf(**frame));
    }
  });
}

}  // namespace holdfast
