// Do all members hold the same? Each is asked for a digest of what it holds at one place in the
// log: the primary at whatever place it is, the others at that one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/kvctl/cluster_view.h"

namespace holdfast::kvctl {

struct MemberDigest {
  std::string node;
  uint64_t lsn = 0;
  std::string digest;
  uint64_t keys = 0;
};

// The primary's first. A failure if there is no primary, if a member in sync does not answer, or if
// writes go on so fast that no place can be compared.
Result<std::vector<MemberDigest>> ReadDigests(const Session& session, const ClusterView& view);

bool AllEqual(const std::vector<MemberDigest>& digests);

}  // namespace holdfast::kvctl
