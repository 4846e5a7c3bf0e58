// ClusterHost: what the cluster asks of the node around it.
//
// Calls come on the cluster thread and return at once, since that thread never waits for a worker.
// What takes time ends with `done`, which is called on the cluster thread. The driver starts one of
// Prepare, CatchUp, Lead, Retire, Drain, Discard, LoadBlock and Install at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/driver/cluster_status.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "storage/log/log_files.h"
#include "storage/snapshot/snapshot_sink.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {

// What a node's disk gave back: the keyspace is in place already.
struct RecoveredGroup {
  LogPosition executed;  // of the keyspace: all of it is committed
  Buffer undecided;      // whole records behind it
  // Of the log's files, if there are any.
  std::optional<LogFiles::Tail> tail;
};

// The predecessor's log_time, as far as it was heard of.
struct HeardTime {
  Millis log_time;
  Nanos at;  // monotonic
};

class ForwardHost;

class ClusterHost {
 public:
  using Done = absl::AnyInvocable<void()>;
  using StatusDone = absl::AnyInvocable<void(absl::Status)>;
  virtual ~ClusterHost() = default;

  // Makes the keyspace hash as the group does. What the disk holds of the group's log is brought
  // back if it speaks for anybody, and is moved out of the way otherwise.
  struct Preparation {
    uint64_t hash_seed = 0;
    uint64_t log_id = 0;
    bool recover = false;
  };
  virtual void Prepare(const Preparation& preparation,
                       absl::AnyInvocable<void(absl::StatusOr<RecoveredGroup>)> done) = 0;
  // Saves a snapshot of what is executed; NoteSaved follows on the driver.
  virtual void SaveSnapshot() = 0;
  // Executes all that the log holds, and goes on from the predecessor's time.
  virtual void CatchUp(HeardTime heard, Done done) = 0;
  // From now on workers execute and log for this epoch, whose log is open.
  virtual void Lead(Epoch epoch, Done done) = 0;
  // No worker executes for the group any more, and all held replies have been answered with errors.
  virtual void Retire(Done done) = 0;
  // Requests wait unexecuted, and nothing is executed or logged any more; Lead may follow.
  virtual void Drain(Done done) = 0;
  // Forgets all data; log and keyspace are no longer read by anybody.
  virtual void Discard(Done done) = 0;

  // Execute what the log holds up to `commit`, and tell the driver with NoteApplied.
  virtual void Apply(Lsn commit) = 0;
  // The serving state lets more replies go than before.
  virtual void RepliesMayGo() = 0;
  // What Status() answers from now on; at every heartbeat, and when something has changed.
  virtual void OnStatus(const ClusterStatus& status) = 0;

  // Cuts a snapshot at the end of the log and feeds it to the sink, which lives until its OnEnd.
  virtual void SendSnapshot(uint64_t session, std::shared_ptr<SnapshotSink> sink) = 0;
  // Builds a keyspace beside the live one, block by block; a new session drops the one before.
  virtual void LoadBlock(uint64_t session, Buffer block, StatusDone done) = 0;
  // Puts the loaded keyspace in the place of the live one, and says where it was cut.
  virtual void Install(uint64_t session,
                       absl::AnyInvocable<void(absl::StatusOr<SnapshotHeader>)> done) = 0;

  // Any thread.
  virtual bool empty() const = 0;
  virtual Millis log_time() const = 0;
  // The node must stop: its word is no longer good.
  virtual void Halt(absl::string_view reason) = 0;
  // Passes clients' requests on to the primary, and those of other nodes' clients in.
  virtual ForwardHost& forward() = 0;
};

}  // namespace holdfast
