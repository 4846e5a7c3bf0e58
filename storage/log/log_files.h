// LogFiles: writes a log to its segments, and knows how much of it is on disk.
//
//   Append ---> waiting bytes ---> write ---> (mark, and) fsync ---> on_progress
//                    ^                |
//                    '--- what comes meanwhile goes together, with one fsync for all of it
//
//   log-..01.hf | full | log-..a7.hf | full | log-..f0.hf | being written |
//
// Whatever is asked for happens in the order in which it was asked, one thing at a time: appends
// that came together as one write, then cuts, restarts and removals.
//
// 1. Records reach the disk in the order of the log: written() and synced() are prefixes.
// 2. A segment's header and name are on disk before its first record is written, and all of a
//    segment before the next one is begun.
// 3. After an error nothing is written any more: what the file then holds is not known. on_failure
//    says so, once.
// 4. Behind each fsync a mark says what it covered (storage/log/segment.h).
//
// It does not read what it finds; RecoverLog does, and says where to go on. Everything happens on
// the loop of the disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/limits.h"
#include "net/runtime/disk.h"
#include "storage/log/fsync_policy.h"
#include "storage/log/segment.h"

namespace holdfast {

class LogFiles {
 public:
  struct Options {
    std::string directory;  // must exist
    uint64_t log_id = 0;
    FsyncPolicy policy = FsyncPolicy::kAlways;
    uint64_t segment_bytes = limits::kLogSegmentBytes;
  };
  struct Hooks {
    // written() or synced() has moved, or idle() has come true.
    absl::AnyInvocable<void()> on_progress;
    // What was attempted on which file, and why it failed.
    absl::AnyInvocable<void(absl::Status)> on_failure;
  };
  // Where a segment is continued.
  struct Segment {
    Lsn first;
    uint64_t bytes = 0;
  };
  struct Tail {
    LogPosition position;           // of the last record
    std::vector<Segment> segments;  // oldest first; the last one is continued
    // Of a segment that was begun and holds nothing: it has to go.
    std::optional<Lsn> leftover;
  };
  // The disk must outlive it. Handlers may run until it is destroyed, none after.
  LogFiles(Disk& disk, Options options, Hooks hooks);
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  // Goes on where a recovery ended; what the last segment holds behind its bytes is cut off.
  void Continue(Tail tail);
  // Removes every segment there is, and goes on behind `position`.
  void Restart(const LogPosition& position);
  // Whole records that continue the log, up to `end`.
  void Append(absl::string_view records, const LogPosition& end);
  // Removes what is behind `position`, which the log has held.
  void CutBack(const LogPosition& position);
  // Removes every segment there is; nothing is appended any more.
  void RemoveAll();
  // Removes segments that hold nothing behind `lsn`; the one being written stays.
  void Trim(Lsn lsn);
  // Something else that belongs between what was asked for before and after: it calls back when it
  // is done, or says why not, which is a failure.
  void Do(std::string what, absl::AnyInvocable<void(StatusHandler)> step);
  // Makes durable what has been appended so far, whatever the policy.
  void Sync();
  // kOnTick: makes durable what is written and is not yet.
  void Tick();
  void set_policy(FsyncPolicy policy) { options_.policy = policy; }

  // What is about to be cut off or forgotten does not count any more.
  Lsn written() const { return std::min(written_, KeptByCuts()); }
  Lsn synced() const { return std::min(synced_, KeptByCuts()); }
  // Appended and not written.
  size_t waiting_bytes() const { return waiting_bytes_; }
  const std::vector<Segment>& segments() const { return segments_; }
  // Nothing is under way or waiting.
  bool idle() const { return !busy_ && jobs_.empty(); }
  const absl::Status& status() const { return status_; }

 private:
  struct Write {
    Buffer records;
    LogPosition end;
  };
  struct Fsync {};
  struct Open {
    Tail tail;
  };
  struct Begin {
    LogPosition position;
  };
  struct Clear {};
  struct Other {
    std::string what;
    absl::AnyInvocable<void(StatusHandler)> step;
  };
  struct Cut {
    LogPosition position;
  };
  struct Remove {
    Lsn up_to;
  };
  using Job = std::variant<Write, Fsync, Open, Begin, Clear, Other, Cut, Remove>;
  using Next = absl::AnyInvocable<void()>;

  void Add(Job job);
  Lsn KeptByCuts() const;
  void RunNext();
  void Run(Write& write);
  void Run(Fsync&);
  void Run(Open& open);
  void OpenLast();
  void EndOpen();
  void Run(Begin& begin);
  void Run(Clear&);
  void Run(Other& other);
  void Run(Cut& cut);
  void Run(Remove& remove);
  void Put(Write& write);
  // Each goes on with `next` when the disk has done what is asked, or fails for good.
  void OpenFile(Lsn first, Next next);
  void BeginSegment(const LogPosition& before, Next next);
  void WriteOut(Buffer bytes, Next next);
  void SyncFile(Next next);
  void SyncDirectory(Next next);
  void RemoveSegments(std::vector<Segment> segments, Next next);
  void RemoveEverySegment(Next next);
  void CutSegment(const LogPosition& position);
  struct Search;
  void SearchOn(std::shared_ptr<Search> search);
  StatusHandler Guard(std::string attempt, Next next);
  void Fail(const absl::Status& status);
  void Done();
  std::string PathOf(Lsn first) const;

  Disk& disk_;
  Options options_;
  Hooks hooks_;
  // Handlers find null in it once this is gone.
  const std::shared_ptr<LogFiles*> alive_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  size_t waiting_bytes_ = 0;
  std::deque<Lsn> cuts_;  // what each cut and restart that is not done yet keeps
  std::unique_ptr<File> file_;
  std::vector<Segment> segments_;
  LogPosition end_;   // written
  std::string mark_;  // to be written next
  Lsn written_;
  Lsn synced_;
  absl::Status status_;
};

}  // namespace holdfast
