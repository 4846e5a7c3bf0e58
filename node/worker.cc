#include "node/worker.h"

#include <algorithm>
#include <bit>

#include "node/command_table.h"
#include "node/forward_desk.h"
#include "node/node.h"
#include "node/session.h"
#include "node/slowlog.h"

namespace holdfast {
namespace {

// Bucket 4p + q holds [2^p + q * 2^(p-2), 2^p + (q+1) * 2^(p-2)) nanoseconds.
int BucketOf(uint64_t nanos) {
  const uint64_t value = std::max<uint64_t>(nanos, 4);
  const int power = std::bit_width(value) - 1;
  const int quarter = static_cast<int>((value >> (power - 2)) & 3);
  return std::min(4 * power + quarter, LatencyHistogram::kBuckets - 1);
}

// Redis keeps no more different error codes than this.
constexpr size_t kErrorCodesMax = 128;

// The first session whose id is not below `id`.
auto LowerBound(const std::vector<std::unique_ptr<Session>>& sessions, uint64_t id) {
  return std::lower_bound(
      sessions.begin(), sessions.end(), id,
      [](const auto& session, uint64_t wanted) { return session->info().id < wanted; });
}

}  // namespace

double LatencyHistogram::UpperEdgeNanos(int bucket) {
  const int power = bucket / 4;
  return static_cast<double>(uint64_t{1} << power) * (1.0 + (bucket % 4 + 1) / 4.0);
}

void LatencyHistogram::Add(uint64_t nanos) { ++counts[static_cast<size_t>(BucketOf(nanos))]; }

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
}

uint64_t LatencyHistogram::Total() const {
  uint64_t total = 0;
  for (const uint32_t count : counts) total += count;
  return total;
}

double LatencyHistogram::Percentile(double fraction) const {
  const double wanted = fraction * static_cast<double>(Total());
  double seen = 0;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts[static_cast<size_t>(bucket)];
    if (seen > 0 && seen >= wanted) return UpperEdgeNanos(bucket) / 1000.0;
  }
  return 0;
}

void WorkerCounters::Add(const WorkerCounters& other) {
  for (uint64_t WorkerCounters::*field :
       {&WorkerCounters::connections_received, &WorkerCounters::connections_rejected,
        &WorkerCounters::commands_processed, &WorkerCounters::bytes_received,
        &WorkerCounters::bytes_sent, &WorkerCounters::keyspace_hits,
        &WorkerCounters::keyspace_misses, &WorkerCounters::expired_keys, &WorkerCounters::dirty,
        &WorkerCounters::error_replies, &WorkerCounters::output_limit_disconnections,
        &WorkerCounters::query_buffer_limit_disconnections, &WorkerCounters::reads_processed,
        &WorkerCounters::writes_processed, &WorkerCounters::requests_passed_on}) {
    this->*field += other.*field;
  }
}

Worker::Worker(Node& owner, EventLoop& event_loop, int worker_index, uint64_t seed)
    : node(owner),
      loop(event_loop),
      index(worker_index),
      prng(seed),
      changes(owner.keyspace(), owner.watches(), counters.dirty),
      execution(owner, event_loop),
      commands(AllCommands().size()) {}

Worker::~Worker() = default;

Session* Worker::Insert(std::unique_ptr<Session> session) {
  const auto place = LowerBound(sessions, session->info().id);
  return sessions.insert(place, std::move(session))->get();
}

Session* Worker::Find(uint64_t session_id) const {
  const auto found = LowerBound(sessions, session_id);
  return found != sessions.end() && (*found)->info().id == session_id ? found->get() : nullptr;
}

void Worker::Erase(Session& session) {
  const auto found = LowerBound(sessions, session.info().id);
  CHECK(found != sessions.end() && found->get() == &session);
  sessions.erase(found);
}

void Worker::ReleaseHeld(const Visible& visible) {
  std::erase_if(holding, [&](Session* session) { return session->ReleaseHeld(visible); });
  holds_replies.store(!holding.empty(), std::memory_order_seq_cst);
}

void Worker::CountHeld() {
  uint64_t replies = 0;
  int64_t since = 0;
  for (const Session* session : holding) {
    replies += session->held_replies();
    const int64_t oldest = session->held_since().value;
    if (since == 0 || oldest < since) since = oldest;
  }
  held_replies.store(replies, std::memory_order_relaxed);
  held_since.store(since, std::memory_order_relaxed);
}

void Worker::FailHeld(const Visible& visible, const HeldErrors& errors, Nanos held_since) {
  std::erase_if(holding,
                [&](Session* session) { return session->FailHeld(visible, errors, held_since); });
  holds_replies.store(!holding.empty(), std::memory_order_seq_cst);
}

void Worker::CountError(absl::string_view text) {
  ++counters.error_replies;
  const absl::string_view code = text.substr(0, text.find(' '));
  auto found =
      std::lower_bound(errors.begin(), errors.end(), code,
                       [](const auto& error, absl::string_view c) { return error.first < c; });
  if (found == errors.end() || found->first != code) {
    if (errors.size() >= kErrorCodesMax) return;
    found = errors.insert(found, {std::string(code), 0});
  }
  ++found->second;
}

}  // namespace holdfast
