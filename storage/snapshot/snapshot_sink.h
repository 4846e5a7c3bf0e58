// Takes the blocks of a snapshot as they become ready.
#pragma once

#include "absl/status/status.h"
#include "net/base/buffer.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {

class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  // Any thread, all of them. The cut was made, and the world is still stopped: the snapshot is what
  // the log is up to there.
  virtual void OnCut(const SnapshotHeader& header) = 0;
  virtual void OnBlock(Buffer block) = 0;
  // Whether the next block should wait.
  virtual bool congested() const = 0;
  // Whether anybody still waits for it.
  virtual bool wanted() const = 0;
  // Nothing follows.
  virtual void OnEnd(absl::Status status) = 0;
};

}  // namespace holdfast
