#include "storage/log/log_recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/limits.h"
#include "net/base/status.h"
#include "storage/log/segment_scan.h"

namespace holdfast {
namespace {

// Lives as long as handlers hold it.
class Recovery : public std::enable_shared_from_this<Recovery> {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<RecoveredLog>)>;
  Recovery(Disk& disk, RecoveryOptions options, Done done)
      : disk_(disk), options_(std::move(options)), done_(std::move(done)) {}

  void Start() {
    disk_.List(options_.directory,
               [self = shared_from_this()](absl::StatusOr<std::vector<std::string>> names) {
                 if (!names.ok()) return self->Fail(names.status());
                 self->Choose(*names);
               });
  }

 private:
  // Names sort as the log goes. The segments before the one that holds `after` are only counted.
  void Choose(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const std::optional<Lsn> first = FirstLsnOf(name);
      if (first) segments_.push_back({.first = *first});
    }
    if (segments_.empty()) return done_(RecoveredLog{});
    while (next_ + 1 < segments_.size() && segments_[next_ + 1].first <= options_.after.Next()) {
      ++next_;
    }
    OpenNext();
  }

  void OpenNext() {
    path_ = absl::StrCat(options_.directory, "/", SegmentName(segments_[next_].first));
    std::optional<SegmentHeader> expected;
    if (scanned_any_) expected = SegmentHeader{*result_.log_id, result_.tail.position};
    scan_ =
        std::make_unique<SegmentScan>(SegmentScan::Options{.path = path_, .expected = expected});
    offset_ = 0;
    disk_.Open(path_, OpenMode::kRead,
               [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                 if (!opened.ok()) return self->Fail(opened.status());
                 self->file_ = std::move(opened->file);
                 self->ReadOn();
               });
  }

  void ReadOn() {
    file_->Read(
        offset_, limits::kLogReadBytes, [self = shared_from_this()](absl::StatusOr<Buffer> bytes) {
          if (!bytes.ok()) return self->Fail(bytes.status());
          if (bytes->empty()) return self->EndSegment();
          self->offset_ += bytes->size();
          const absl::Status status = self->scan_->Feed(
              bytes->view(), [&](const Record& record, const LogPosition& at) -> absl::Status {
                if (record.header.lsn <= self->options_.after) return absl::OkStatus();
                return self->options_.visit(record, at);
              });
          if (!status.ok()) return self->Fail(status);
          self->ReadOn();
        });
  }

  void EndSegment() {
    const bool last = next_ + 1 == segments_.size();
    auto end = scan_->Finish(last ? SegmentScan::Place::kLast : SegmentScan::Place::kBeforeOthers);
    if (!end.ok()) return Fail(end.status());
    file_.reset();
    if (end->offset == 0) {
      // Begun and never written to.
      result_.cut_off = absl::StrCat(path_, ": ", end->cut_off);
      result_.tail.leftover = segments_.back().first;
      segments_.pop_back();
      return Finish();
    }
    if (!scanned_any_) {
      result_.log_id = end->header.log_id;
      result_.before_first = end->header.before;
      scanned_any_ = true;
    }
    if (SegmentName(end->header.before.lsn.Next()) != SegmentName(segments_[next_].first)) {
      return Fail(absl::DataLossError(
          absl::StrFormat("log segment %s has another one's name: it begins with record %d", path_,
                          end->header.before.lsn.Next().value)));
    }
    segments_[next_].bytes = end->offset;
    result_.tail.position = end->position;
    if (!end->cut_off.empty()) {
      result_.cut_off =
          absl::StrFormat("%s, from byte %d on: %s", path_, end->offset, end->cut_off);
    }
    if (last) return Finish();
    ++next_;
    OpenNext();
  }

  void Finish() {
    result_.tail.segments = std::move(segments_);
    done_(std::move(result_));
  }
  void Fail(const absl::Status& status) { done_(status); }

  Disk& disk_;
  RecoveryOptions options_;
  Done done_;
  std::vector<LogFiles::Segment> segments_;
  size_t next_ = 0;
  bool scanned_any_ = false;
  std::string path_;
  std::unique_ptr<SegmentScan> scan_;
  std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
  RecoveredLog result_;
};

}  // namespace

void RecoverLog(Disk& disk, RecoveryOptions options,
                absl::AnyInvocable<void(absl::StatusOr<RecoveredLog>)> done) {
  std::make_shared<Recovery>(disk, std::move(options), std::move(done))->Start();
}

}  // namespace holdfast
