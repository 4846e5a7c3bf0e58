// When what was written to a log's files is made durable.
#pragma once

#include <cstdint>

namespace holdfast {

enum class FsyncPolicy : uint8_t {
  kOnTick,  // once a second
  kAlways,  // as soon as it is written
  kNever,   // when the system sees fit
};

}  // namespace holdfast
