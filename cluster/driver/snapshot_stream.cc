#include "cluster/driver/snapshot_stream.h"

#include <algorithm>
#include <cstring>

#include "cluster/driver/peer_frames.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {

void SnapshotSender::OnBlock(Buffer block) {
  {
    std::lock_guard hold(mutex_);
    incoming_.push_back(std::move(block));
  }
  queued_.fetch_add(1);
  notify_();
}

bool SnapshotSender::congested() const {
  return queued_.load() >= size_t{target_.blocks_in_flight} * limits::kSnapshotWindowsQueued;
}

bool SnapshotSender::wanted() const {
  return !cancelled_.load() || BUG("snapshot-outlives-its-learner");
}

void SnapshotSender::OnEnd(absl::Status status) {
  {
    std::lock_guard hold(mutex_);
    ended_ = std::move(status);
  }
  notify_();
}

std::optional<absl::Status> SnapshotSender::ended() {
  std::lock_guard hold(mutex_);
  return ended_;
}

void SnapshotSender::Answered(uint32_t next) {
  wanted_ = true;
  while (first_ < next && !blocks_.empty()) {
    taken_bytes_ += blocks_.front().size();
    blocks_.pop_front();
    ++first_;
    queued_.fetch_sub(1);
  }
  sent_ = std::max(sent_, first_);
}

void SnapshotSender::Pump(Mesh& mesh, const ReplicationLog& log, Lsn commit) {
  bool all_here = false;
  {
    std::lock_guard hold(mutex_);
    for (Buffer& block : incoming_) blocks_.push_back(std::move(block));
    incoming_.clear();
    all_here = ended_.has_value() && ended_->ok();
  }
  if (!wanted_) return;
  char session[sizeof(uint64_t)];
  std::memcpy(session, &target_.session, sizeof(session));
  const absl::string_view name(session, sizeof(session));
  while (sent_ - first_ < blocks_.size() && sent_ - first_ < target_.blocks_in_flight) {
    const absl::string_view pieces[] = {name, blocks_[sent_ - first_].view()};
    if (!mesh.SendData(target_.peer, kBlockFrame, pieces)) return;
    ++sent_;
  }
  const Lsn cut{cut_.load()};
  const bool committed = cut <= commit || BUG("cut-released-before-its-commit");
  if (!all_here || !blocks_.empty() || !committed || end_sent_) return;
  const auto position = log.PositionAt(cut);
  if (!position) return;
  const uint64_t numbers[] = {target_.session, position->epoch.value, cut.value, position->hash};
  end_sent_ =
      mesh.SendData(target_.peer, kBlockEndFrame,
                    {absl::string_view(reinterpret_cast<const char*>(numbers), sizeof(numbers))});
}

}  // namespace holdfast
