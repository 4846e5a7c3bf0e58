// Ledger: where a node writes down its changes, and when a reply may show them.
//
//   worker   executes, appends to log(), holds the reply            Hold
//   ledger   the group commits, or the disk has it                  visible() moves, RepliesMayGo
//   worker   lets go what may be seen
//
// A node in a cluster has its Membership, which knows what the group has committed; a node that
// stands alone and keeps its log on disk has a Journal. Without either nothing is written down and
// no reply waits.
#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "node/reply_holder.h"
#include "storage/log/log_origin.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {

class Node;
class ReplicationLog;
struct Worker;

// What the replies that a worker begins to hold have to wait for, beside the commit.
struct HoldNeeds {
  uint64_t token = 0;  // this confirmed; 0: none
  bool fsync = false;  // some of them the disk
};

class Ledger {
 public:
  explicit Ledger(Node& node) : node_(node) {}
  virtual ~Ledger() = default;

  virtual ReplicationLog& log() = 0;
  // What replies may show. Any thread.
  virtual Visible visible() const = 0;
  // Records were appended and are complete. Any thread.
  virtual void NoteAppended() = 0;
  // Writers had better wait: too much is on its way. Any thread.
  virtual bool IsCongested() const = 0;
  // What this node holds is wrong: it must stop.
  virtual void HaltFor(absl::string_view reason) = 0;

  // A snapshot is being cut here, and the world is stopped: calls back, on some loop, with its
  // place in the log once it can not be taken back any more, or with an error if it was.
  virtual void NoteCut(const SnapshotHeader& cut,
                       absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use) = 0;
  // The snapshot cut there is on the disk: what is older may go. Any thread.
  virtual void NoteSaved(Lsn cut) = 0;

  // How far this node's own disk has the log, and how many other members' disks have it up to this
  // record. Any thread.
  virtual Lsn synced() const = 0;
  virtual int64_t ReplicasSynced(Lsn lsn) const = 0;
  // Of the log's files, all together. Any thread.
  virtual uint64_t file_bytes() const = 0;
  // Somebody waits for what only this can bring. Any thread.
  virtual void Need(const HoldNeeds& needs) = 0;

  // The worker holds replies: it is to be told when more may leave than `seen`. On its loop.
  void NoteHolding(Worker& worker, const HoldNeeds& needs, const Visible& seen);

 protected:
  // visible() has moved. Any thread.
  void RepliesMayGo();

  Node& node_;

 private:
  void PostRelease(Worker& worker);
};

}  // namespace holdfast
