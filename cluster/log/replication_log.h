// ReplicationLog: a group's log as one member holds it, in memory.
//
//   chunk          chunk          chunk                       1 MiB each; a larger record is one
//   alone |r r r r r r|  |r r r r r|  |r r r r.....|
//    ^first             ^commit     ^ready ^tail
//
//   workers          Append: reserve a place and an LSN under a lock, fill it without
//   cluster thread   Advance over what is filled, Read it for peers, Trim what nobody needs;
//                    on a replica AppendReceived, TruncateAfter, Restart
//   applier          Read up to the commit, NoteApplied
//
// A record (storage/log/format.h) is written once and read where it lies, by peers and applier
// alike. Workers meet only to take a place: some twenty instructions. Its first word, stored last,
// tells the reader that a record is complete; what has been reserved behind an incomplete one waits
// for it. Positions are found through an index of one entry for every few records.
//
// 1. LSNs are consecutive, from FirstLsn() to the tail; epochs never fall.
// 2. first <= applied + 1, commit <= ready <= tail. What is not applied is not trimmed; what is
//    committed or applied is not cut off: whoever has to lose it starts again with Restart.
// 3. Append works only while the log is open for that epoch; AppendReceived, TruncateAfter and
//    Restart only while it is closed. So a worker that was overtaken by a change of reign writes
//    nothing.
// 4. Bytes that Read returned stay where they are until Trim, TruncateAfter or Restart takes them.
//
// It agrees with nobody, sends nothing, and keeps everything it is given: whoever writes looks at
// unacknowledged_bytes() first. A log on disk offers the same calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cluster/core/identity.h"
#include "net/base/limits.h"
#include "net/base/spin_lock.h"
#include "net/base/types.h"
#include "storage/log/format.h"

namespace holdfast {

class ReplicationLog {
 public:
  struct Options {
    // Bytes in a chunk; a record whose frame is larger gets one to itself.
    size_t chunk_bytes = limits::kLogChunkBytes;
    // What Trim keeps although everybody has it, for peers that come back.
    size_t backlog_bytes = 0;
  };

  explicit ReplicationLog(Options options);
  ~ReplicationLog();
  ReplicationLog(const ReplicationLog&) = delete;
  ReplicationLog& operator=(const ReplicationLog&) = delete;

  // Any thread.

  struct Entry {
    Epoch epoch;      // in which the writer believes to be
    Millis log_time;  // at which the effects were executed
    absl::string_view payload;
  };
  // Appends a record and returns its LSN; nothing if the log is not open for that epoch. Under the
  // locks of what the record changes, so that the order of the log is the order of the changes.
  std::optional<Lsn> Append(const Entry& entry);

  // The LSN of the last record, complete or not.
  Lsn tail() const { return {tail_lsn_.load(std::memory_order_acquire)}; }
  Lsn commit() const { return {commit_.load(std::memory_order_acquire)}; }
  // How far records are in the keyspace: on a replica what NoteApplied said; while the log is open
  // everything, since it is executed before it is appended.
  Lsn applied() const;
  // Bytes of records held, and of those behind what NoteAcknowledged was told last.
  uint64_t held_bytes() const;
  uint64_t unacknowledged_bytes() const;
  // How often Append found the log closed, or open for another epoch, since the last Restart: what
  // was executed then is in the keyspace and not in the log.
  uint64_t refused_appends() const { return refused_.load(std::memory_order_acquire); }

  // Whole records behind `after` and up to `until`, one after another: as many as fit in
  // `bytes_max`, at least one, and none if there are none. Nothing if the record behind `after` has
  // been trimmed. `after` is at most `until`, and `until` at most what Advance has returned.
  struct ReadRange {
    Lsn after;
    Lsn until;
    size_t bytes_max = limits::kLogChunkBytes;
  };
  std::optional<absl::string_view> Read(const ReadRange& range) const;
  // The position of a record, or of the end of what was before the first one held; nothing if it
  // was trimmed or Advance has not reached it.
  std::optional<LogPosition> PositionAt(Lsn lsn) const;
  // The first record held, or the one that will come first.
  Lsn FirstLsn() const;

  // The applier, while the log is closed: everything up to here has been applied.
  void NoteApplied(Lsn lsn);

