// What members of a replication group say to each other.
//
//   primary -> all      Heartbeat      I lead this epoch; echo my clock and I may serve for a lease
//   member  -> primary  HeartbeatAck   heard; I will not promote myself for a grace from now
//   member  -> primary  Join           this is my log: where do we part?
//   primary -> member   Joined         continue after this position; a sync session begins
//   primary -> learner  FullSync       drop what you have; a session with a snapshot begins
//   member  -> primary  Ack            in the session named I hold the log up to here
//   primary -> member   Release        I will never serve this epoch again: take over
//   primary -> member   Probe          am I still the primary? (a read that trusts no clock)
//   member  -> primary  ProbeAck
//   member  -> primary  Leave          I am being shut down: remove me
//   anyone  -> anyone   Announce       you are behind: this is the newest configuration I know
//   starter -> all      Report         I was started again; this is what I recovered
//
// 1. Every message carries the sender's epoch and version. A message of another epoch has no effect
//    but an Announce in return, if its sender is behind.
// 2. Records travel beside these messages, with RecordsHeader in front.
// 3. A session numbers one continuous stretch of agreement between a primary and a member within an
//    epoch; a number is used once in the life of the group. Records and acks name it, so that an
//    ack never speaks for contents other than those the member holds now.
#pragma once

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "cluster/core/log_view.h"
#include "cluster/core/view.h"
#include "net/base/types.h"

namespace holdfast {

// How far a member is, in a session. Session 0 is none: nothing is held.
struct Progress {
  uint64_t session = 0;
  Lsn held;
  Lsn applied;  // also what can no longer be taken back
  Lsn synced;   // of what is held, what is on the disk too
  // Changes while something long is on its way in: slow is not silent.
  uint64_t arrivals = 0;
  bool operator==(const Progress&) const = default;
  auto Fields() const { return std::tie(session, held, applied, synced, arrivals); }
};

struct Heartbeat {
  GroupView view;
  Nanos sent;  // on the sender's clock; opaque to the receiver
  Lsn tail;
  Lsn commit;
  Lsn held_by_all;       // every member of the set holds this: logs may be trimmed up to here
  Millis log_time;       // usable once `tail` is applied
  uint64_t session = 0;  // in which the sender counts the receiver's acks; 0: in none
  bool operator==(const Heartbeat&) const = default;
  auto Fields() const { return std::tie(view, sent, tail, commit, held_by_all, log_time, session); }
};

struct HeartbeatAck {
  Nanos sent;  // as in the heartbeat
  Progress progress;
  bool operator==(const HeartbeatAck&) const = default;
  auto Fields() const { return std::tie(sent, progress); }
};

// The member holds still between a Join and its answer: whoever repeats a Join repeats its number,
// and an answer to any other number is void.
struct Join {
  uint64_t attempt = 0;
  Lsn applied;
  Ladder ladder;
  bool operator==(const Join&) const = default;
  auto Fields() const { return std::tie(attempt, applied, ladder); }
};

struct Joined {
  uint64_t attempt = 0;
  uint64_t session = 0;
  LogPosition shared;
  Lsn commit;
  bool operator==(const Joined&) const = default;
  auto Fields() const { return std::tie(attempt, session, shared, commit); }
};

struct FullSync {
  uint64_t attempt = 0;
  uint64_t session = 0;
  bool operator==(const FullSync&) const = default;
  auto Fields() const { return std::tie(attempt, session); }
};

struct Ack {
  Progress progress;
  bool operator==(const Ack&) const = default;
  auto Fields() const { return std::tie(progress); }
};

struct Release {
  LogPosition tail;  // all of it is committed
  bool operator==(const Release&) const = default;
  auto Fields() const { return std::tie(tail); }
};

struct Probe {
  uint64_t round = 0;
  bool operator==(const Probe&) const = default;
  auto Fields() const { return std::tie(round); }
};

struct ProbeAck {
  uint64_t round = 0;
  bool operator==(const ProbeAck&) const = default;
  auto Fields() const { return std::tie(round); }
};

struct Leave {
  bool operator==(const Leave&) const = default;
  auto Fields() const { return std::tie(); }
};

struct Announce {
  GroupView view;
  bool operator==(const Announce&) const = default;
  auto Fields() const { return std::tie(view); }
};

// What a node found on its disk when it started.
struct Recovery {
  // The earlier incarnations for which its log speaks: it is what each of them had, as far as that
  // reached the disk. None: it kept nothing.
  std::vector<Incarnation> lives;
  LogPosition tail;
  // The earlier incarnation whose every acknowledged record is in this log (it was shut down
  // cleanly, or synced before it acknowledged); 0: some may be missing.
  Incarnation complete_for;

  bool SpeaksFor(Incarnation life) const {
    return std::find(lives.begin(), lives.end(), life) != lives.end();
  }
  bool operator==(const Recovery&) const = default;
  auto Fields() const { return std::tie(lives, tail, complete_for); }
};

// Speaks as of the version in the message: an incarnation that knows of a configuration which names
// another incarnation of its node is the newer of the two, and proves the other one dead.
struct Report {
  Recovery recovery;
  bool operator==(const Report&) const = default;
  auto Fields() const { return std::tie(recovery); }
};

using MessageBody = std::variant<Heartbeat, HeartbeatAck, Join, Joined, FullSync, Ack, Release,
                                 Probe, ProbeAck, Leave, Announce, Report>;

struct Message {
  Epoch epoch;
  uint64_t version = 0;
  MessageBody body;
  bool operator==(const Message&) const = default;
  auto Fields() const { return std::tie(epoch, version, body); }
};

// In front of a batch of records: those after `previous` up to `last`.
struct RecordsHeader {
  Epoch epoch;  // the sender's, which may be newer than the records'
  uint64_t session = 0;
  LogPosition previous;
  LogPosition last;
  Lsn commit;
  bool operator==(const RecordsHeader&) const = default;
  auto Fields() const { return std::tie(epoch, session, previous, last, commit); }
};

}  // namespace holdfast
