// What goes into a step of the group, and what comes out.
//
// Outputs are to be carried out in their order, before the next input is given. Each Propose and
// each ReadRegister is answered by exactly one ProposalEnded or RegisterRead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster/core/messages.h"

namespace holdfast {

// ---- inputs ----

// Time has passed. Wanted a few times per heartbeat.
struct Tick {
  uint32_t random = 0;  // a fresh draw, for back-off
  Millis log_time;      // the primary's, for its heartbeats
};
// The peer is authenticated as this identity; the newest incarnation of a node counts.
struct Connected {
  Identity peer;
};
struct MessageArrived {
  Identity from;
  Message message;
};
// From a watch on the register or from disk: good to know, closes nothing.
struct ViewLearned {
  GroupView view;
};
struct ProposalEnded {
  enum class Outcome : uint8_t { kChosen, kConflict, kUnknown };
  Outcome outcome = Outcome::kUnknown;
  GroupView view;  // what is chosen now; nothing if the outcome is unknown
};
// A full round (prepare and accept) that began after ReadRegister, or its failure.
struct RegisterRead {
  std::optional<GroupView> view;
};
// On a primary: its log ends here now. After StepDown: what the log ended with.
struct LogAppended {
  LogPosition tail;
};
struct RecordsArrived {
  Identity from;
  RecordsHeader header;
};
// More of something long has come from there, and not yet all of it.
struct RecordsArriving {
  Identity from;
};
struct SyncInstalled {
  uint64_t session = 0;
  LogPosition position;
};
// On the learner (peer: the primary) or on the primary (peer: the learner). It begins anew at once:
// whoever reports failures lets some time pass first.
struct SyncFailed {
  Identity peer;
  uint64_t session = 0;
};
// On a replica: records up to here have been executed.
struct Applied {
  Lsn lsn;
};
// This node's disk has its log up to here.
struct LogSynced {
  Lsn lsn;
};
// Reads up to this token wait for a confirmation; tokens rise.
struct ConfirmRead {
  uint64_t token = 0;
};
struct Switchover {
  uint64_t request = 0;
  NodeId target;   // 0: whoever holds most
  Nanos patience;  // until all have caught up; 0: as timing says
};
// The switchover under way is not to happen.
struct CallOff {
  uint64_t request = 0;
};
// After Drain, unless a Resume has followed it: nothing executes any more, and the tail has been
// reported.
struct Drained {};
// An operator accepts that writes are lost, and chooses this node's copy.
struct Recover {
  uint64_t request = 0;
};
// The process wants to end: hand over, or leave the set.
struct Shutdown {
  uint64_t request = 0;
};

using Input =
    std::variant<Tick, Connected, MessageArrived, ViewLearned, ProposalEnded, RegisterRead,
                 LogAppended, RecordsArrived, RecordsArriving, SyncInstalled, SyncFailed, Applied,
                 LogSynced, ConfirmRead, Switchover, CallOff, Drained, Recover, Shutdown>;

// ---- outputs ----

struct Send {
  Identity to;
  Message message;
};
// Compare-and-set of this group's entry.
struct Propose {
  uint64_t expected_version = 0;
  GroupConfiguration group;
};
struct ReadRegister {};
// Execute what is buffered, append a no-op record of this epoch, report it with LogAppended.
struct BecomePrimary {
  Epoch epoch;
};
// The reign is over. No more appends under its epoch; report the final tail with LogAppended before
// any other input.
struct StepDown {
  Epoch epoch;
};
struct StartServing {
  Epoch epoch;
};
enum class StopReason : uint8_t { kDeposed, kLease, kReleased, kLost };
struct StopServing {
  StopReason reason = StopReason::kDeposed;
};
// Replicas may execute up to `commit`. On a primary, held reads up to `commit` and held writes up
// to `acknowledgeable` may be answered.
struct CommitAdvanced {
  Lsn commit;
  Lsn acknowledgeable;
};
// On a primary: the disks of all members of the set have the log up to here; not beyond what may be
// acknowledged.
struct DurableAdvanced {
  Lsn lsn;
};
// Answers RecordsArrived: buffer them without the first `skip`, which are there already.
struct TakeRecords {
  uint64_t skip = 0;
};
enum class RefusalReason : uint8_t { kNotFromPrimary, kSession, kGap, kMismatch, kPromoting };
struct RefuseRecords {
  RefusalReason reason = RefusalReason::kNotFromPrimary;
};
// Drop buffered records after this position; none of them has been executed.
struct CutBack {
  LogPosition to;
};
// Durably give up speaking for earlier incarnations.
struct EraseClaim {};
// Drop log and keyspace; the snapshot of the sync session named here follows.
struct DiscardState {
  uint64_t session = 0;
};
// Send the peer a snapshot and the records after its cut, under the number of the sync session.
struct SendSnapshot {
  Identity peer;
  uint64_t session = 0;
};
// Send the peer every record after this position, now and as they are appended, likewise.
struct StreamLog {
  Identity peer;
  uint64_t session = 0;
  LogPosition after;
};
struct StopStreaming {
  Identity peer;
};
// The primary's log_time, usable once `after` is applied.
struct TimeHeard {
  Millis log_time;
  Lsn after;
};
// Logs may forget records up to here: every member of the set holds them.
struct HeldByAll {
  Lsn lsn;
};
struct ReadsConfirmed {
  uint64_t token = 0;  // and all below
};
// Let new requests wait unexecuted, then report Drained.
struct Drain {};
// The switchover has been given up before anything was released: let them go on.
struct Resume {};
struct Answered {
  uint64_t request = 0;
  std::string error;  // empty: done
};
// A broken invariant: the node must stop.
struct Halt {
  std::string reason;
};

using Output =
    std::variant<Send, Propose, ReadRegister, BecomePrimary, StepDown, StartServing, StopServing,
                 CommitAdvanced, DurableAdvanced, TakeRecords, RefuseRecords, CutBack, EraseClaim,
                 DiscardState, SendSnapshot, StreamLog, StopStreaming, TimeHeard, HeldByAll,
                 ReadsConfirmed, Drain, Resume, Answered, Halt>;
using Outputs = std::vector<Output>;

}  // namespace holdfast
