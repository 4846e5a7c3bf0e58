// One node's part in its replication group, for the life of one incarnation.
//
//                 +------------------------ registered in the set ---------------------+
//                 v                                                                    |
//   Learner --> Replica --own promotion chosen--> Primary --newer epoch--> Replica or Learner
//      ^            |
//      +--removed---+
//
// The data plane is PacificA's: the primary streams its log to the members of the in-sync set and
// commits what all of them hold. The control plane is one value in a register, changed by
// compare-and-set: {epoch, primary, in-sync set}. The group decides; it performs nothing. Whoever
// drives it carries bytes, appends, applies, talks to the register, and hands in what happened.
//
// 1. A group's epochs rise, each has one primary, and only a registered in-sync identity may begin
//    the next (or a restarted one by the restart rule, or an operator's decision).
// 2. commit <= what every member of the set holds. A commit never falls and jumps no gap.
// 3. At most one node of the group serves at any instant.
// 4. Equal inputs at equal times give equal outputs: no clock, no randomness, no I/O. A group can
// be
//    copied and compared.
//
// It does not see records, only their positions; it does not time out replies; it does not limit
// how many snapshots are sent at once.
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "cluster/core/learner.h"
#include "cluster/core/primary.h"
#include "cluster/core/replica.h"
#include "cluster/core/status.h"

namespace holdfast {

// What the log holds when the node starts.
struct GroupStart {
  Identity self;
  Recovery recovery;
  Lsn applied;
  Lsn commit;
  LogPosition tail;  // all of it on the disk
};

class Group {
 public:
  Group(const GroupOptions& options, const GroupStart& start, Nanos now);

  // Times never fall. `log` is this node's log as of all outputs before. Appends to `out`.
  void Step(const Input& input, Nanos now, const LogView& log, Outputs& out);

  // The instant until which this node may answer reads, on the clock that Step's times are read
  // from. To be compared after the request was received, behind the gate. In the past: not at all.
  Nanos ServeUntil() const;
  // False: new writes are refused with NOREPLICAS, before they execute.
  bool MayWrite() const;
  // Whether a node that does not lead may show what it has executed: all of it is committed. Not so
  // on a deposed primary, until it has learned that all it executed has survived, or has other
  // data.
  bool IsReadable() const;
  Lsn commit() const { return base_.commit; }
  Lsn acknowledgeable() const;
  LogPosition tail() const { return base_.tail; }
  const GroupView& view() const { return base_.view; }
  Identity self() const { return base_.self; }
  bool IsPrimary() const { return std::holds_alternative<Primary>(role_); }
  Handover::Stage handover_stage() const;
  GroupReport Describe(Nanos now) const;

  bool operator==(const Group&) const = default;
  auto Fields() const { return std::tie(base_, role_, serving_); }

 private:
  using Role = std::variant<Learner, Replica, Primary>;

  void On(Turn& turn, const Tick& tick);
  void On(Turn& turn, const Connected& connected);
  void On(Turn& turn, const MessageArrived& arrived);
  void On(Turn& turn, const ViewLearned& learned);
  void On(Turn& turn, const ProposalEnded& ended);
  void On(Turn& turn, const RegisterRead& read);
  void On(Turn& turn, const LogAppended& appended);
  void On(Turn& turn, const RecordsArrived& arrived);
  void On(Turn& turn, const RecordsArriving& arriving);
  void On(Turn& turn, const SyncInstalled& sync);
  void On(Turn& turn, const SyncFailed& failure);
  void On(Turn& turn, const Applied& applied);
  void On(Turn& turn, const LogSynced& synced);
  void On(Turn& turn, const ConfirmRead& read);
  void On(Turn& turn, const Switchover& wanted);
  void On(Turn& turn, const CallOff& wanted);
  void On(Turn& turn, const Drained& drained);
  void On(Turn& turn, const Recover& wanted);
  void On(Turn& turn, const Shutdown& wanted);

  void Learn(Turn& turn, const GroupView& view);
  void EnterRole(Turn& turn, const GroupConfiguration& before);
  void Follow(Turn& turn, const GroupConfiguration& before, bool as_replica);
  void CloseRecovery(Turn& turn);
  void ToPrimary(Turn& turn, Identity from, const MessageBody& body);
  void ToFollower(Turn& turn, Identity from, const MessageBody& body);
  void NoteServing(Turn& turn);
  const Following* following() const;
  Following* following();

  Footing base_;
  Role role_;
  bool serving_ = false;  // as last told
};

}  // namespace holdfast
