// Three nodes of one group, their network, and an atomic register, small enough to be explored.
//
// Time is a whole number of ticks. Left alone, the world is deterministic: the register answers,
// then channels are emptied in their order, then time goes on by a tick and every node takes its
// turn, a primary that may write writes one value. A choice departs from that: a fault, a delay, an
// operator. All schedules with at most k departures within n ticks are finite, and are explored.
//
// Judged after every step:
// 1. At most one node may serve.
// 2. Who serves has executed every value that was acknowledged, or read by someone who could.
// 3. Every live member of the registered set holds what anyone believes to be committed.
// 4. What a follower has executed is a prefix of its log.
// 5. Two members hold what is acknowledged.
// 6. No node reports a broken invariant of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "cluster/core/group.h"
#include "tests/cluster/explorer/model_log.h"

namespace holdfast::explorer {

inline constexpr int kNodes = 3;

// How much may happen in one run.
struct Bounds {
  int ticks = 16;
  int writes = 6;
  int crashes = 1;
  int partitions = 1;
  int pauses = 1;
  int delays = 2;
  int outages = 1;
  int lost_outcomes = 1;
  int switchovers = 1;
  int members = kNodes;  // of the set at the start; the others are learners
};

struct Choice {
  enum class Kind : uint8_t {
    kGoOn,
    kCrash,        // a: node; back after ticks, without its memory
    kIsolate,      // a: node, for ticks; from everyone and the register
    kDeafen,       // a: node, for ticks; it is heard but hears nobody
    kMute,         // a: node, for ticks; it hears but nobody hears it
    kCutOff,       // a: node, for ticks; from the other nodes but not from the register
    kPause,        // a: node, for ticks
    kDelay,        // a: from, b: to, ticks: until anything arrives
    kOutage,       // of the register, for ticks; proposals linger, the last (a: 1) is done first
    kLoseOutcome,  // a: node; its proposal is carried out, and it does not hear of it
    kLinger,      // a: node; its proposal is accepted somewhere, and carried out later if it can be
    kSwitchOver,  // a: node
  };
  Kind kind = Kind::kGoOn;
  uint8_t a = 0;
  uint8_t b = 0;
  uint8_t ticks = 0;
};

struct RecordsPacket {
  RecordsHeader header;
  std::vector<ModelRecord> records;
  auto Fields() const { return std::tie(header, records); }
};
struct SnapshotPacket {
  uint64_t session = 0;
  ModelLog log;
  auto Fields() const { return std::tie(session, log); }
};
using Packet = std::variant<Message, RecordsPacket, SnapshotPacket>;

class World {
 public:
  explicit World(const Bounds& bounds);

  // What may happen now besides going on.
  std::vector<Choice> Choices() const;
  // False when the run is over.
  bool Take(Choice choice);
  bool IsAtTick() const { return fresh_tick_; }
  const std::string& violation() const { return violation_; }
  std::pair<uint64_t, uint64_t> Digest() const;
  // One line: what the last step did.
  const std::string& happened() const { return happened_; }
  void Narrate() { narrating_ = true; }
  uint32_t acknowledged() const { return acknowledged_; }

 private:
  struct StreamState {
    uint64_t session = 0;  // 0: none
    Lsn next;
    auto Fields() const { return std::tie(session, next); }
  };
  struct PendingWrite {
    Lsn lsn;
    uint8_t value = 0;
    auto Fields() const { return std::tie(lsn, value); }
  };
  struct Node {
    Identity identity;
    std::optional<Group> group;  // none: crashed
    ModelLog log;
    std::vector<uint8_t> executed;
    std::array<StreamState, kNodes> streams;
    std::vector<PendingWrite> pending;
    std::optional<Propose> proposal;
    bool reading_register = false;
    bool log_open = false;  // from BecomePrimary to StepDown
    bool draining = false;
    uint64_t sync_session = 0;
    uint64_t confirm_asked = 0;
    uint32_t confirm_floor = 0;  // acknowledged when the confirmation was asked for
    int64_t back_at = 0;
    int64_t paused_until = 0;
    auto Fields() const {
      return std::tie(identity, group, log, executed, streams, pending, reading_register, log_open,
                      draining, sync_session, confirm_asked, confirm_floor, back_at, paused_until);
    }
  };
  struct Channel {
    std::vector<Packet> packets;
    int64_t cut_until = 0;
    int64_t delayed_until = 0;
    auto Fields() const { return std::tie(packets, cut_until, delayed_until); }
  };
  struct Lingering {
    int node = 0;
    Propose proposal;
    int64_t at = 0;
    auto Fields() const { return std::tie(node, proposal.expected_version, proposal.group, at); }
  };

  bool IsUp(int node) const { return nodes_[node].group.has_value(); }
  bool Runs(int node) const { return IsUp(node) && nodes_[node].paused_until <= now_; }
  bool ReachesRegister(int node) const {
    return register_cut_until_[node] <= now_ && outage_until_ <= now_;
  }
  Nanos Now() const { return {now_}; }
  int IndexOf(Identity identity) const;

  bool GoOn();
  bool ServeRegister();
  bool Deliver();
  bool Advance();
  void Start(int node);
  void Crash(int node);
  void Cut(int from, int to, int64_t ticks);
  void Reconnect(int left, int right);
  void WriteAndConfirm(int node);
  void Step(int node, const Input& input);
  void Perform(int node, const Output& output, std::vector<Input>& next);
  void Send(int from, int to, Packet packet);
  void Pump(int node);
  void Execute(int node, Lsn up_to);
  void Release(int node, const CommitAdvanced& commit);
  bool CompareAndSet(const Propose& proposal);
  void Judge();
  void Accuse(std::string what);
  void Say(const std::string& what);

  Bounds bounds_;
  int64_t now_ = 100;
  int64_t end_ = 0;
  bool fresh_tick_ = true;
  std::array<Node, kNodes> nodes_;
  std::array<std::array<Channel, kNodes>, kNodes> channels_;
  std::array<int64_t, kNodes> register_cut_until_{};
  int64_t outage_until_ = 0;
  bool outage_reverses_ = false;
  GroupView chosen_;
  std::vector<Lingering> lingering_;
  uint64_t next_incarnation_ = 1;
  uint8_t last_value_ = 0;
  uint32_t acknowledged_ = 0;                           // values that must never be lost
  const std::vector<ModelRecord>* incoming_ = nullptr;  // while Records are handed in
  std::string violation_;
  bool narrating_ = false;
  std::string happened_;
};

}  // namespace holdfast::explorer
