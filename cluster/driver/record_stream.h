// RecordStream: a primary's log on its way to one member, in one session.
//
//   log   | . . . . . . . . . . . . . . |
//               ^acked     ^sent        ^ready
//
// Records are sent as they lie in the log, as many as are ready and fit into a frame, until the
// data link has no room. A little does better to wait while frames are unacknowledged: what is
// appended meanwhile travels with it, so that frames grow with the load and their number does not.
// When the link has been lost it goes on from what was acknowledged: the member skips
// what it has already.
#pragma once

#include <cstdint>
#include <deque>

#include "cluster/core/identity.h"
#include "cluster/driver/mesh.h"
#include "cluster/log/replication_log.h"
#include "net/base/limits.h"

namespace holdfast {

class RecordStream {
 public:
  struct Target {
    Identity peer;
    uint64_t session = 0;
    LogPosition after;
  };
  RecordStream(const ReplicationLog& log, Mesh& mesh, const Target& target);

  const Target& target() const { return target_; }
  // What the log must still hold for this stream.
  Lsn acked() const { return acked_; }

  void Acknowledged(Lsn held);
  // The link came up anew.
  void Rewind();
  // Sends what there is. Errors: the log no longer holds what the member needs.
  absl::Status Pump(Epoch epoch, Lsn commit);

 private:
  bool AwaitsAck() const { return in_flight_.size() >= limits::kRecordFramesInFlight; }

  const ReplicationLog& log_;
  Mesh& mesh_;
  const Target target_;
  LogPosition sent_;
  Lsn acked_;
  std::deque<Lsn> in_flight_;  // the last record of each frame that has no ack yet
};

}  // namespace holdfast
