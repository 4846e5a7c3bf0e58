#include "node/saver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "node/ledger.h"
#include "node/node.h"
#include "node/persistence.h"
#include "node/version.h"

namespace holdfast {
namespace {

// After a failure the rules wait for a while before they try again.
constexpr Nanos kRetryAfter = Seconds(5);

int64_t UnixSeconds(const Node& node) { return node.clock().Wall().value / 1'000'000'000; }

}  // namespace

// One save: takes the blocks, and passes them to the file once it is known where in the log they
// were cut, and that this can not be taken back.
class Saver::Run final : public SnapshotSink, public std::enable_shared_from_this<Saver::Run> {
 public:
  Run(Saver& saver, uint64_t generation) : saver_(saver), generation_(generation) {}

  void OnCut(const SnapshotHeader& header) override {
    cut_ = header.cut;
    saver_.OnCut();
    Ledger* const ledger = saver_.node_.ledger();
    if (ledger == nullptr) {
      return saver_.background_.Post([self = shared_from_this()] {
        self->Open(self->saver_.node_.persistence().retired_log());
      });
    }
    ledger->NoteCut(header, [self = shared_from_this()](absl::StatusOr<LogOrigin> origin) {
      self->saver_.background_.Post([self, origin = std::move(origin)]() mutable {
        if (!origin.ok()) return self->Fail(origin.status());
        self->Open(*std::move(origin));
      });
    });
  }

  void OnBlock(Buffer block) override {
    if (!ended_) file_->Add(block.view());
    saver_.entries_.store(file_->entries(), std::memory_order_relaxed);
  }

  // Also before the file is open: whether the cut is final decides whether there is to be one.
  bool congested() const override {
    return file_ == nullptr || file_->congested() || AheadOfBandwidth();
  }
  bool wanted() const override { return !ended_; }

  void OnEnd(absl::Status status) override {
    if (ended_) return;
    if (!status.ok()) return Fail(status);
    file_->Publish();
  }

  Lsn cut() const { return cut_; }
  uint64_t bytes() const { return file_ == nullptr ? 0 : file_->bytes(); }

 private:
  void Open(std::optional<LogOrigin> origin) {
    if (ended_) return;
    const Node& node = saver_.node_;
    opened_at_ = node.clock().Monotonic();
    SnapshotSaver::Options options{
        .directory = node.settings().dir,
        .name = node.settings().dbfilename,
        .generation = generation_,
        .format = {.values = {.compress = node.settings().rdbcompression},
                   .checksum = node.settings().rdbchecksum},
        .origin = std::move(origin),
        .aux = {{"redis-ver", kRedisVersion},
                {"redis-bits", "64"},
                {"ctime", absl::StrCat(UnixSeconds(node))},
                {"used-mem", absl::StrCat(node.used_bytes())},
                {"holdfast-ver", kVersion}}};
    file_ = std::make_unique<SnapshotSaver>(
        saver_.background_.disk(), std::move(options),
        SnapshotSaver::Hooks{.on_done = [this](const absl::Status& status) { End(status); }});
  }

  bool AheadOfBandwidth() const {
    const int64_t bandwidth = saver_.node_.settings().snapshot_max_bandwidth;
    if (bandwidth == 0) return false;
    const Nanos elapsed = saver_.node_.clock().Monotonic() - opened_at_;
    return static_cast<double>(file_->bytes()) >
           static_cast<double>(bandwidth) * static_cast<double>(elapsed.value) / 1e9;
  }

  void Fail(const absl::Status& why) {
    if (ended_) return;
    if (file_ != nullptr) return file_->Abandon(why);
    End(why);
  }

  void End(const absl::Status& status) {
    ended_ = true;
    // The file is still at work on the way that led here.
    saver_.background_.Post(
        [self = shared_from_this(), status] { self->saver_.End(*self, status); });
  }

