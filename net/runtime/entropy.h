// Where seeds and identities come from.
#pragma once

#include <cstdint>

namespace holdfast {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // 64 unpredictable bits; from the seed in simulation. Any thread.
  virtual uint64_t Next() = 0;
};

}  // namespace holdfast
