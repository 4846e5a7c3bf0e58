// A replication group on a stage: nodes, links and an atomic register in memory, directed line by
// line.
//
//   director -> Append, Hold, Crash, Pass, ... -> nodes (Group + ModelLog) <-> links, register
//                                                     |
//                                             judged after every step
//
// Left alone nothing takes time: whatever is sent arrives, whatever is proposed is answered, until
// all is quiet. Time passes only when the director says so, in turns of kTurn. What is held back,
// lost or late is the director's choice, by link and kind of packet.
//
// Judged after every step:
// 1. At most one node may serve.
// 2. Who serves has executed every write that was acknowledged, or could have been read.
// 3. Every live member of the registered set holds those, and what anyone believes to be committed.
// 4. What a node executed is what its log holds.
// 5. An acknowledged write had min-in-sync copies.
// 6. No node reports a broken invariant of its own, and the stage comes to rest.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "cluster/core/group.h"
#include "net/base/random.h"
#include "tests/cluster/explorer/model_log.h"

namespace holdfast::stage {

inline constexpr Nanos kTurn = Milliseconds(20);
inline constexpr int kWritesMax = 255;

using Writes = std::bitset<kWritesMax + 1>;

struct RecordsPacket {
  RecordsHeader header;
  std::vector<explorer::ModelRecord> records;
};
struct SnapshotPacket {
  uint64_t session = 0;
  LogPosition cut;
  std::vector<uint8_t> values;  // of all records up to the cut
};
using Packet = std::variant<Message, RecordsPacket, SnapshotPacket>;

// "Heartbeat", "Ack", ..., "Records", "Snapshot".
absl::string_view KindOf(const Packet& packet);
bool IsKind(absl::string_view name);

// From one node to another; nodes are numbered from 1.
using Link = std::pair<int, int>;

// What a node finds on its disk when it starts.
enum class Remains : uint8_t {
  kNothing,
  kLog,       // of its last life, and nobody knows whether all of it
  kWholeLog,  // nothing acknowledged is missing
};

// How the register treats a node.
enum class Treatment : uint8_t {
  kAnswers,
  kSilent,   // nothing arrives: the outcome of a proposal is unknown, and it was not carried out
  kForgets,  // carries a proposal out, and its answer is lost
  kDelays,   // as if lost, and carried out when CarryOutDelayed says so
  kWaits,    // no answer yet, until the treatment changes
};

enum class WriteState : uint8_t { kNone, kHeld, kAcknowledged, kUnknown };

struct StageNode {
  Identity identity;
  std::optional<Group> group;  // none: down
  explorer::ModelLog log;
  std::vector<uint8_t> executed;  // values of records 1, 2, ...
  struct Stream {
    uint64_t session = 0;
    Lsn next;
  };
  std::map<int, Stream> streams;                 // by node
  std::vector<std::pair<Lsn, uint8_t>> pending;  // writes whose replies are held
  std::optional<Propose> proposal;
  bool reading_register = false;
  Treatment treatment = Treatment::kAnswers;
  bool paused = false;
  bool log_open = false;  // from leading to stepping down
  bool draining = false;
  uint64_t loading_session = 0;
  uint64_t confirmed = 0;  // highest token of ReadsConfirmed
  int full_syncs = 0;      // begun, in all lives
  int proposals = 0;
  std::vector<Incarnation> claim;  // the lives that its disk speaks for
  Lsn recorded_commit;             // when it went down
  GroupView known;                 // what its disk says of the configuration

  // The values of all records up to its tail.
  std::vector<uint8_t> History() const;
};

class Stage {
 public:
  struct Casting {
    int nodes = 3;
    GroupOptions options;
    uint64_t epoch = 1;
    int primary = 1;
    std::vector<int> in_sync = {1, 2, 3};
    uint64_t seed = 1;
  };
  // All nodes are started; a moment later the primary serves and learners have been noticed.
  explicit Stage(const Casting& casting);

  // Time.
  void Pass(Nanos span);

