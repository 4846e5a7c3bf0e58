// Worker: one event loop's share of the node: its sessions and its counters.
//
// A worker's fields are written on its own loop, inside its gate; who wants to read them from
// elsewhere stops the world.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "net/base/random.h"
#include "net/base/types.h"
#include "net/runtime/event_loop.h"
#include "node/changes.h"
#include "node/dispatch.h"
#include "node/execution.h"
#include "node/reply_holder.h"

namespace holdfast {

class ForwardDesk;
class Node;
class Session;

// How long calls of one command took: counts per quarter of a power of two of nanoseconds.
struct LatencyHistogram {
  static constexpr int kBuckets = 160;
  std::array<uint32_t, kBuckets> counts{};

  static double UpperEdgeNanos(int bucket);

  void Add(uint64_t nanos);
  void Merge(const LatencyHistogram& other);
  // The upper edge in microseconds of the bucket that holds the given fraction of all calls.
  double Percentile(double fraction) const;
  uint64_t Total() const;
};

struct CommandCounters {
  uint64_t calls = 0;
  uint64_t nanos = 0;
  uint64_t rejected = 0;  // refused before execution
  uint64_t failed = 0;    // answered with an error
  std::unique_ptr<LatencyHistogram> latency;
};

struct WorkerCounters {
  uint64_t connections_received = 0;
  uint64_t connections_rejected = 0;
  uint64_t commands_processed = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t dirty = 0;  // changes, as rdb_changes_since_last_save counts them
  uint64_t error_replies = 0;
  uint64_t output_limit_disconnections = 0;
  uint64_t query_buffer_limit_disconnections = 0;
  uint64_t reads_processed = 0;
  uint64_t writes_processed = 0;
  uint64_t requests_passed_on = 0;  // to the primary

  void Add(const WorkerCounters& other);
};

// The command whose end is yet to be timed: it is read together with the next one's start, so that
// a pipeline costs one reading of the clock per command.
struct RunningCommand {
  const CommandSpec* spec = nullptr;
  Arguments arguments;
  Session* session = nullptr;
  Nanos start;  // monotonic
};

struct Worker {
  Worker(Node& node, EventLoop& loop, int index, uint64_t seed);
  ~Worker();

  Node& node;
  EventLoop& loop;
  const int index;
  Prng prng;
  WorkerCounters counters;
  ChangeNotes changes;
  Execution execution;
  std::vector<CommandCounters> commands;  // by CommandTable index
  // "ERR", "WRONGTYPE", ... with how often each was replied, sorted by name.
  std::vector<std::pair<std::string, uint64_t>> errors;
  size_t ticks = 0;
  RunningCommand running;
  std::vector<PreparedRequest> prepared;  // of the batch in hand
  // Sessions that hold replies, in no particular order.
  std::vector<Session*> holding;
  // Whether there are any, and whether a look at them is on its way already; any thread.
  std::atomic<bool> holds_replies{false};
  std::atomic<bool> release_posted{false};
  // For INFO, as of the last tick: how many replies, and since when (monotonic) the oldest; 0:
  // none.
  std::atomic<uint64_t> held_replies{0};
  std::atomic<int64_t> held_since{0};
  // Sessions whose next request waits for room or for a new leader.
  std::vector<uint64_t> waiting;
  // In a cluster.
  std::unique_ptr<ForwardDesk> desk;
  // By ascending session id.
  std::vector<std::unique_ptr<Session>> sessions;

  // Keeps the order of ids, which are given elsewhere.
  Session* Insert(std::unique_ptr<Session> session);
  // The session with this id, or null.
  Session* Find(uint64_t session_id) const;
  void Erase(Session& session);
  // Counts an error reply by the first word of its text.
  void CountError(absl::string_view text);
  // Lets go what may be seen now; answers what was held since `held_since` or longer with errors.
  void ReleaseHeld(const Visible& visible);
  void CountHeld();
  void FailHeld(const Visible& visible, const HeldErrors& errors, Nanos held_since);
};

}  // namespace holdfast
