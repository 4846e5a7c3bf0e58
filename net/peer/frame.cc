#include "net/peer/frame.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/crc32c.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr absl::string_view kMagic("HFP\1", 4);

struct Header {
  char magic[4];
  FrameType type;
  uint8_t check[3];
  uint32_t length;
  uint32_t crc;
};
static_assert(sizeof(Header) == kFrameHeaderBytes);
constexpr size_t kChecksummedBytes = offsetof(Header, crc);

// What the header's check is to be.
uint32_t HeaderCheck(Header header) {
  header.check[0] = header.check[1] = header.check[2] = 0;
  char bytes[sizeof(header)];
  std::memcpy(bytes, &header, sizeof(header));
  return Crc32c({bytes, kChecksummedBytes}) & 0xff'ffff;
}

uint32_t CheckOf(const Header& header) {
  return header.check[0] | uint32_t{header.check[1]} << 8 | uint32_t{header.check[2]} << 16;
}

Header HeaderOf(absl::string_view bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header;
}

// What the first bytes have to be, as far as there are any.
absl::Status ExamineMagic(absl::string_view bytes) {
  const size_t count = std::min(bytes.size(), kMagic.size());
  if (bytes.substr(0, count) == kMagic.substr(0, count)) return absl::OkStatus();
  if (count == kMagic.size() && bytes.substr(0, 3) == kMagic.substr(0, 3)) {
    return absl::InvalidArgumentError(absl::StrCat("frame of layout ",
                                                   static_cast<uint8_t>(bytes[3]), ", known is ",
                                                   static_cast<uint8_t>(kMagic[3])));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("not a frame, it begins with \"", absl::CHexEscape(bytes.substr(0, 16)), "\""));
}

absl::Status ExamineCrc(absl::string_view frame) {
  const Header header = HeaderOf(frame);
  const uint32_t crc =
      ExtendCrc32c(Crc32c(frame.substr(0, kChecksummedBytes)), frame.substr(kFrameHeaderBytes));
  if (crc == header.crc || BUG("torn-frame-crc-unchecked")) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("frame of type ", header.type, " and ", header.length,
                                          " bytes: CRC ", absl::Hex(crc, absl::kZeroPad8),
                                          ", its header says ",
                                          absl::Hex(header.crc, absl::kZeroPad8)));
}

Frame FrameOf(absl::string_view bytes) {
  return {.type = HeaderOf(bytes).type, .payload = bytes.substr(kFrameHeaderBytes)};
}

}  // namespace

void WriteFrameHeader(FrameType type, absl::Span<const absl::string_view> payload, char* place) {
  size_t length = 0;
  for (absl::string_view piece : payload) length += piece.size();
  CHECK_LE(length, limits::kPeerFrameBytesMax);
  Header header = {.type = type, .length = static_cast<uint32_t>(length)};
  std::memcpy(header.magic, kMagic.data(), kMagic.size());
  const uint32_t check = HeaderCheck(header);
  for (int i = 0; i < 3; ++i) header.check[i] = static_cast<uint8_t>(check >> 8 * i);
  std::memcpy(place, &header, sizeof(header));
  uint32_t crc = Crc32c({place, kChecksummedBytes});
  for (absl::string_view piece : payload) crc = ExtendCrc32c(crc, piece);
  std::memcpy(place + kChecksummedBytes, &crc, sizeof(crc));
}

void AppendFrame(FrameType type, absl::Span<const absl::string_view> payload, Buffer& out) {
  size_t length = kFrameHeaderBytes;
  for (absl::string_view piece : payload) length += piece.size();
  out.Reserve(out.size() + length);
  WriteFrameHeader(type, payload, out.Extend(kFrameHeaderBytes));
  for (absl::string_view piece : payload) out.Append(piece);
}

absl::StatusOr<absl::optional<Frame>> FrameParser::Next(absl::string_view& input) {
  if (!failure_.ok()) return failure_;
  if (shown_) {
    shown_ = false;
    // A large frame's memory is not kept for the small ones that follow.
    if (kept_.capacity() > limits::kReceiveBufferSize) kept_.Release();
    kept_.Truncate(0);
  }
  auto next = kept_.empty() ? NextFrame(input) : NextKept(input);
  if (!next.ok()) failure_ = next.status();
  return next;
}

absl::Status FrameParser::Examine(absl::string_view header) {
  if (absl::Status status = ExamineMagic(header); !status.ok()) return status;
  if (header.size() < kFrameHeaderBytes) return absl::OkStatus();
  const Header fields = HeaderOf(header);
  if (CheckOf(fields) != HeaderCheck(fields) && !BUG("torn-frame-crc-unchecked")) {
    return absl::DataLossError(
        absl::StrCat("the header of a frame of type ", fields.type, " is garbled"));
  }
  if (fields.length > payload_bytes_max_) {
    return absl::InvalidArgumentError(absl::StrCat("frame of type ", fields.type, " with ",
                                                   fields.length, " bytes, at most ",
                                                   payload_bytes_max_, " are taken"));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<Frame>> FrameParser::NextFrame(absl::string_view& input) {
  if (input.empty()) return absl::nullopt;
  const absl::string_view header = input.substr(0, kFrameHeaderBytes);
  if (absl::Status status = Examine(header); !status.ok()) return status;
  if (header.size() == kFrameHeaderBytes) {
    const size_t size = kFrameHeaderBytes + HeaderOf(header).length;
    if (input.size() >= size) {
      const absl::string_view bytes = input.substr(0, size);
      if (absl::Status status = ExamineCrc(bytes); !status.ok()) return status;
      input.remove_prefix(size);
      return FrameOf(bytes);
    }
  }
  kept_.Append(input);
  input = {};
  return absl::nullopt;
}

absl::StatusOr<absl::optional<Frame>> FrameParser::NextKept(absl::string_view& input) {
  // First the header, then as much as it announces: what follows the frame stays in the input.
  const auto take_up_to = [&](size_t size) {
    const size_t count = std::min(input.size(), size - kept_.size());
    kept_.Append(input.substr(0, count));
    input.remove_prefix(count);
    return kept_.size() == size;
  };
  if (kept_.size() < kFrameHeaderBytes) {
    const bool whole = take_up_to(kFrameHeaderBytes);
    if (absl::Status status = Examine(kept_.view()); !status.ok()) return status;
    if (!whole) return absl::nullopt;
  }
  if (!take_up_to(kFrameHeaderBytes + HeaderOf(kept_.view()).length)) return absl::nullopt;
  if (absl::Status status = ExamineCrc(kept_.view()); !status.ok()) return status;
  shown_ = true;
  return FrameOf(kept_.view());
}

}  // namespace holdfast
