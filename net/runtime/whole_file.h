// Small files that are read and replaced as a whole.
#pragma once

#include <cstddef>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/base/buffer.h"
#include "net/runtime/disk.h"

namespace holdfast {

// NotFound if there is no such file, DataLoss if it is longer than `bytes_max`.
void ReadWholeFile(Disk& disk, std::string path, size_t bytes_max,
                   absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done);

// A file of that name is the one before, or the new one, whenever the power goes; the new one once
// `done` has been called. It is written beside it first, as NAME.new.
void ReplaceWholeFile(Disk& disk, const std::string& directory, const std::string& name,
                      Buffer bytes, StatusHandler done);

}  // namespace holdfast
