#include "node/changes.h"

#include <algorithm>

namespace holdfast {

void ChangeNotes::OnDatabaseChange(absl::Span<const DatabaseId> databases) {
  const auto is_there = [&](absl::string_view key) {
    return std::any_of(databases.begin(), databases.end(), [&](DatabaseId database) {
      return keyspace_.Find(database, keyspace_.MakeKey(key)) != nullptr;
    });
  };
  for (const DatabaseId database : databases) watches_.TouchDatabase(database, is_there);
}

}  // namespace holdfast
