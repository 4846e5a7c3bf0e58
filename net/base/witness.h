// Witness: what a node knows of its own replies and a client cannot see, told to whoever judges it.
//
//   WitnessRecord({.epoch = epoch, .lsn = lsn, .previous_epoch = tail.epoch, .log_time = now});
//   WitnessReply({.connection = stream.descriptor(), .ordinal = 3, .executed_at = lsn, ...});
//   WitnessCommit({.epoch = epoch, .lsn = commit});
//   WitnessVulnerable(Vulnerable::kReconfiguration);
//
// With it every operation has a known place in the log, so that a run can be judged by replaying
// the log instead of searching for an order. Only the simulator's build compiles the calls in
// (HOLDFAST_PLANTED_BUGS); elsewhere they are empty and leave no code. Which node speaks is known
// by whose event is under way.
//
// 1. WitnessReply comes when a request has been executed, before its reply may leave, once per
//    request; also for a reply that is held and never sent.
// 2. WitnessRecord comes when a primary appends a record, before the WitnessReply of the request
//    that caused it; the first one of an epoch is the epoch's no-op.
// 3. WitnessCommit comes on a primary when its commit advances, before any reply it releases.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

// A request that was executed, or refused. EXEC stands for its whole transaction; all its commands
// saw one log_time.
struct ReplyWitness {
  // Stream::descriptor() of the connection.
  int connection = 0;
  // How many requests the connection had brought before this one; commands that MULTI queues count.
  uint64_t ordinal = 0;
  // The reign under which a primary executed it; 0 if no primary did.
  Epoch epoch;
  // The record that the request became; 0 if it changed nothing.
  Lsn executed_at;
  // The newest record that the reply shows: on a primary the newest of the slots looked at, on a
  // replica the newest applied.
  Lsn depends_on;
  // The log_time that the request saw as now.
  Millis log_time;
  // Executed on a replica for a READONLY connection.
  bool on_replica = false;
};

// A record that a primary appends.
struct RecordWitness {
  Epoch epoch;
  Lsn lsn;
  Epoch previous_epoch;  // of the record before it in the log
  Millis log_time;
};

struct CommitWitness {
  Epoch epoch;
  Lsn lsn;               // everything up to it is committed
  Lsn acknowledgeable;   // and writes up to here may be answered
  bool durable = false;  // it is on the disks of all who count
};

// An acknowledgement, or the grant of a lease, that a primary counts.
struct AckWitness {
  Epoch said;     // the epoch it was given in
  Epoch counted;  // the epoch it is counted in
};

// A primary gives up its epoch, whose log ends here.
struct ReleaseWitness {
  Epoch epoch;
  Lsn tail;
};

// A learner has the data of a snapshot, which is of the log up to here, and no others.
struct SnapshotWitness {
  Epoch epoch;  // of the record at the cut
  Lsn cut;
};

// What of a configuration decides who votes, and a number that tells equal values from others.
struct ValueWitness {
  uint64_t version = 0;  // 0: none
  uint64_t digest = 0;
  std::vector<uint64_t> voters;
  std::vector<uint64_t> next_voters;
};
// Orders proposals: round, then proposer (node, incarnation).
struct BallotWitness {
  uint64_t round = 0;
  uint64_t node = 0;
  uint64_t incarnation = 0;
  auto operator<=>(const BallotWitness&) const = default;
};
// What one voter of the register has done.
struct VoteWitness {
  enum class Kind : uint8_t {
    kRecovered,  // it starts, with this on its disk (`promised`, `ballot` and `value` as accepted)
    kAccepted,   // it has accepted `value` in `ballot`, and nobody knows yet
    kPromise,    // its promise of `ballot` leaves
    kVote,       // its acceptance in `ballot` leaves
  };
  Kind kind = Kind::kPromise;
  uint64_t voter = 0;
  BallotWitness ballot;
  BallotWitness promised;
  ValueWitness value;
  bool enrolled = false;  // the request made it a voter
};

// A node is about to change the configuration of this version; `known`: the one that it has whole.
struct ProposalWitness {
  uint64_t expected = 0;
  uint64_t known = 0;
};

// Moments at which a crash is most likely to find a mistake.
enum class Vulnerable : uint8_t {
  kSync,             // an fsync is under way
  kReconfiguration,  // a proposal to the register is under way
  kSnapshot,         // a snapshot is sent or received
  kPromotion,        // promoted, and the first record not yet committed
  kHandover,         // a switchover has begun
  kRelease,          // the primary has given its epoch up
  kPromise,          // a voter has promised
  kVote,             // a voter has accepted
  kVoters,           // who votes is being changed
  kAsksForVotes,     // a proposer's value is on its way to the voters
  kChosen,           // a proposer knows its value chosen, and the others have yet to hear of it
};

#ifdef HOLDFAST_PLANTED_BUGS
// Provided by the simulator.
void WitnessReply(const ReplyWitness& reply);
void WitnessRecord(const RecordWitness& record);
void WitnessCommit(const CommitWitness& commit);
void WitnessVulnerable(Vulnerable moment);
void WitnessAck(const AckWitness& ack);
void WitnessRelease(const ReleaseWitness& release);
void WitnessSnapshot(const SnapshotWitness& snapshot);
void WitnessVote(const VoteWitness& vote);
// The configuration is one that was chosen, as a node believes from now on.
void WitnessLearned(const ValueWitness& value);
void WitnessProposal(const ProposalWitness& proposal);
// An operation on the register begins.
void WitnessAsking();
// A proposer whose round was refused waits so long before the next.
void WitnessBackOff(Nanos pause);
// The node has to stop.
void WitnessHalt(absl::string_view reason);
inline constexpr bool kWitnessed = true;
#else
inline void WitnessReply(const ReplyWitness&) {}
inline void WitnessRecord(const RecordWitness&) {}
inline void WitnessCommit(const CommitWitness&) {}
inline void WitnessVulnerable(Vulnerable) {}
inline void WitnessAck(const AckWitness&) {}
inline void WitnessRelease(const ReleaseWitness&) {}
inline void WitnessSnapshot(const SnapshotWitness&) {}
inline void WitnessVote(const VoteWitness&) {}
inline void WitnessLearned(const ValueWitness&) {}
inline void WitnessProposal(const ProposalWitness&) {}
inline void WitnessAsking() {}
inline void WitnessBackOff(Nanos) {}
inline void WitnessHalt(absl::string_view) {}
// What is costly to tell is made only if somebody hears it.
inline constexpr bool kWitnessed = false;
#endif

}  // namespace holdfast
