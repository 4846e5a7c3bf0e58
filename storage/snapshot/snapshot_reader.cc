#include "storage/snapshot/snapshot_reader.h"

#include "absl/strings/str_format.h"
#include "net/base/crc32c.h"
#include "net/base/status.h"

namespace holdfast {

using snapshot_format::kBlockHeaderBytes;
using snapshot_format::kRecordHeaderBytes;
using snapshot_format::RecordKind;

absl::StatusOr<size_t> SnapshotReader::BlockBytes(absl::string_view header) {
  CHECK_GE(header.size(), kBlockHeaderBytes);
  const auto payload_bytes = LoadNumber<uint32_t>(header.data());
  if (payload_bytes > limits::kSnapshotPayloadBytesMax) {
    return absl::DataLossError(
        absl::StrFormat("a snapshot block of %d bytes: longer than any", payload_bytes));
  }
  return kBlockHeaderBytes + payload_bytes;
}

absl::Status SnapshotReader::Feed(absl::string_view block) {
  if (!status_.ok()) return status_;
  if (const absl::Status status = ReadBlock(block); !status.ok()) {
    status_ = absl::DataLossError(
        absl::StrFormat("loading snapshot block %d: %s", next_block_, status.message()));
    return status_;
  }
  ++next_block_;
  return absl::OkStatus();
}

absl::Status SnapshotReader::ReadBlock(absl::string_view block) {
  if (done_) return absl::InvalidArgumentError("a block behind the last");
  if (block.size() < kBlockHeaderBytes) return absl::InvalidArgumentError("cut off in its header");
  ASSIGN_OR_RETURN(const size_t bytes, BlockBytes(block));
  if (block.size() != bytes) return absl::InvalidArgumentError("not as long as its header says");
  const absl::string_view payload = block.substr(kBlockHeaderBytes);
  const uint32_t crc = ExtendCrc32c(Crc32c(block.substr(0, 8)), payload);
  if (crc != LoadNumber<uint32_t>(block.data() + 8)) {
    return absl::InvalidArgumentError("wrong checksum");
  }
  const auto number = LoadNumber<uint32_t>(block.data() + 4);
  if (number != next_block_) {
    return absl::InvalidArgumentError(absl::StrFormat("it is block %d", number));
  }
  return ReadPayload(payload);
}

absl::Status SnapshotReader::ReadPayload(absl::string_view payload) {
  while (!payload.empty()) {
    if (payload.size() < kRecordHeaderBytes) return absl::InvalidArgumentError("half a record");
    const auto kind = static_cast<RecordKind>(payload[0]);
    const auto body_bytes = LoadNumber<uint32_t>(payload.data() + 1);
    payload.remove_prefix(kRecordHeaderBytes);
    if (body_bytes > payload.size()) return absl::InvalidArgumentError("half a record");
    RETURN_IF_ERROR(ReadRecord(kind, payload.substr(0, body_bytes)));
    payload.remove_prefix(body_bytes);
  }
  return absl::OkStatus();
}

absl::Status SnapshotReader::ReadRecord(RecordKind kind, absl::string_view body) {
  if (done_) return absl::InvalidArgumentError("a record behind the end");
  if (begun_ == (kind == RecordKind::kBegin)) {
    return absl::InvalidArgumentError(begun_ ? "a second begin" : "no begin");
  }
  switch (kind) {
    case RecordKind::kBegin:
      return ReadBegin(body);
    case RecordKind::kEntry:
      RETURN_IF_ERROR(whole_.Feed(body));
      if (!whole_.done()) return absl::InvalidArgumentError("half an entry");
      return Show(whole_);
    case RecordKind::kPiece:
      RETURN_IF_ERROR(pieces_.Feed(body));
      return pieces_.done() ? Show(pieces_) : absl::OkStatus();
    case RecordKind::kEnd:
      return ReadEnd(body);
  }
  return absl::InvalidArgumentError("unknown kind of record");
}

absl::Status SnapshotReader::ReadBegin(absl::string_view body) {
  const absl::string_view magic = snapshot_format::kMagic;
  if (body.substr(0, magic.size()) != magic) {
    return absl::InvalidArgumentError("not a snapshot, or of another version");
  }
  if (body.size() != snapshot_format::kBeginBytes) {
    return absl::InvalidArgumentError("a begin of the wrong length");
  }
  const auto number = [&](size_t index) {
    return LoadNumber<uint64_t>(body.data() + magic.size() + index * sizeof(uint64_t));
  };
  header_ = {.generation = number(0),
             .cut = {number(1)},
             .epoch = {number(2)},
             .rolling_hash = number(3),
             .log_time = {static_cast<int64_t>(number(4))},
             .hash_seed = number(5)};
  begun_ = true;
  handler_.OnBegin(header_);
  return absl::OkStatus();
}

absl::Status SnapshotReader::ReadEnd(absl::string_view body) {
  if (body.size() != snapshot_format::kEndBytes) {
    return absl::InvalidArgumentError("an end of the wrong length");
  }
  if (!pieces_.idle()) return absl::InvalidArgumentError("the end comes inside an entry");
  if (const auto expected = LoadNumber<uint64_t>(body.data()); expected != entries_) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d entries instead of %d", entries_, expected));
  }
  done_ = true;
  return absl::OkStatus();
}

absl::Status SnapshotReader::Show(EntryDecoder& decoder) {
  RETURN_IF_ERROR(handler_.OnEntry(decoder));
  decoder.Reset();
  ++entries_;
  return absl::OkStatus();
}

}  // namespace holdfast
