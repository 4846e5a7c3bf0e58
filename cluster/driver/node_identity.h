// The node's own number: drawn once, kept in <directory>/node-id as sixteen hexadecimal digits.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cluster/core/identity.h"
#include "net/runtime/disk.h"
#include "net/runtime/entropy.h"

namespace holdfast {

// Reads the file, or makes it: durable before `done` is called. The directory exists.
void LoadNodeId(Disk& disk, Entropy& entropy, const std::string& directory,
                absl::AnyInvocable<void(absl::StatusOr<NodeId>)> done);

}  // namespace holdfast
