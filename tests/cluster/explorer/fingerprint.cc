#include "tests/cluster/explorer/fingerprint.h"

#include <xxhash.h>

namespace holdfast::explorer {

std::pair<uint64_t, uint64_t> Fingerprint::Digest() const {
  const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), bytes_.size());
  return {hash.low64, hash.high64};
}

}  // namespace holdfast::explorer
