// Arbitrary bytes as a peer's stream: what the frame parser shows does not depend on the cuts, and
// a handshake with someone who does not know the secret is never done.
//
// Input: one byte of flags, one byte n, n bytes that place cuts, then the stream. A flag makes the
// stream's frames right in magic and CRC first, so that what lies behind the parser is reached.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "net/base/check.h"
#include "tests/net/peer/peer_drive.h"

namespace holdfast::peer_drive {
namespace {

constexpr size_t kPayloadMax = limits::kPeerHandshakeFrameBytesMax;

// Reads the bytes as {type, length in two bytes, payload} and frames them.
std::string Framed(absl::string_view bytes) {
  std::string stream;
  while (bytes.size() >= 3) {
    const size_t wish = static_cast<uint8_t>(bytes[1]) | size_t{static_cast<uint8_t>(bytes[2])}
                                                             << 8;
    const size_t length = std::min(wish % (kPayloadMax + 2), bytes.size() - 3);
    stream += FrameBytes(static_cast<FrameType>(bytes[0]), bytes.substr(3, length));
    bytes.remove_prefix(3 + length);
  }
  return stream.append(bytes.data(), bytes.size());
}

void CompareCuts(absl::string_view stream, absl::string_view wishes) {
  Cuts cuts;
  size_t cut = 0;
  for (char wish : wishes) {
    cut += size_t{1} + static_cast<uint8_t>(wish);
    if (cut >= stream.size()) break;
    cuts.push_back(cut);
  }
  const Parsed whole = ParseFrames(stream, {}, kPayloadMax);
  CHECK(ParseFrames(stream, cuts, kPayloadMax) == whole);
  CHECK(ParseFrames(stream, EveryByte(stream.size()), kPayloadMax) == whole);
}

void ShakeHands(absl::string_view stream, Handshake::Side side) {
  const PeerSelf self = Self(2);
  Handshake handshake(self, {.side = side, .nonce = {3, 4}});
  Buffer answer;
  if (side == Handshake::Side::kDialer) handshake.Start(answer);
  FrameParser parser(kPayloadMax);
  for (;;) {
    const auto frame = parser.Next(stream);
    if (!frame.ok() || !frame->has_value()) return;
    const absl::Status status = handshake.OnFrame(**frame, answer);
    CHECK(!handshake.done());
    if (status.ok()) continue;
    Buffer refusal;
    AppendRefusal(status, refusal);
    CHECK(!ReadRefusal(refusal.view().substr(kFrameHeaderBytes)).ok());
    return;
  }
}

void Run(absl::string_view input) {
  if (input.size() < 2) return;
  const auto flags = static_cast<uint8_t>(input[0]);
  const size_t cut_count = std::min<size_t>(static_cast<uint8_t>(input[1]), input.size() - 2);
  const absl::string_view rest = input.substr(2 + cut_count);
  const std::string stream = (flags & 1) != 0 ? Framed(rest) : std::string(rest);
  CompareCuts(stream, input.substr(2, cut_count));
  ShakeHands(stream, (flags & 2) != 0 ? Handshake::Side::kDialer : Handshake::Side::kAcceptor);
}

}  // namespace
}  // namespace holdfast::peer_drive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::peer_drive::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
