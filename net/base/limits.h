// Every bound of the system in one place, with the relations between them.
//
// A bound that an operator may move is a configuration directive; its default and its hard edges
// stand here. Sizes are in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::limits {

// RESP (names follow redis.conf and Redis's networking.c).
inline constexpr size_t kInlineRequestMax = 64 * 1024;
inline constexpr int64_t kMultibulkArgumentsMax = 1024 * 1024;
inline constexpr int64_t kUnauthenticatedArgumentsMax = 10;
inline constexpr int64_t kUnauthenticatedBulkMax = 16 * 1024;
inline constexpr int64_t kBulkMaxDefault = 512LL * 1024 * 1024;
inline constexpr int64_t kQueryBufferMaxDefault = 1024LL * 1024 * 1024;
inline constexpr size_t kArgumentsRetainedMax = 16 * 1024;
inline constexpr size_t kReplyDepthMax = 128;
inline constexpr int64_t kReplyElementsMax = 1LL << 32;

// Execution.
inline constexpr int kWorkersMax = 128;
inline constexpr int kCommandsPerGateHold = 64;
inline constexpr int kPipelineBatchMax = 64;
inline constexpr int kCommandsPerSlotLockMax = 32;

// Receive buffers of the runtimes.
inline constexpr size_t kReceiveBufferSize = 16 * 1024;
inline constexpr int kReceiveBuffersPerLoop = 256;

// Value types. A chunk's front offset and element count are 16 bits wide.
inline constexpr size_t kListChunkBytesMax = 65'535;
inline constexpr size_t kListCountedChunkBytesMax = 8 * 1024;  // while the limit counts elements
inline constexpr size_t kListSegmentChunksMax = 128;
inline constexpr size_t kNumberTextMax = 5 * 1024 - 1;

static_assert(kUnauthenticatedBulkMax <= kBulkMaxDefault);
static_assert(kCommandsPerSlotLockMax <= kCommandsPerGateHold);
static_assert(kListChunkBytesMax <= UINT16_MAX);

}  // namespace holdfast::limits
