#include "storage/log/log_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "storage/log/segment_scan.h"

namespace holdfast {

LogFiles::LogFiles(Disk& disk, Options options, Hooks hooks)
    : disk_(disk),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      alive_(std::make_shared<LogFiles*>(this)) {}

LogFiles::~LogFiles() { *alive_ = nullptr; }

std::string LogFiles::PathOf(Lsn first) const {
  return absl::StrCat(options_.directory, "/", SegmentName(first));
}

void LogFiles::Continue(Tail tail) { Add(Open{std::move(tail)}); }
void LogFiles::Restart(const LogPosition& position) {
  cuts_.push_back(Lsn{});
  Add(Begin{position});
}
void LogFiles::CutBack(const LogPosition& position) {
  cuts_.push_back(position.lsn);
  Add(Cut{position});
}
Lsn LogFiles::KeptByCuts() const {
  return cuts_.empty() ? Lsn{UINT64_MAX} : *std::min_element(cuts_.begin(), cuts_.end());
}
void LogFiles::RemoveAll() { Add(Clear{}); }
void LogFiles::Trim(Lsn lsn) { Add(Remove{lsn}); }
void LogFiles::Do(std::string what, absl::AnyInvocable<void(StatusHandler)> step) {
  Add(Other{std::move(what), std::move(step)});
}
void LogFiles::Sync() { Add(Fsync{}); }

void LogFiles::Tick() {
  if (options_.policy == FsyncPolicy::kOnTick && synced_ < written_) Sync();
}

void LogFiles::Append(absl::string_view records, const LogPosition& end) {
  waiting_bytes_ += records.size();
  Write* last = jobs_.empty() ? nullptr : std::get_if<Write>(&jobs_.back());
  const uint64_t most = std::min<uint64_t>(limits::kLogWriteBytes, options_.segment_bytes / 2);
  if (last != nullptr && last->records.size() + records.size() <= most) {
    last->records.Append(records);
    last->end = end;
    return;
  }
  Write write{.end = end};
  write.records.Append(records);
  Add(std::move(write));
}

void LogFiles::Add(Job job) {
  jobs_.push_back(std::move(job));
  if (!busy_) RunNext();
}

void LogFiles::RunNext() {
  busy_ = !jobs_.empty() && status_.ok();
  if (!busy_) return;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  std::visit([this](auto& work) { Run(work); }, job);
}

void LogFiles::Done() {
  RunNext();
  if (idle() && status_.ok() && hooks_.on_progress) hooks_.on_progress();
}

void LogFiles::Fail(const absl::Status& status) {
  if (!status_.ok()) return;
  status_ = status;
  file_.reset();
  jobs_.clear();
  if (hooks_.on_failure) hooks_.on_failure(status);
}

StatusHandler LogFiles::Guard(std::string attempt, Next next) {
  return [alive = alive_, attempt = std::move(attempt),
          next = std::move(next)](absl::Status status) mutable {
    LogFiles* const files = *alive;
    if (files == nullptr || !files->status_.ok()) return;
    if (status.ok()) return next();
    files->Fail(absl::Status(status.code(), absl::StrCat(attempt, ": ", status.message())));
  };
}

// Writing.

void LogFiles::Run(Write& write) {
  CHECK(!segments_.empty());
  waiting_bytes_ -= write.records.size();
  const bool has_room = segments_.back().bytes + write.records.size() <= options_.segment_bytes;
  if (has_room || segments_.back().bytes == kSegmentHeaderBytes) return Put(write);
  auto waiting = std::make_shared<Write>(std::move(write));
  SyncFile([this, waiting] {
    // The next segment vouches for all of this one.
    mark_.clear();
    BeginSegment(end_, [this, waiting] { Put(*waiting); });
  });
}

void LogFiles::Put(Write& write) {
  Buffer bytes;
  bytes.Append(std::exchange(mark_, {}));
  bytes.Append(write.records.view());
  WriteOut(std::move(bytes), [this, end = write.end] {
    end_ = end;
    written_ = end.lsn;
    if (options_.policy == FsyncPolicy::kAlways) {
      Fsync fsync;
      return Run(fsync);
    }
    if (hooks_.on_progress) hooks_.on_progress();
    Done();
  });
}

void LogFiles::Run(Fsync&) {
  if (synced_ == written_) return Done();
  SyncFile([this] {
    if (hooks_.on_progress) hooks_.on_progress();
    // With nothing else to write the mark goes alone: it guards what was just promised.
    if (!jobs_.empty()) return Done();
    Buffer bytes;
    bytes.Append(std::exchange(mark_, {}));
    WriteOut(std::move(bytes), [this] { Done(); });
  });
}

void LogFiles::WriteOut(Buffer bytes, Next next) {
  Segment& segment = segments_.back();
  const uint64_t offset = segment.bytes;
  segment.bytes += bytes.size();
  file_->Write(offset, std::move(bytes),
               Guard(absl::StrCat("writing to ", PathOf(segment.first)), std::move(next)));
}

void LogFiles::SyncFile(Next next) {
  file_->Sync(Guard(absl::StrCat("fsync of ", PathOf(segments_.back().first)),
                    [this, next = std::move(next), covered = written_]() mutable {
                      synced_ = covered;
                      mark_ = EncodeMark(covered);
                      next();
                    }));
}

void LogFiles::SyncDirectory(Next next) {
  disk_.SyncDirectory(options_.directory,
                      Guard(absl::StrCat("fsync of ", options_.directory), std::move(next)));
}

void LogFiles::OpenFile(Lsn first, Next next) {
  const std::string path = PathOf(first);
  disk_.Open(path, OpenMode::kReadWrite,
             [this, alive = alive_, path,
              next = std::move(next)](absl::StatusOr<OpenedFile> opened) mutable {
               if (*alive == nullptr || !status_.ok()) return;
               if (!opened.ok()) {
                 return Fail(
                     absl::Status(opened.status().code(),
                                  absl::StrCat("opening ", path, ": ", opened.status().message())));
               }
               file_ = std::move(opened->file);
               next();
             });
}

void LogFiles::BeginSegment(const LogPosition& before, Next next) {
  const Lsn first = before.lsn.Next();
  OpenFile(first, [this, first, before, next = std::move(next)]() mutable {
    segments_.push_back({.first = first});
    Buffer header;
    header.Append(EncodeSegmentHeader({options_.log_id, before}));
    WriteOut(std::move(header), [this, next = std::move(next)]() mutable {
      file_->Sync(Guard("fsync of a new segment", [this, next = std::move(next)]() mutable {
        SyncDirectory(std::move(next));
      }));
    });
  });
}

// Beginnings and ends.

void LogFiles::Run(Open& open) {
  end_ = open.tail.position;
  segments_ = std::move(open.tail.segments);
  std::vector<Segment> leftovers;
  if (open.tail.leftover) leftovers.push_back({.first = *open.tail.leftover});
  RemoveSegments(std::move(leftovers), [this] {
    if (segments_.empty()) return BeginSegment(end_, [this] { EndOpen(); });
    OpenFile(segments_.back().first, [this] { OpenLast(); });
  });
}

void LogFiles::EndOpen() {
  written_ = synced_ = end_.lsn;
  Done();
}

// What the recovery did not count must not be found by the next one.
void LogFiles::OpenLast() {
  file_->Truncate(segments_.back().bytes,
                  Guard("cutting a segment", [this] { SyncFile([this] { EndOpen(); }); }));
}

void LogFiles::Run(Begin& begin) {
  RemoveEverySegment([this, position = begin.position] {
    end_ = position;
    written_ = synced_ = position.lsn;
    mark_.clear();
    BeginSegment(position, [this] {
      cuts_.pop_front();
      if (hooks_.on_progress) hooks_.on_progress();
      Done();
    });
  });
}

void LogFiles::Run(Clear&) {
  RemoveEverySegment([this] { Done(); });
}

void LogFiles::Run(Other& other) {
  other.step(Guard(std::move(other.what), [this] { Done(); }));
}

void LogFiles::RemoveEverySegment(Next next) {
  file_.reset();
  segments_.clear();
  disk_.List(options_.directory, [this, alive = alive_, next = std::move(next)](
                                     absl::StatusOr<std::vector<std::string>> names) mutable {
    if (*alive == nullptr || !status_.ok()) return;
    if (!names.ok()) {
      return Fail(absl::Status(
          names.status().code(),
          absl::StrCat("listing ", options_.directory, ": ", names.status().message())));
    }
    std::vector<Segment> all;
    for (const std::string& name : *names) {
      const std::optional<Lsn> first = FirstLsnOf(name);
      if (first) all.push_back({.first = *first});
    }
    // The newest first: what a crash leaves is the beginning of the old log.
    std::reverse(all.begin(), all.end());
    RemoveSegments(std::move(all), std::move(next));
  });
}

void LogFiles::Run(Remove& remove) {
  std::vector<Segment> old;
  while (segments_.size() > 1 && segments_[1].first <= remove.up_to.Next()) {
    old.push_back(segments_.front());
    segments_.erase(segments_.begin());
  }
  RemoveSegments(std::move(old), [this] { Done(); });
}

void LogFiles::RemoveSegments(std::vector<Segment> segments, Next next) {
  if (segments.empty()) return next();
  const std::string path = PathOf(segments.front().first);
  segments.erase(segments.begin());
  disk_.Remove(
      path, Guard(absl::StrCat("removing ", path), [this, segments = std::move(segments),
                                                    next = std::move(next)]() mutable {
        // Each name is gone for good before the next one goes.
        SyncDirectory([this, segments = std::move(segments), next = std::move(next)]() mutable {
          RemoveSegments(std::move(segments), std::move(next));
        });
      }));
}

// Cutting back.

void LogFiles::Run(Cut& cut) {
  if (cut.position.lsn >= end_.lsn) {
    cuts_.pop_front();
    return Done();
  }
  std::vector<Segment> behind;
  while (segments_.size() > 1 && segments_.back().first > cut.position.lsn.Next()) {
    behind.push_back(segments_.back());
    segments_.pop_back();
  }
  CHECK(segments_.back().first <= cut.position.lsn.Next());
  RemoveSegments(std::move(behind), [this, position = cut.position] { CutSegment(position); });
}

// Looks for the end of the record at which the last segment is cut.
struct LogFiles::Search {
  LogPosition position;
  SegmentScan scan;
  uint64_t offset = 0;  // of what is read next
  uint64_t end = kSegmentHeaderBytes;
  bool found = false;
};

void LogFiles::CutSegment(const LogPosition& position) {
  const Lsn first = segments_.back().first;
  OpenFile(first, [this, first, position] {
    auto search = std::make_shared<Search>(
        Search{.position = position, .scan = SegmentScan({.path = PathOf(first)})});
    search->found = first == position.lsn.Next();
    SearchOn(std::move(search));
  });
}

void LogFiles::SearchOn(std::shared_ptr<Search> search) {
  if (search->found) {
    segments_.back().bytes = search->end;
    return file_->Truncate(search->end, Guard("cutting a segment", [this, search] {
                             end_ = search->position;
                             written_ = std::min(written_, end_.lsn);
                             synced_ = std::min(synced_, end_.lsn);
                             mark_.clear();
                             cuts_.pop_front();
                             SyncFile([this] {
                               if (hooks_.on_progress) hooks_.on_progress();
                               Done();
                             });
                           }));
  }
  file_->Read(
      search->offset, limits::kLogReadBytes,
      [this, alive = alive_, search](absl::StatusOr<Buffer> bytes) {
        if (*alive == nullptr || !status_.ok()) return;
        absl::Status status = bytes.status();
        if (status.ok() && bytes->empty()) {
          status = absl::DataLossError(
              absl::StrCat("record ", search->position.lsn.value, " is not where the log is cut"));
        }
        if (status.ok()) {
          search->offset += bytes->size();
          status = search->scan.Feed(bytes->view(), [&](const Record& record, const LogPosition&) {
            if (record.header.lsn == search->position.lsn) {
              search->found = true;
              search->end = search->scan.offset() + record.framed.size();
            }
            return absl::OkStatus();
          });
        }
        if (!status.ok()) return Fail(status);
        SearchOn(search);
      });
}

}  // namespace holdfast
