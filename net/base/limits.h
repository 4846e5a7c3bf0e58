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
inline constexpr int64_t kMultibulkArgumentsMax = INT32_MAX;
inline constexpr int64_t kUnauthenticatedArgumentsMax = 10;
inline constexpr int64_t kUnauthenticatedBulkMax = 16 * 1024;
inline constexpr int64_t kBulkMaxDefault = 512LL * 1024 * 1024;
inline constexpr int64_t kQueryBufferMaxDefault = 1024LL * 1024 * 1024;
inline constexpr size_t kArgumentsRetainedMax = 16 * 1024;
inline constexpr size_t kReplyDepthMax = 128;
inline constexpr int64_t kReplyElementsMax = 1LL << 32;

// Configuration.
inline constexpr int kConfigIncludeDepthMax = 16;
inline constexpr size_t kConfigFilesMax = 256;
inline constexpr size_t kSavePointsMax = 64;
inline constexpr size_t kBindAddressesMax = 16;
inline constexpr size_t kPercentilesMax = 64;
inline constexpr int64_t kHzMin = 1;
inline constexpr int64_t kHzMax = 500;

// Execution.
inline constexpr int kWorkersMax = 128;
inline constexpr int kCommandsPerGateHold = 64;
inline constexpr int kPipelineBatchMax = 64;
inline constexpr int kCommandsPerSlotLockMax = 32;

// Observation (names follow Redis's slowlog.h and latency.h).
inline constexpr size_t kSlowlogArgumentsMax = 32;
inline constexpr size_t kSlowlogArgumentBytesMax = 128;
inline constexpr size_t kLatencySamplesMax = 160;  // of one event
inline constexpr size_t kEventsKept = 1024;
inline constexpr size_t kEpochsKept = 256;

// Commands. An edited string keeps its length and room in 32 bits.
inline constexpr size_t kStringSpareBytesMin = 1024 * 1024;  // once it is that long
inline constexpr size_t kRoomyStringBytesMax = UINT32_MAX;
inline constexpr size_t kScannedKeysPerLockMax = 1024;
inline constexpr size_t kScannedSlotsMax = 2048;  // in one SCAN, unless its COUNT is larger
inline constexpr int kRandomKeyAttemptsMax = 1024;
inline constexpr size_t kReclaimedPerTurn = 4096;  // entries freed before others get a turn

// Clusters.
inline constexpr int kGroupMembersMax = 7;
inline constexpr size_t kLadderRungsMax = 16;  // epochs told when logs are compared
inline constexpr size_t kDeferredRecordsBytesMax = 16 * 1024 * 1024;

// Doors beside the clients' own.
inline constexpr size_t kSentinelSessionsMax = 4096;
inline constexpr size_t kSentinelSubscriptionsMax = 256;  // of one session
inline constexpr size_t kSentinelRequestBytesMax = 64 * 1024;
inline constexpr size_t kSentinelUnsentBytesMax = 1024 * 1024;  // then it is cut off
inline constexpr int kHttpThreads = 2;

// Clients whose requests are passed on to the primary. Who has asked for so much waits.
inline constexpr size_t kForwardRequestsMax = 1024;            // of one client, unanswered
inline constexpr size_t kForwardBytesMax = 1024 * 1024;        // of one client, unanswered
inline constexpr size_t kForwardUnreadMax = 1024 * 1024;       // replies that a client has not read
inline constexpr size_t kForwardWorkerMax = 16 * 1024 * 1024;  // of one worker's clients
inline constexpr size_t kForwardAnswersMax = 4 * 1024 * 1024;  // to one node, unsent
inline constexpr size_t kForwardPieceBytes = 256 * 1024;       // between threads, and one item
inline constexpr size_t kForwardFrameBytes = 1024 * 1024;      // on the wire, and one piece
inline constexpr size_t kMapAskersMax = 1024;
inline constexpr size_t kForwardItemBytesMax = 768 * 1024 * 1024;

// The configuration and its register.
inline constexpr size_t kClusterNodesMax = 64;
inline constexpr size_t kVotersMax = 7;  // of one set
inline constexpr size_t kNodeNameBytesMax = 255;
inline constexpr size_t kConfigurationBytesMax = 64 * 1024;
inline constexpr size_t kRegisterMessageBytesMax = kConfigurationBytesMax + 1024;
inline constexpr size_t kRegisterFileBytesMax = kRegisterMessageBytesMax + 1024;
inline constexpr size_t kRegisterOperationsMax = 64;  // of one node, waiting
inline constexpr int kRegisterDoublingsMax = 4;       // of time-outs and back-off

// Effects and the log that they are written to.
inline constexpr size_t kEffectBytesRetainedMax = 256 * 1024;  // by a recorder between commands
inline constexpr uint64_t kRecordPayloadMax = uint64_t{1} << 40;
inline constexpr size_t kLogChunkBytes = 1024 * 1024;
inline constexpr size_t kLogChunkBytesMin = 1024;
inline constexpr uint64_t kLogIndexStride = 32;  // records
inline constexpr int kLogSpareChunksMax = 4;
// On disk: the size at which a segment is ended, and what is written at once if more is waiting.
inline constexpr uint64_t kLogSegmentBytes = 64 * 1024 * 1024;
inline constexpr size_t kLogWriteBytes = 1024 * 1024;
inline constexpr size_t kLogReadBytes = 1024 * 1024;
inline constexpr size_t kLogWaitingBytesMax = 8 * 1024 * 1024;  // handed over and not written
// Frames of records on their way to one member: the second covers the time that the ack of the
// first takes.
inline constexpr size_t kRecordFramesInFlight = 2;
// So much is sent whatever is in flight.
inline constexpr size_t kRecordFrameBytesWorthSending = 16 * 1024;

