// The values of an RDB: those that the keyspace has a type for, and those it keeps as they are.
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
  Type type = Type::kString;
  // Of a string; if the type is not IsReadable, the value's bytes. As good as the window that it
  // was read from.
  FileString text;
  std::unique_ptr<List> list;  // of a list

  // For looking at.
  Value View() const;
  // To be stored at once: a list then belongs to the entry.
  Value Release();
};

// Whether there are commands for such values here.
bool IsReadable(Type type);
// Takes a whole value off the window. Errors as Window's, DataLoss also for a list without
// elements; Unimplemented as TakeValue's. What is kept as it is, is not looked into.
absl::StatusOr<LoadedValue> ReadValue(Type type, Window& window, const ListLimits& list_limits);

}  // namespace holdfast::rdb
