// Frame: the unit in which nodes talk.
//
//   byte  size
//      0     4  'H' 'F' 'P' and the version of this layout, 1
//      4     1  type
//      5     3  low bytes of the CRC-32C of bytes 0..11, with these as zero
//      8     4  n, the payload's length
//     12     4  CRC-32C of bytes 0..11 and of the payload
//     16     n  payload
//
// Numbers are little endian. Types below kFirstChannelFrame are net/peer's own, the others mean
// what the channel's owner says.
//
// The header has a checksum of its own: a length that was garbled would be waited for.
//
// 1. A frame is shown when all of it is there and its CRC is right, or not at all.
// 2. What is shown, and which error is found where, does not depend on how the bytes were cut; how
//    much of the stream its text quotes may.
// 3. Memory follows the bytes received, never a length that was only announced.
// 4. After an error the stream's framing is lost: every further call returns the same error.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "net/base/buffer.h"
#include "net/base/limits.h"

namespace holdfast {

using FrameType = uint8_t;

inline constexpr FrameType kHelloFrame = 1;
inline constexpr FrameType kProofFrame = 2;
inline constexpr FrameType kRefuseFrame = 3;
inline constexpr FrameType kFirstChannelFrame = 16;

inline constexpr size_t kFrameHeaderBytes = 16;

struct Frame {
  FrameType type = 0;
  absl::string_view payload;
};

// Writes the header of a frame whose payload is the pieces one after the other, at most
// limits::kPeerFrameBytesMax in all, to kFrameHeaderBytes bytes at `place`. Whoever sends the
// pieces from where they are needs nothing else.
void WriteFrameHeader(FrameType type, absl::Span<const absl::string_view> payload, char* place);

// Appends a whole frame.
void AppendFrame(FrameType type, absl::Span<const absl::string_view> payload, Buffer& out);
inline void AppendFrame(FrameType type, absl::string_view payload, Buffer& out) {
  AppendFrame(type, absl::MakeConstSpan(&payload, 1), out);
}

// Bytes in pieces cut anywhere -> frames. A frame that lies whole in one piece is not copied.
class FrameParser {
 public:
  explicit FrameParser(size_t payload_bytes_max = limits::kPeerFrameBytesMax)
      : payload_bytes_max_(payload_bytes_max) {}

  // For the frames from the next one on.
  void set_payload_bytes_max(size_t bytes) { payload_bytes_max_ = bytes; }

  // Takes the next frame off the front of `input`. Without one, everything in `input` was taken,
  // and what is part of a frame is kept. The payload is valid until the next call and while
  // `input`'s bytes are. INVALID_ARGUMENT: not a frame, an unknown layout or too long; DATA_LOSS:
  // the CRC is wrong.
  absl::StatusOr<absl::optional<Frame>> Next(absl::string_view& input);

  // Bytes of a frame that is not whole yet.
  size_t bytes_kept() const { return shown_ ? 0 : kept_.size(); }

 private:
  absl::Status Examine(absl::string_view header);
  absl::StatusOr<absl::optional<Frame>> NextFrame(absl::string_view& input);
  absl::StatusOr<absl::optional<Frame>> NextKept(absl::string_view& input);

  size_t payload_bytes_max_;
  Buffer kept_;         // the beginning of a frame, or the one shown last
  bool shown_ = false;  // `kept_` holds a frame that was shown
  absl::Status failure_;
};

}  // namespace holdfast