// Peers. A payload's length travels in 32 bits; a CRC is computed in one go.
inline constexpr size_t kPeerFrameBytesMax = 1024 * 1024 * 1024;
inline constexpr size_t kPeerHandshakeFrameBytesMax = 512;
inline constexpr size_t kPeerRefusalTextMax = 400;
inline constexpr size_t kPeerSendQueueBytesDefault = 16 * 1024 * 1024;
inline constexpr int kPeerUnauthenticatedMax = 64;
inline constexpr size_t kPeerNodesRememberedMax = 1024;
inline constexpr size_t kPeerFormerIncarnationsMax = 16;  // of one node
inline constexpr int kPeerDialsMax = 16;                  // of one link
inline constexpr int kPeerConnectMillisDefault = 1000;
inline constexpr int kPeerHandshakeMillisDefault = 1000;
inline constexpr int kPeerBackoffMillisMin = 20;
inline constexpr int kPeerBackoffMillisMax = 1000;

// Receive buffers of the runtimes.
inline constexpr size_t kReceiveBufferSize = 16 * 1024;
inline constexpr int kReceiveBuffersAtStart = 32;
inline constexpr int kReceiveBuffersPerLoop = 1024;

// Sockets and turns of the runtimes.
inline constexpr int kEventsPerTurn = 256;
inline constexpr size_t kDrainNoticeBytes = 64 * 1024;
inline constexpr int kTransfersPerTurn = 16;    // receives, or sends, of one stream
inline constexpr int kAcceptsPerTurn = 256;     // of one listener
inline constexpr int kPiecesPerSend = 64;       // buffers of one stream in one system call
inline constexpr int kConnectSynRetries = 4;    // about 31 s of silence
inline constexpr int kAcceptPauseMillis = 100;  // when descriptors or memory have run out
inline constexpr int kClosePatienceMillis = 10'000;
inline constexpr int kFileThreads = 4;
inline constexpr size_t kDiscardedOnCloseMax = 256 * 1024;
inline constexpr unsigned kSubmissionEntries = 512;
inline constexpr unsigned kCompletionEntries = 4096;

// Value types. A chunk's front offset and element count are 16 bits wide.
inline constexpr size_t kListChunkBytesMax = 65'535;
inline constexpr size_t kListCountedChunkBytesMax = 8 * 1024;  // while the limit counts elements
inline constexpr size_t kListSegmentChunksMax = 128;
inline constexpr size_t kNumberTextMax = 5 * 1024 - 1;

// Snapshots. Larger entries are written in pieces and never copied as a whole by a writer that
// comes across them; a unit of a table has up to 511 smaller ones.
inline constexpr size_t kSnapshotPayloadBytesMax = 64 * 1024 - 12;  // a block, without its header
inline constexpr size_t kSnapshotSmallEntryBytesMax = 1024;
inline constexpr size_t kSnapshotHeldBytesMax = 8 * 1024 * 1024;  // then writers wait
inline constexpr int kSnapshotBlocksInFlightMax = 1024;           // sent and not yet answered
inline constexpr int kSnapshotWindowsQueued = 2;  // at the sender, in blocks in flight

// Files of snapshots, being loaded. So much is read at once and used before others get a turn.
inline constexpr size_t kFileLoadReadBytes = 512 * 1024;
inline constexpr size_t kFileReadsInFlight = 4;

// Simulation.
inline constexpr uint64_t kCheckerStatesMax = 200'000;  // of one group of keys
inline constexpr uint64_t kShrinkRunsMax = 2000;        // of one red seed

// HOLDFAST DIGEST.
inline constexpr int kDigestWalksMax = 10;           // begun anew because of writes
inline constexpr int64_t kDigestMillisMax = 60'000;  // in all

// kvctl.
inline constexpr size_t kControlAnswerBytesMax = 4 * 1024 * 1024;
inline constexpr int64_t kControlChangeMillis = 30'000;  // for a change to be carried out
inline constexpr int64_t kControlLookMillis = 200;       // between looks at what is waited for
inline constexpr double kClockOffsetWarnedMillis = 500;
inline constexpr int kDevNodesMax = 7;
inline constexpr int64_t kDevStartMillis = 10'000;
inline constexpr int64_t kDevStopMillis = 10'000;

static_assert(kUnauthenticatedBulkMax <= kBulkMaxDefault);
static_assert(kCommandsPerSlotLockMax <= kCommandsPerGateHold);
static_assert(kClusterNodesMax * (2 * kNodeNameBytesMax + 64) <= kConfigurationBytesMax);
static_assert(kListChunkBytesMax <= UINT16_MAX);
static_assert(kPeerFrameBytesMax <= INT32_MAX);
static_assert(kForwardItemBytesMax + kForwardPieceBytes + kForwardFrameBytes < kPeerFrameBytesMax);
static_assert(kForwardItemBytesMax > kBulkMaxDefault + kForwardBytesMax);
static_assert(kPeerRefusalTextMax < kPeerHandshakeFrameBytesMax);
static_assert(kPeerSendQueueBytesDefault > kDrainNoticeBytes);

}  // namespace holdfast::limits
