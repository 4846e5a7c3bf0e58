#include "node/snapshot_desk.h"

#include <utility>

#include "cluster/log/replication_log.h"
#include "node/node.h"

namespace holdfast {
namespace {

// How much of the keyspace is looked through before others get their turn.
constexpr size_t kUnitsPerPull = 64;
constexpr Nanos kWhileIdle = Milliseconds(1);

}  // namespace

SnapshotDesk::~SnapshotDesk() {
  // No loop runs any more.
  for (Open& open : open_) {
    if (open.snapshot != nullptr) open.snapshot->Close();
  }
}

void SnapshotDesk::Add(const SnapshotOrder& order, std::shared_ptr<SnapshotSink> sink) {
  open_.push_back({order, nullptr, std::move(sink)});
  if (!std::exchange(pumping_, true)) background_.Post([this] { Pump(); });
}

void SnapshotDesk::DropAll(const absl::Status& why) {
  if (open_.empty()) return;
  {
    WorldGate::Stop stop(node_.gate(), node_.background_participant());
    for (Open& open : open_) {
      if (open.snapshot != nullptr) open.snapshot->Close();
    }
  }
  std::deque<Open> dropped = std::exchange(open_, {});
  for (Open& open : dropped) open.sink->OnEnd(why);
}

// Leaves it uncut while as many snapshots are open as can be, or who may not leads.
void SnapshotDesk::Cut(Open& open) {
  WorldGate::Stop stop(node_.gate(), node_.background_participant());
  const std::optional<Epoch>& leads = node_.leads();
  if (open.order.of_leader && !leads) return;
  SnapshotHeader header{.generation = open.order.generation,
                        .epoch = leads.value_or(Epoch{}),
                        .log_time = node_.log_clock().Now()};
  if (const ReplicationLog* log = node_.log()) header.cut = leads ? log->tail() : log->applied();
  open.snapshot = Snapshot::Cut(
      node_.keyspace(), {.header = header, .payload_bytes_max = open.order.payload_bytes_max});
  if (open.snapshot != nullptr) open.sink->OnCut(open.snapshot->header());
}

// Works on one snapshot; how it ended, if it did.
std::optional<absl::Status> SnapshotDesk::PumpOne(Open& open, bool& idle) {
  if (!open.sink->wanted()) return absl::CancelledError("nobody wants it any more");
  if (open.snapshot == nullptr) Cut(open);
  if (open.snapshot == nullptr || open.sink->congested()) return std::nullopt;
  idle = false;
  Snapshot::Pull pull = open.snapshot->Next(kUnitsPerPull);
  if (pull.outcome == Snapshot::Outcome::kBlock) open.sink->OnBlock(std::move(pull.block));
  if (pull.outcome == Snapshot::Outcome::kDone) return absl::OkStatus();
  return std::nullopt;
}

void SnapshotDesk::Pump() {
  GateHolder gate(node_.gate(), node_.background_participant());
  bool idle = true;
  for (size_t i = 0; i < open_.size();) {
    const std::optional<absl::Status> end = PumpOne(open_[i], idle);
    if (!end) {
      ++i;
      continue;
    }
    if (open_[i].snapshot != nullptr) {
      WorldGate::Stop stop(node_.gate(), node_.background_participant());
      open_[i].snapshot->Close();
    }
    const std::shared_ptr<SnapshotSink> sink = std::move(open_[i].sink);
    open_.erase(open_.begin() + static_cast<ptrdiff_t>(i));
    sink->OnEnd(*end);
  }
  pumping_ = !open_.empty();
  if (!pumping_) return;
  if (idle) {
    background_.RunAfter(kWhileIdle, [this] { Pump(); });
  } else {
    background_.Post([this] { Pump(); });
  }
}

}  // namespace holdfast
