// The claim: for which lives of its node the log on a disk speaks.
//
//   claim   "5f2c... 81aa... \n"   sixteen hexadecimal digits each, oldest first; the last one
//                                  followed by "complete" if it was ended in order
//
// A node's log speaks for a life if it is what that life had, as far as it reached the disk. When a
// group has lost all its members at once, their nodes report what they recovered for the lives that
// the configuration names (cluster/core/learner.h); a log that has been changed since must not
// speak for them.
//
// 1. A life begins by adding itself, durably, before it says or changes anything.
// 2. Before the log is cut or given up, the lives before this one go; while it is being replaced as
//    a whole nobody is named.
// 3. "complete" says that every record the life has acknowledged is there. It goes, durably, before
//    the next life does anything.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/core/identity.h"
#include "net/runtime/disk.h"

namespace holdfast {

struct Claim {
  std::vector<Incarnation> lives;
  bool complete = false;  // for the last one
  bool operator==(const Claim&) const = default;
};

std::string EncodeClaim(const Claim& claim);
// DataLoss if the text is no claim.
absl::StatusOr<Claim> ParseClaim(absl::string_view text);

// `done` is called on the disk's loop. A file that is not there names nobody.
void ReadClaim(Disk& disk, const std::string& directory,
               absl::AnyInvocable<void(absl::StatusOr<Claim>)> done);
void WriteClaim(Disk& disk, const std::string& directory, const Claim& claim, StatusHandler done);

}  // namespace holdfast
