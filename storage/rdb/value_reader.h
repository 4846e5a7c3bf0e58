// The values of an RDB that the keyspace has a type for.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "storage/keyspace/entry.h"
#include "storage/rdb/format.h"
#include "storage/rdb/window.h"
#include "storage/types/list.h"

namespace holdfast::rdb {

// A value with what it rests on.
struct LoadedValue {
  FileString text;             // of a string; as good as the window that it was read from
  std::unique_ptr<List> list;  // of a list

  // To be stored at once: a list then belongs to the entry.
  Value Release();
};

// Whether ReadValue understands the type.
bool IsReadable(Type type);
// Takes a whole value off the window. Errors as Window's; Unimplemented if not IsReadable, DataLoss
// also for a collection without elements.
absl::StatusOr<LoadedValue> ReadValue(Type type, Window& window, const ListLimits& list_limits);

}  // namespace holdfast::rdb
