// SnapshotLoader: builds a keyspace from the blocks of a snapshot, one block at a step.
//
// The keyspace is a shadow that nobody else knows yet: in the end it takes the place of the live
// one (Keyspace::Swap), or is thrown away (Keyspace::DismantleSome).
//
// The bytes may come from anywhere. Whatever is wrong with them ends in a DataLoss that names the
// block, and from then on every Feed returns it; memory grows with the bytes received, never with
// sizes that they claim.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/keyspace/keyspace.h"
#include "storage/snapshot/entry_decoder.h"
#include "storage/snapshot/stream_format.h"
#include "storage/types/list.h"

namespace holdfast {

class SnapshotLoader {
 public:
  struct Options {
    ListLimits list_limits;
    uint32_t access_clock = 0;  // of every entry: when it was last used is not in the stream
  };
  explicit SnapshotLoader(const Options& options);

  // How long the whole block is that begins with these bytes, of which there must be
  // kBlockHeaderBytes; DataLoss if it is longer than a block may be. For those who read blocks from
  // a file or stream.
  static absl::StatusOr<size_t> BlockBytes(absl::string_view header);

  // Takes exactly one block, its header included, in order. At most a block's worth of work.
  absl::Status Feed(absl::string_view block);

  // Whether the begin has been read; then header() is good.
  bool begun() const { return keyspace_ != nullptr; }
  const SnapshotHeader& header() const { return header_; }
  // Whether the end has been read, and nothing behind it: everything is there.
  bool done() const { return done_ && status_.ok(); }
  uint64_t entries() const { return entries_; }

  // The keyspace so far, null before the begin. Whole only if done().
  std::unique_ptr<Keyspace> TakeKeyspace() { return std::move(keyspace_); }

 private:
  absl::Status ReadBlock(absl::string_view block);
  absl::Status ReadPayload(absl::string_view payload);
  absl::Status ReadRecord(snapshot_format::RecordKind kind, absl::string_view body);
  absl::Status ReadBegin(absl::string_view body);
  absl::Status ReadEnd(absl::string_view body);
  absl::Status Store(EntryDecoder& decoder);

  const Options options_;
  SnapshotHeader header_;
  std::unique_ptr<Keyspace> keyspace_;
  EntryDecoder whole_;
  EntryDecoder pieces_;
  uint32_t next_block_ = 0;
  uint64_t entries_ = 0;
  bool done_ = false;
  absl::Status status_;
};

}  // namespace holdfast
