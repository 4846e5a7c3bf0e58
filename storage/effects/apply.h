// From a record's payload back to changes: what a replica does with its log.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/limits.h"
#include "net/base/types.h"
#include "storage/effects/keyspace_writer.h"
#include "storage/effects/touched_slots.h"

namespace holdfast {

struct ApplyOptions {
  Millis now;  // the record's log_time
  ListLimits list_limits;
  ChangeListener* listener = nullptr;
  // Longer strings are refused.
  size_t string_bytes_max = limits::kRoomyStringBytesMax;
};

// Does to the keyspace what the effects say, and tells which slots that touched; marking them with
// the record's LSN is left to the caller. Needs the world.
//
// DataLoss if the bytes are no effects, or do not fit the keyspace: then part of them may have been
// applied, and the keyspace is good for nothing but being replaced.
absl::StatusOr<TouchedSlots> ApplyEffects(absl::string_view payload, Keyspace& keyspace,
                                          const ApplyOptions& options);

}  // namespace holdfast