  Saver& saver_;
  const uint64_t generation_;
  Lsn cut_;
  Nanos opened_at_;
  bool ended_ = false;
  std::unique_ptr<SnapshotSaver> file_;
};

Saver::Saver(Node& node, EventLoop& background) : node_(node), background_(background) {
  report_.last_save_s = UnixSeconds(node);
}

Saver::~Saver() = default;

bool Saver::TryBegin(StatusHandler done) {
  if (running_.exchange(true)) return false;
  background_.Post([this, done = std::move(done)]() mutable { Begin(std::move(done)); });
  return true;
}

void Saver::BeginNext(StatusHandler done) {
  background_.Post([this, done = std::move(done)]() mutable {
    next_.push_back(std::move(done));
    if (!running_.exchange(true)) {
      Begin(nullptr);
    } else {
      std::lock_guard hold(mutex_);
      report_.scheduled = true;
    }
  });
}

// Who waited for the next one has it now.
void Saver::Begin(StatusHandler done) {
  done_.clear();
  if (done) done_.push_back(std::move(done));
  for (StatusHandler& waiting : std::exchange(next_, {})) done_.push_back(std::move(waiting));
  {
    GateHolder gate(node_.gate(), node_.background_participant());
    std::lock_guard hold(mutex_);
    report_.running = true;
    report_.scheduled = false;
    report_.started = node_.clock().Monotonic();
    report_.entries_total = 0;
    for (uint8_t database = 0; database < kDatabaseCount; ++database) {
      report_.entries_total += node_.keyspace().Size(DatabaseId{database});
    }
  }
  entries_.store(0, std::memory_order_relaxed);
  node_.Log(LogLevel::kNotice, "Background saving started to %s", node_.settings().dbfilename);
  run_ = std::make_shared<Run>(*this, ++generation_);
  node_.snapshots().Add(
      {.generation = generation_, .payload_bytes_max = limits::kSnapshotPayloadBytesMax}, run_);
}

void Saver::OnCut() {
  const uint64_t dirty = node_.TotalCounters().dirty;
  std::lock_guard hold(mutex_);
  dirty_at_cut_ = dirty;
}

void Saver::End(const Run& run, const absl::Status& status) {
  const Nanos now = node_.clock().Monotonic();
  Nanos took;
  {
    std::lock_guard hold(mutex_);
    took = now - report_.started;
    report_.running = false;
    report_.last_status = status;
    report_.last_duration = took;
    if (status.ok()) {
      ++report_.saves;
      report_.last_save_s = UnixSeconds(node_);
      report_.last_bytes = run.bytes();
      dirty_at_save_ = dirty_at_cut_;
    }
  }
  failed_.store(!status.ok() && !absl::IsCancelled(status), std::memory_order_relaxed);
  if (status.ok()) {
    node_.Log(LogLevel::kNotice,
              "Background saving terminated with success: %d keys, %d bytes, %.3f seconds",
              entries_.load(), run.bytes(), static_cast<double>(took.value) / 1e9);
    if (Ledger* ledger = node_.ledger()) ledger->NoteSaved(run.cut());
  } else {
    retry_at_ = now + kRetryAfter;
    node_.Log(LogLevel::kWarning, "Background saving error: %s", status.message());
  }
  run_.reset();
  std::vector<StatusHandler> done = std::exchange(done_, {});
  running_.store(false);
  if (!next_.empty() && !running_.exchange(true)) Begin(nullptr);
  for (StatusHandler& handler : done) handler(status);
}

bool Saver::MayRetry() const { return node_.clock().Monotonic() >= retry_at_; }

void Saver::Tick(uint64_t dirty_now) {
  if (running()) return;
  const Report report = Describe(dirty_now);
  const int64_t seconds = UnixSeconds(node_) - report.last_save_s;
  const std::vector<SavePoint>& rules = node_.settings().save;
  const bool wanted = std::any_of(rules.begin(), rules.end(), [&](const SavePoint& rule) {
    return report.dirty >= static_cast<uint64_t>(rule.changes) && seconds > rule.seconds;
  });
  if (!wanted || !MayRetry() || !TryBegin(nullptr)) return;
  node_.Log(LogLevel::kNotice, "%d changes in %d seconds. Saving...", report.dirty, seconds);
}

Saver::Report Saver::Describe(uint64_t dirty_now) const {
  std::lock_guard hold(mutex_);
  Report report = report_;
  report.entries = entries_.load(std::memory_order_relaxed);
  report.dirty = dirty_now - std::min(dirty_now, dirty_at_save_);
  return report;
}

}  // namespace holdfast
