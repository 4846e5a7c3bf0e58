// SnapshotReader: the entries of a snapshot, out of its blocks, one block at a step.
//
// The bytes may come from anywhere. Whatever is wrong with them ends in a DataLoss that names the
// block, and from then on every Feed returns it; memory grows with the bytes received, never with
// sizes that they claim.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/snapshot/entry_decoder.h"
#include "storage/snapshot/stream_format.h"
#include "storage/types/list.h"

namespace holdfast {

class SnapshotReader {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // Before the first entry.
    virtual void OnBegin(const SnapshotHeader& header) = 0;
    // The decoder is done; what is not taken from it is lost. An error ends the reading.
    virtual absl::Status OnEntry(EntryDecoder& entry) = 0;
  };
  // The handler must outlive the reader.
  SnapshotReader(const ListLimits& list_limits, Handler& handler)
      : handler_(handler), whole_(list_limits), pieces_(list_limits) {}

  // How long the whole block is that begins with these bytes, of which there must be
  // kBlockHeaderBytes; DataLoss if it is longer than a block may be. For those who read blocks from
  // a file or stream.
  static absl::StatusOr<size_t> BlockBytes(absl::string_view header);

  // Takes exactly one block, its header included, in order. At most a block's worth of work.
  absl::Status Feed(absl::string_view block);

  // Whether the begin has been read; then header() is good.
  bool begun() const { return begun_; }
  const SnapshotHeader& header() const { return header_; }
  // Whether the end has been read, and nothing behind it: everything is there.
  bool done() const { return done_ && status_.ok(); }
  uint64_t entries() const { return entries_; }

 private:
  absl::Status ReadBlock(absl::string_view block);
  absl::Status ReadPayload(absl::string_view payload);
  absl::Status ReadRecord(snapshot_format::RecordKind kind, absl::string_view body);
  absl::Status ReadBegin(absl::string_view body);
  absl::Status ReadEnd(absl::string_view body);
  absl::Status Show(EntryDecoder& decoder);

  Handler& handler_;
  SnapshotHeader header_;
  EntryDecoder whole_;
  EntryDecoder pieces_;
  uint32_t next_block_ = 0;
  uint64_t entries_ = 0;
  bool begun_ = false;
  bool done_ = false;
  absl::Status status_;
};

}  // namespace holdfast
