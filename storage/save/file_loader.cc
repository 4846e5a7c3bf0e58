#include "storage/save/file_loader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

// Keys whose memory is fetched at the same time.
constexpr size_t kBatch = 32;
// Of what the file says about itself and what is passed over, this is kept for people to read.
constexpr size_t kNotesMax = 256;
constexpr size_t kNoteBytesMax = 4096;

// As much of a key as an error should show.
std::string Shown(absl::string_view key) {
  constexpr size_t kShownMax = 64;
  return absl::StrCat("'", absl::CHexEscape(key.substr(0, kShownMax)), "'",
                      key.size() > kShownMax ? "..." : "");
}

}  // namespace

FileLoader::FileLoader(Disk& disk, std::string path, Keyspace& keyspace, const LoadOptions& options,
                       Done done)
    : path_(std::move(path)),
      keyspace_(keyspace),
      options_(options),
      done_(std::move(done)),
      alive_(std::make_shared<FileLoader*>(this)),
      reader_({.list_limits = options.list_limits, .compare_checksum = options.compare_checksum},
              *this) {
  batch_.reserve(kBatch);
  disk.Open(path_, OpenMode::kRead, [alive = alive_](absl::StatusOr<OpenedFile> opened) {
    FileLoader* const loader = *alive;
    if (loader == nullptr) return;
    if (!opened.ok()) return loader->Finish(opened.status());
    loader->file_ = std::move(opened->file);
    loader->file_bytes_ = opened->size;
    loader->bytes_total_.store(opened->size, std::memory_order_relaxed);
    loader->ReadAhead();
  });
}

FileLoader::~FileLoader() { *alive_ = nullptr; }

LoadProgress FileLoader::progress() const {
  return {.bytes = bytes_.load(std::memory_order_relaxed),
          .bytes_total = bytes_total_.load(std::memory_order_relaxed),
          .entries = entries_.load(std::memory_order_relaxed)};
}

void FileLoader::ReadAhead() {
  if (asked_bytes_ == file_bytes_ && pieces_.empty()) return Finish(reader_.Finish());
  while (pieces_.size() < limits::kFileReadsInFlight && asked_bytes_ < file_bytes_) {
    const uint64_t offset = asked_bytes_;
    const auto length =
        static_cast<size_t>(std::min<uint64_t>(options_.read_bytes, file_bytes_ - offset));
    asked_bytes_ += length;
    pieces_.push_back({.offset = offset, .length = length});
    file_->Read(offset, length, [alive = alive_, offset](absl::StatusOr<Buffer> bytes) {
      if (*alive != nullptr) (*alive)->OnRead(offset, std::move(bytes));
    });
  }
}

void FileLoader::OnRead(uint64_t offset, absl::StatusOr<Buffer> bytes) {
  const auto read = std::find_if(pieces_.begin(), pieces_.end(),
                                 [&](const Piece& piece) { return piece.offset == offset; });
  CHECK(read != pieces_.end());
  read->bytes = std::move(bytes);
  while (!pieces_.empty() && pieces_.front().bytes) {
    const Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    const absl::Status status = Use(piece);
    if (!status.ok()) return Finish(status);
  }
  ReadAhead();
}

absl::Status FileLoader::Use(const Piece& piece) {
  RETURN_IF_ERROR(piece.bytes->status());
  const absl::string_view bytes = (*piece.bytes)->view();
  if (bytes.size() < piece.length) {
    return absl::DataLossError(absl::StrCat("it ends at byte ", piece.offset + bytes.size(),
                                            " now; there were ", file_bytes_, " bytes before"));
  }
  RETURN_IF_ERROR(reader_.Feed(bytes));
  RETURN_IF_ERROR(PutBatch());
  bytes_.store(piece.offset + bytes.size(), std::memory_order_relaxed);
  return absl::OkStatus();
}

void FileLoader::OnAux(absl::string_view name, absl::string_view value) {
  if (name.size() + value.size() > kNoteBytesMax || loaded_.aux.size() >= kNotesMax) return;
  loaded_.aux[std::string(name)] = std::string(value);
}

void FileLoader::OnSkipped(absl::string_view what) {
  if (loaded_.skipped.size() < kNotesMax) ++loaded_.skipped[std::string(what)];
}

absl::Status FileLoader::OnEntry(rdb::FileEntry entry) {
  batch_.push_back(std::move(entry));
  return batch_.size() < kBatch ? absl::OkStatus() : PutBatch();
}

absl::Status FileLoader::PutBatch() {
  std::array<Key, kBatch> keys;
  for (size_t i = 0; i < batch_.size(); ++i) {
    keys[i] = keyspace_.MakeKey(batch_[i].key.view());
    keyspace_.PrefetchSlot(keys[i].slot);
  }
  for (size_t i = 0; i < batch_.size(); ++i) keyspace_.PrefetchPut(batch_[i].database, keys[i]);
  for (size_t i = 0; i < batch_.size(); ++i) {
    rdb::FileEntry& entry = batch_[i];
    if (keyspace_.Find(entry.database, keys[i]) != nullptr) {
      return absl::DataLossError(absl::StrCat("key ", Shown(entry.key.view()),
                                              " comes twice in database ", entry.database.value));
    }
    Entry* const put =
        keyspace_.Put(entry.database, keys[i], nullptr, entry.value.Release(), entry.deadline);
    put->set_access_clock(AccessClockOf(entry));
  }
  loaded_.entries += batch_.size();
  batch_.clear();
  entries_.store(loaded_.entries, std::memory_order_relaxed);
  return absl::OkStatus();
}

uint32_t FileLoader::AccessClockOf(const rdb::FileEntry& entry) const {
  if (!entry.idle_s) return AccessClock(options_.now);
  const auto idle_ms = static_cast<int64_t>(std::min<uint64_t>(*entry.idle_s, UINT32_MAX)) * 1000;
  return AccessClock(Millis{std::max<int64_t>(options_.now.value - idle_ms, 0)});
}

void FileLoader::Finish(const absl::Status& read) {
  absl::Status status = read;
  // What the last bytes brought is still in the batch.
  if (status.ok()) status = PutBatch();
  *alive_ = nullptr;
  file_.reset();
  pieces_.clear();
  batch_.clear();
  loaded_.version = reader_.version();
  loaded_.bytes = file_bytes_;
  Done done = std::move(done_);
  if (status.ok()) return done(std::move(loaded_));
  done(absl::Status(status.code(), absl::StrCat("loading ", path_, ": ", status.message())));
}

std::unique_ptr<FileLoader> LoadFile(Disk& disk, std::string path, Keyspace& keyspace,
                                     const LoadOptions& options, FileLoader::Done done) {
  return std::make_unique<FileLoader>(disk, std::move(path), keyspace, options, std::move(done));
}

}  // namespace holdfast
