// Arbitrary bytes as a snapshot: never more than an error, and what was accepted can be written
// again and read back.
//
// Input: records of a snapshot (stream_format.h), after one byte. They are put into blocks that end
// after each `byte` bytes, or at the end for 0, with right headers, so that the bytes behind the
// checksum are reached; with byte 255 the rest of the input is a block with its header.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/base/buffer.h"
#include "net/base/check.h"
#include "storage/digest/digest.h"
#include "storage/snapshot/block_queue.h"
#include "storage/snapshot/snapshot.h"
#include "storage/snapshot/snapshot_loader.h"

namespace holdfast {
namespace {

constexpr uint8_t kWholeBlock = 255;

absl::Status FeedRecords(SnapshotLoader& loader, absl::string_view records, size_t block_bytes) {
  for (uint32_t number = 0; !records.empty(); ++number) {
    const absl::string_view payload =
        records.substr(0, std::min(block_bytes, limits::kSnapshotPayloadBytesMax));
    records.remove_prefix(payload.size());
    Buffer block;
    block.Extend(snapshot_format::kBlockHeaderBytes);
    block.Append(payload);
    BlockQueue::Seal(block, number);
    const absl::Status status = loader.Feed(block.view());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void WriteAndReadBack(Keyspace& keyspace) {
  const auto snapshot = Snapshot::Cut(keyspace, {});
  SnapshotLoader loader({});
  for (;;) {
    const Snapshot::Pull pull = snapshot->Next(100);
    if (pull.outcome == Snapshot::Outcome::kDone) break;
    if (pull.outcome == Snapshot::Outcome::kBlock) CHECK(loader.Feed(pull.block.view()).ok());
  }
  snapshot->Close();
  CHECK(loader.done());
  CHECK(KeyspaceDigest(*loader.TakeKeyspace()) == KeyspaceDigest(keyspace));
}

void Load(absl::string_view input) {
  if (input.empty()) return;
  const auto block_bytes = static_cast<uint8_t>(input.front());
  input.remove_prefix(1);
  SnapshotLoader loader({});
  if (block_bytes == kWholeBlock) {
    if (loader.Feed(input).ok()) CHECK(loader.begun() || input.size() == 12);
    return;
  }
  const absl::Status status = FeedRecords(loader, input, block_bytes == 0 ? SIZE_MAX : block_bytes);
  if (!status.ok()) CHECK(loader.Feed(input) == status);
  if (const auto keyspace = loader.TakeKeyspace()) WriteAndReadBack(*keyspace);
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::Load({reinterpret_cast<const char*>(data), size});
  return 0;
}
