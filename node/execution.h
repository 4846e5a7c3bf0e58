// Execution: what the request in hand has done to the keyspace, and what it has seen of it.
//
//   Begin -> handler: DependOn, recorder -> LogEffects (still under the locks) -> outcome
//
// Everything a request did is one record; so is everything an EXEC did. On a node that stands alone
// nothing is recorded and the outcome stays as Begin left it.
//
// 1. LogEffects comes before the locks of the slots that were changed are released: the order of
//    the log is the order of the changes.
// 2. A reply shows nothing newer than outcome().depends_on and outcome().lsn: once both are
//    committed, it may be seen.
#pragma once

#include <algorithm>

#include "net/base/types.h"
#include "storage/effects/effect_recorder.h"

namespace holdfast {

class EventLoop;
class Node;
class ReplicationLog;

// What is known of a request after its execution; all zero if it was not executed, but queued or
// refused.
struct ExecutionOutcome {
  // Its last record; 0 if it changed nothing.
  Lsn lsn;
  // The newest record before its own of which the reply may show something.
  Lsn depends_on;
  // The only time it knew; 0 if it was not executed.
  Millis log_time;
  // It changed the keyspace, but the log was not open any more: whoever leads now knows nothing of
  // it, and the keyspace of this node has to be replaced.
  bool unlogged = false;

  bool wrote() const { return lsn.value != 0; }
  // The reply may be seen once this is committed.
  Lsn visible_at() const { return std::max(lsn, depends_on); }
};

class Execution {
 public:
  // `loop` is the one it happens on.
  Execution(Node& node, EventLoop& loop) : node_(node), loop_(loop) {}
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // A request begins.
  void Begin();
  // Where to record effects; null on a node that stands alone.
  EffectRecorder* recorder() { return log_ == nullptr ? nullptr : &recorder_; }

  // It runs at this time, and so does what it does from now on.
  void RunAt(Millis log_time) { outcome_.log_time = log_time; }
  // The reply may show what a slot holds, whose lock is held, or everything.
  void DependOn(Slot slot) {
    if (log_ != nullptr) DependOnSlot(slot);
  }
  void DependOnAll() {
    if (log_ != nullptr) DependOnTail();
  }
  // Appends what was recorded, if anything, to the log, and marks the slots. Under their locks.
  void LogEffects() {
    if (!recorder_.empty()) Append();
  }

  const ExecutionOutcome& outcome() const { return outcome_; }

 private:
  void DependOnSlot(Slot slot);
  void DependOnTail();
  void Append();
  void NoteAppended();

  Node& node_;
  EventLoop& loop_;
  ReplicationLog* log_ = nullptr;
  EffectRecorder recorder_;
  ExecutionOutcome outcome_;
  bool notice_posted_ = false;
};

}  // namespace holdfast
