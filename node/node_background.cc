// What a node does by itself, again and again: limits, expiry, freeing, sampling.

#include <algorithm>

#include "net/base/limits.h"
#include "net/base/planted_bug.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/persistence.h"
#include "node/session.h"

namespace holdfast {
namespace {

constexpr Nanos kWorkerTick = Milliseconds(100);
constexpr Nanos kBackgroundTick = Milliseconds(50);
// Each session's limits are looked at once in so many ticks of its worker: once a second.
constexpr size_t kTicksPerRound = 10;
// How much one turn of the background loop does before others get theirs.
constexpr size_t kExpirePerTurn = 4096;
constexpr size_t kExpirePerLock = 32;
// Operations per second are averaged over this many ticks.
constexpr int kTicksPerSample = 20;

}  // namespace

WorkerCounters Node::TotalCounters() const {
  WorkerCounters total;
  for (const auto& worker : workers_) total.Add(worker->counters);
  total.Add(background_counters_);
  return total;
}

void Node::ResetCounters() {
  for (auto& worker : workers_) {
    worker->counters = WorkerCounters{.dirty = worker->counters.dirty};
    for (CommandCounters& counters : worker->commands) counters = CommandCounters{};
    worker->errors.clear();
  }
  background_counters_ = WorkerCounters{.dirty = background_counters_.dirty};
}

void Node::WorkerTick(int index) {
  Worker& worker = *workers_[static_cast<size_t>(index)];
  if (stopping_.load(std::memory_order_relaxed)) return;
  {
    GateHolder gate(gate_, index);
    const Nanos now = clock().Monotonic();
    if (membership_ != nullptr) {
      membership_->FailOverdue(worker);
      worker.CountHeld();
    }
    // A tenth of the sessions each time, so that thousands of idle ones cost next to nothing.
    for (size_t i = worker.ticks++ % kTicksPerRound; i < worker.sessions.size();
         i += kTicksPerRound) {
      worker.sessions[i]->CheckLimits(now);
    }
  }
  worker.loop.RunAfter(kWorkerTick, [this, index] { WorkerTick(index); });
}

void Node::BackgroundTick() {
  if (stopping_.load(std::memory_order_relaxed)) return;
  log_clock_.Steer();
  if (!expiring_) {
    expiring_ = true;
    ExpireDueKeys(0);
  }
  if (!reclaiming_) {
    reclaiming_ = true;
    Reclaim();
  }
  if (++ticks_ % kTicksPerSample == 0) Sample();
  runtime_.loop(background_participant()).RunAfter(kBackgroundTick, [this] { BackgroundTick(); });
}

// Under the slot's lock. What goes in one turn is one record.
size_t Node::ExpireDueKeysOf(Slot slot, Millis now) {
  background_execution_.Begin();
  EffectRecorder* recorder = leads_ ? background_execution_.recorder() : nullptr;
  KeyspaceWriter writer(keyspace_,
                        {.now = now, .recorder = recorder, .listener = &background_changes_});
  const size_t count = writer.ExpireDue(slot, now, kExpirePerLock);
  background_execution_.RunAt(now);
  background_execution_.LogEffects();
  return count;
}

// Erases what is due, slot by slot, and goes on in a later turn when there is much of it.
void Node::ExpireDueKeys(int first_slot) {
  size_t erased = 0;
  {
    GateHolder gate(gate_, background_participant());
    // CLIENT PAUSE holds expiry back as well: nothing may change meanwhile.
    const bool may_expire = (leads_ || BUG("replica-expires-by-own-clock")) && active_expiry() &&
                            !BUG("expiry-asleep") && pause_.until <= clock().Monotonic();
    if (!may_expire) first_slot = kSlotCount;
    while (first_slot < kSlotCount && erased < kExpirePerTurn) {
      const auto slot =
          keyspace_.FirstSlotDue(Slot{static_cast<uint16_t>(first_slot)}, log_clock_.Now());
      first_slot = slot ? slot->value : kSlotCount;
      if (!slot) break;
      SpinLockHolder lock(keyspace_.lock(*slot));
      const size_t count = ExpireDueKeysOf(*slot, log_clock_.Now());
      erased += count;
      if (count < kExpirePerLock) ++first_slot;
    }
    background_counters_.expired_keys += erased;
  }
  if (first_slot >= kSlotCount || stopping_.load(std::memory_order_relaxed)) {
    expiring_ = false;
    return;
  }
  runtime_.loop(background_participant()).Post([this, first_slot] { ExpireDueKeys(first_slot); });
}

void Node::Reclaim() {
  bool more = false;
  {
    GateHolder gate(gate_, background_participant());
    more = keyspace_.ReclaimSome(limits::kReclaimedPerTurn);
  }
  if (!more || stopping_.load(std::memory_order_relaxed)) {
    reclaiming_ = false;
    return;
  }
  runtime_.loop(background_participant()).Post([this] { Reclaim(); });
}

void Node::Sample() {
  GateHolder gate(gate_, background_participant());
  WorldGate::Stop stop(gate_, background_participant());
  const WorkerCounters total = TotalCounters();
  const Nanos now = clock().Monotonic();
  const double seconds = static_cast<double>((now - sampled_at_).value) / 1e9;
  const auto rate = [&](uint64_t current, uint64_t before) {
    // Counters start again at CONFIG RESETSTAT.
    return current < before || seconds <= 0 ? 0.0 : static_cast<double>(current - before) / seconds;
  };
  samples_.operations_per_second =
      rate(total.commands_processed, sampled_counters_.commands_processed);
  samples_.input_kilobytes_per_second =
      rate(total.bytes_received, sampled_counters_.bytes_received) / 1024;
  samples_.output_kilobytes_per_second =
      rate(total.bytes_sent, sampled_counters_.bytes_sent) / 1024;
  samples_.used_bytes_peak = std::max(samples_.used_bytes_peak, used_bytes());
  sampled_counters_ = total;
  sampled_at_ = now;
  persistence_->Tick(total.dirty);
}

}  // namespace holdfast