  // The cluster thread.

  // From now on workers append, in this epoch. Everything in the log has been applied.
  void Open(Epoch epoch);
  // From now on they do not. What they are filling right now becomes complete a little later.
  void Close();
  bool open() const;

  // Takes in what has been completed and returns its end.
  LogPosition Advance();
  // The end of what was taken in.
  LogPosition ready() const;

  void SetCommit(Lsn lsn);
  // The lowest LSN that everybody who counts has; for unacknowledged_bytes.
  void NoteAcknowledged(Lsn lsn);
  // Lets go of records up to `lsn` as far as they are applied, but for the backlog. Whole chunks
  // only.
  void Trim(Lsn lsn);

  // Appends records as a primary sent them. They must continue the log: consecutive LSNs, epochs
  // that do not fall, sound checksums; otherwise none is appended. Returns the new end.
  absl::StatusOr<LogPosition> AppendReceived(absl::string_view records);
  // Cuts off what is behind `lsn`, which is not before the commit.
  void TruncateAfter(Lsn lsn);
  // Forgets everything; the log goes on behind `position`, which counts as applied and committed.
  void Restart(const LogPosition& position);

 private:
  // A chunk has one for its first record and one for every kLogIndexStride-th after that.
  struct IndexEntry {
    size_t offset = 0;  // where the record starts
    uint64_t hash = 0;  // the log's before it
  };
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t capacity = 0;
    // Set before anybody sees the chunk.
    Lsn first;                  // of its records, which may be yet to come
    uint64_t bytes_before = 0;  // in the log
    // Under append_lock_: how far places are taken.
    size_t reserved = 0;
    // Under index_lock_: how far Advance has come.
    size_t ready_bytes = 0;
    std::vector<IndexEntry> index;
  };
  struct Reservation {
    char* place = nullptr;
    RecordHeader header;
  };

  std::optional<Reservation> Reserve(const Entry& entry);
  // Under append_lock_.
  char* TakePlace(size_t framed_bytes);
  void AddChunk(size_t framed_bytes);
  void MoveTail(Lsn lsn, Epoch epoch);
  void Recycle(std::unique_ptr<Chunk> chunk);

  // Under index_lock_.
  // The chunk that holds the record, or would if it came next; null if it was trimmed.
  Chunk* ChunkOf(Lsn lsn) const;
  static size_t OffsetOf(const Chunk& chunk, Lsn lsn);
  uint64_t BytesUpTo(Lsn lsn) const;
  LogPosition Locate(Lsn lsn) const;

  // Takes in what is complete of one chunk; false if that was nothing.
  bool AdvanceInChunk(Lsn tail);
  // Waits for workers that took their places before Close: they are copying, which takes
  // microseconds.
  void Settle();
  absl::Status CheckContinuation(absl::string_view records) const;
  void DropFirstChunk();

  const Options options_;

  // What workers write at every record, what the cluster thread writes as it takes records in, and
  // what it writes as they are acknowledged: a cache line or more each.

  // Where the next record goes, and whether it may. May be taken before index_lock_.
  alignas(64) SpinLock append_lock_;
  std::optional<Epoch> open_for_;
  Epoch tail_epoch_;
  Chunk* tail_chunk_ = nullptr;
  std::vector<std::unique_ptr<Chunk>> spare_chunks_;
  std::atomic<bool> open_{false};
  std::atomic<uint64_t> tail_lsn_{0};
  std::atomic<uint64_t> tail_bytes_{0};  // of all records since Restart
  std::atomic<uint64_t> refused_{0};

  // What has been taken in.
  alignas(64) mutable SpinLock index_lock_;
  std::deque<std::unique_ptr<Chunk>> chunks_;  // pushed to under both locks
  LogPosition base_;                           // the end of what was before the first record held
  LogPosition ready_;

  alignas(64) std::atomic<uint64_t> commit_{0};
  std::atomic<uint64_t> applied_{0};
  // Bytes of all records since Restart, up to the first held and to the last acknowledged.
  std::atomic<uint64_t> first_bytes_{0};
  std::atomic<uint64_t> acknowledged_bytes_{0};
};

}  // namespace holdfast
