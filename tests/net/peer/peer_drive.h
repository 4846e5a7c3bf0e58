// What the tests of net/peer share: streams cut into pieces, and two handshakes that talk to each
// other without a network.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "net/peer/frame.h"
#include "net/peer/handshake.h"

namespace holdfast::peer_drive {

// Ascending positions inside a stream.
using Cuts = std::vector<size_t>;

inline Cuts EveryByte(size_t size) {
  Cuts cuts;
  for (size_t cut = 1; cut < size; ++cut) cuts.push_back(cut);
  return cuts;
}

struct ParsedFrame {
  int type = 0;
  std::string payload;
  bool operator==(const ParsedFrame&) const = default;
};

struct Parsed {
  std::vector<ParsedFrame> frames;
  absl::Status error;
  size_t kept = 0;
  // The text of an error may quote more of the stream when more of it was there.
  bool operator==(const Parsed& other) const {
    return frames == other.frames && error.code() == other.error.code() && kept == other.kept;
  }
};

// Parses the stream cut into pieces, each of which is gone when the next comes.
inline Parsed ParseFrames(absl::string_view stream, const Cuts& cuts,
                          size_t payload_bytes_max = limits::kPeerFrameBytesMax) {
  FrameParser parser(payload_bytes_max);
  Parsed parsed;
  size_t start = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t end = i < cuts.size() ? cuts[i] : stream.size();
    const std::string piece(stream.substr(start, end - start));
    start = end;
    absl::string_view input = piece;
    for (;;) {
      const auto frame = parser.Next(input);
      if (!frame.ok()) {
        parsed.error = frame.status();
        CHECK(parser.Next(input).status() == parsed.error);
        return parsed;
      }
      if (!frame->has_value()) break;
      parsed.frames.push_back({(*frame)->type, std::string((*frame)->payload)});
    }
    CHECK(input.empty());
  }
  parsed.kept = parser.bytes_kept();
  return parsed;
}

inline std::string FrameBytes(FrameType type, absl::string_view payload) {
  Buffer out;
  AppendFrame(type, payload, out);
  return std::string(out.view());
}

inline PeerSelf Self(uint64_t node, absl::string_view secret = "hush") {
  return {.identity = {.node = node, .incarnation = node * 1000 + 1},
          .cluster_id = 77,
          .secret = std::string(secret)};
}

// How a handshake ended, on both sides.
struct Ended {
  absl::Status dialer;    // OK: done
  absl::Status acceptor;  // OK: done
  PeerSession dialer_session;
  PeerSession acceptor_session;
};

// Carries frames between the two until neither has more to say; a side that fails refuses the
// other. `tamper` may change a frame's bytes on the way.
template <typename Tamper>
Ended Shake(Handshake& dialer, Handshake& acceptor, Tamper tamper) {
  Ended ended;
  Buffer to_acceptor;
  dialer.Start(to_acceptor);
  Buffer to_dialer;
  bool dialer_open = true;
  bool acceptor_open = true;
  const auto deliver = [&](Buffer& bytes, Handshake& to, bool& open, absl::Status& status,
                           Buffer& answer, bool to_the_acceptor) {
    std::string stream(bytes.view());
    bytes.Truncate(0);
    tamper(stream, to_the_acceptor);
    absl::string_view input = stream;
    FrameParser parser;
    while (open && !to.done()) {
      const auto frame = parser.Next(input);
      if (frame.ok() && !frame->has_value()) return;
      status = frame.ok() ? to.OnFrame(**frame, answer) : frame.status();
      open = status.ok();
      if (!open && (!frame.ok() || (*frame)->type != kRefuseFrame)) AppendRefusal(status, answer);
    }
  };
  while (!to_acceptor.empty() || !to_dialer.empty()) {
    deliver(to_acceptor, acceptor, acceptor_open, ended.acceptor, to_dialer, true);
    deliver(to_dialer, dialer, dialer_open, ended.dialer, to_acceptor, false);
  }
  if (dialer.done()) ended.dialer_session = dialer.session();
  if (acceptor.done()) ended.acceptor_session = acceptor.session();
  return ended;
}

inline Ended Shake(Handshake& dialer, Handshake& acceptor) {
  return Shake(dialer, acceptor, [](std::string&, bool) {});
}

inline Ended Shake(const PeerSelf& dialer, const PeerSelf& acceptor, uint64_t expected_node = 0) {
  Handshake dialing(dialer, {.side = Handshake::Side::kDialer,
                             .nonce = {1, 2},
                             .channel = PeerChannel::kData,
                             .expected_node = expected_node,
                             .attempt = 5});
  Handshake accepting(acceptor, {.side = Handshake::Side::kAcceptor, .nonce = {3, 4}});
  return Shake(dialing, accepting);
}

}  // namespace holdfast::peer_drive