  // Links. An empty kind means all kinds.
  void Hold(Link link, absl::string_view kind);
  void Drop(Link link, absl::string_view kind);
  // Ends Hold and Drop of the same kind; what was held arrives.
  void Release(Link link, absl::string_view kind);
  // What is on its way is lost, what is held is not; both sides connect again.
  void Break(int left, int right);
  // Ends everything that was held or dropped anywhere; connections that had broken are new.
  void Heal();
  // The last packet of the kind that arrived there arrives once more; false if there was none.
  bool Repeat(Link link, absl::string_view kind);

  // The register.
  void Treat(int node, Treatment treatment);
  void CarryOutDelayed();

  // Nodes.
  void Crash(int node);
  void Start(int node, Remains remains);
  void SetPaused(int node, bool paused);
  // A record of its own; false if the node would have refused the write.
  bool Append(int node);
  void Give(int node, const Input& input);
  // Forgets the log up to there; false if that is not committed there.
  bool Trim(int node, Lsn lsn);

  const StageNode& node(int number) const { return nodes_[static_cast<size_t>(number - 1)]; }
  int size() const { return static_cast<int>(nodes_.size()); }
  const GroupView& chosen() const { return chosen_; }
  Nanos now() const { return now_; }
  int writes() const { return last_write_; }
  WriteState StateOf(int write) const { return states_[static_cast<size_t>(write)]; }
  bool Serves(int node) const;
  // The answer to an operator's request, if there is one.
  std::optional<std::string> Answer(uint64_t request) const;
  const std::string& violation() const { return violation_; }
  // What happened since it was last asked for, a line each.
  std::vector<std::string> TakeTold() { return std::exchange(told_, {}); }

 private:
  struct Letter {
    Identity from;  // the life that sent it
    Packet packet;
  };
  struct Wire {
    std::vector<Letter> letters;
    std::vector<std::string> held;                    // kinds; "" for all
    std::vector<std::string> dropped;                 // as well
    bool lossy = false;                               // something was dropped
    std::map<std::string, Letter, std::less<>> last;  // arrived, by kind
  };
  struct Delayed {
    int node = 0;
    Propose proposal;
  };

  StageNode& At(int number) { return nodes_[static_cast<size_t>(number - 1)]; }
  Wire& WireOf(Link link) { return wires_[link]; }
  bool Runs(int number) const;
  int NumberOf(Identity identity) const;
  void Tell(std::string what) { told_.push_back(std::move(what)); }
  void Accuse(std::string what);

  // Until nothing moves any more.
  void Settle();
  bool ServeRegister();
  bool CompareAndSet(const Propose& proposal);
  bool DeliverOne();
  void Arrive(int to, const Letter& letter);
  void Send(int from, int to, Packet packet);
  void Connect(int left, int right);

  void Step(int number, const Input& input);
  void Perform(int number, const Output& output, std::vector<Input>& next);
  void PerformOnLog(int number, const Output& output);
  void Lead(int number, Epoch epoch, std::vector<Input>& next);
  void EndReign(StageNode& node);
  void SendSnapshotOf(int number, const SendSnapshot& order);
  void Install(int number, const SnapshotPacket& snapshot);
  void Pump(int number);
  void Execute(int number, Lsn up_to);
  void Reply(int number, const CommitAdvanced& commit);

  void Judge();
  void JudgeNode(int number);
  void JudgeMember(int number);
  Writes Held(int number) const;
  Writes Executed(int number) const;
  void JudgeCopies(int number, uint8_t write);

  GroupOptions options_;
  Prng random_;
  Nanos now_ = Seconds(10);
  std::vector<StageNode> nodes_;
  std::map<Link, Wire> wires_;
  GroupView chosen_;
  std::vector<Delayed> delayed_;
  int last_write_ = 0;
  std::vector<WriteState> states_ = std::vector<WriteState>(kWritesMax + 1, WriteState::kNone);
  Writes promised_;  // acknowledged, or committed where it could be read
  std::map<uint64_t, std::string> answers_;
  uint64_t recovery_request_ = 0;
  const std::vector<explorer::ModelRecord>* incoming_ = nullptr;  // while Records are handed in
  std::string violation_;
  std::vector<std::string> told_;
};

// The name of an identity in stories: n2, and n2.2 in its second life.
std::string NameOf(Identity identity);
// Of the node's life, counted from 1.
Identity IdentityOf(int node, uint64_t life);

}  // namespace holdfast::stage
