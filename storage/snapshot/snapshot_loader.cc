#include "storage/snapshot/snapshot_loader.h"

namespace holdfast {

void SnapshotLoader::OnBegin(const SnapshotHeader& header) {
  keyspace_ = std::make_unique<Keyspace>(header.hash_seed);
}

absl::Status SnapshotLoader::OnEntry(EntryDecoder& decoder) {
  const Key key = keyspace_->MakeKey(decoder.key());
  if (keyspace_->Find(decoder.database(), key) != nullptr) {
    return absl::InvalidArgumentError("a key comes twice");
  }
  Entry* entry =
      keyspace_->Put(decoder.database(), key, nullptr, decoder.TakeValue(), decoder.deadline());
  entry->set_access_clock(options_.access_clock);
  return absl::OkStatus();
}

}  // namespace holdfast
