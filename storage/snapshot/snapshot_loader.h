// SnapshotLoader: builds a keyspace from the blocks of a snapshot, one block at a step.
//
// The keyspace is a shadow that nobody else knows yet: in the end it takes the place of the live
// one (Keyspace::Swap), or is thrown away (Keyspace::DismantleSome).
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "storage/keyspace/keyspace.h"
#include "storage/snapshot/snapshot_reader.h"

namespace holdfast {

class SnapshotLoader final : private SnapshotReader::Handler {
 public:
  struct Options {
    ListLimits list_limits;
    uint32_t access_clock = 0;  // of every entry: when it was last used is not in the stream
  };
  explicit SnapshotLoader(const Options& options)
      : options_(options), reader_(options.list_limits, *this) {}

  // As SnapshotReader's.
  absl::Status Feed(absl::string_view block) { return reader_.Feed(block); }
  bool begun() const { return reader_.begun(); }
  const SnapshotHeader& header() const { return reader_.header(); }
  bool done() const { return reader_.done(); }
  uint64_t entries() const { return reader_.entries(); }

  // The keyspace so far, null before the begin. Whole only if done().
  std::unique_ptr<Keyspace> TakeKeyspace() { return std::move(keyspace_); }

 private:
  void OnBegin(const SnapshotHeader& header) override;
  absl::Status OnEntry(EntryDecoder& entry) override;

  const Options options_;
  std::unique_ptr<Keyspace> keyspace_;
  SnapshotReader reader_;
};

}  // namespace holdfast
