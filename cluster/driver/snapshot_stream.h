// A snapshot on its way to a learner: one end sends blocks, the other one asks for the next.
//
//   host (any thread) -> OnBlock -> queue -> frames, at most a window ahead of the learner's
//   answers
//
// 1. Nothing is sent before the learner has answered once: the order to discard what it has travels
//    on another connection.
// 2. Blocks stay until the learner has answered them: when the data link is lost, sending goes on
//    with the first one that was not.
// 3. The end is sent once the cut is committed: until then it could be taken back.
// 4. The queue is bounded: congested() holds the host back.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "cluster/core/identity.h"
#include "cluster/driver/cluster_host.h"
#include "cluster/driver/mesh.h"
#include "cluster/log/replication_log.h"

namespace holdfast {

class SnapshotSender final : public SnapshotSink {
 public:
  struct Target {
    Identity peer;
    uint64_t session = 0;
    Lsn floor;  // the cut is not before it: the log has to keep what follows
    uint32_t blocks_in_flight = 1;
  };
  // `notify` is called on any thread when there is something to pump.
  SnapshotSender(const Target& target, std::function<void()> notify)
      : target_(target), notify_(std::move(notify)) {}

  // Any thread.
  void OnCut(const SnapshotHeader& header) override { cut_.store(header.cut.value); }
  void OnBlock(Buffer block) override;
  bool congested() const override;
  bool wanted() const override;
  void OnEnd(absl::Status status) override;

  // The cluster thread.
  const Target& target() const { return target_; }
  // Sends what may be sent.
  void Pump(Mesh& mesh, const ReplicationLog& log, Lsn commit);
  void Rewind() {
    sent_ = first_;
    end_sent_ = false;
  }
  // The learner has taken everything before block `next`.
  void Answered(uint32_t next);
  uint64_t taken_bytes() const { return taken_bytes_; }
  // Nobody wants it any more.
  void Cancel() { cancelled_.store(true); }
  // What went wrong at the source, if anything did; nothing while blocks are still to come.
  std::optional<absl::Status> ended();

 private:
  const Target target_;
  const std::function<void()> notify_;
  std::atomic<bool> cancelled_{false};
  std::atomic<size_t> queued_{0};
  std::atomic<uint64_t> cut_{0};
  std::mutex mutex_;
  // Under mutex_:
  std::deque<Buffer> incoming_;
  std::optional<absl::Status> ended_;
  // The cluster thread's.
  std::deque<Buffer> blocks_;
  uint32_t first_ = 0;  // number of blocks_.front()
  uint32_t sent_ = 0;   // number of the next block to send
  uint64_t taken_bytes_ = 0;
  bool wanted_ = false;  // the learner has answered
  bool end_sent_ = false;
};

}  // namespace holdfast
