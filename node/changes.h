// ChangeNotes: what the rest of the node wants to know of changes to the keyspace: how many there
// were, and which transactions watched the keys.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/watch.h"
#include "storage/effects/keyspace_writer.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class ChangeNotes final : public ChangeListener {
 public:
  // `dirty` is counted up; one thread at a time writes it.
  ChangeNotes(const Keyspace& keyspace, WatchRegistry& watches, uint64_t& dirty)
      : keyspace_(keyspace), watches_(watches), dirty_(dirty) {}

  void OnKeyChange(DatabaseId database, absl::string_view key) override {
    ++dirty_;
    watches_.Touch(database, key);
  }
  // Counting the keys is left to the caller: for some commands they are one change.
  void OnDatabaseChange(absl::Span<const DatabaseId> databases) override;

 private:
  const Keyspace& keyspace_;
  WatchRegistry& watches_;
  uint64_t& dirty_;
};

}  // namespace holdfast
