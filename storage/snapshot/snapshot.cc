#include "storage/snapshot/snapshot.h"

#include <optional>
#include <utility>

#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/spin_lock.h"
#include "storage/snapshot/entry_encoder.h"
#include "storage/types/list.h"

namespace holdfast {

using snapshot_format::RecordKind;

namespace {

// Entries of a flushed database to go through in one step.
constexpr size_t kFlushedEntriesPerStep = 512;

// Whether the entry, its list included, is small enough to be serialised at once.
bool IsSmall(const Entry& entry) {
  size_t bytes = entry.BlockSize();
  if (entry.type() == ValueType::kList) bytes += entry.list()->MemoryBytes();
  return bytes <= limits::kSnapshotSmallEntryBytesMax;
}

const void* ObjectOf(const Entry& entry) {
  return entry.type() == ValueType::kList ? static_cast<const void*>(entry.list()) : &entry;
}

}  // namespace

std::unique_ptr<Snapshot> Snapshot::Cut(Keyspace& keyspace, const Options& options) {
  // Not make_unique: the constructor is private.
  std::unique_ptr<Snapshot> snapshot(new Snapshot(keyspace, options));
  const auto cut = keyspace.OpenCut(*snapshot);
  if (!cut) return nullptr;
  snapshot->cut_ = *cut;
  snapshot->open_ = true;
  return snapshot;
}

Snapshot::Snapshot(Keyspace& keyspace, const Options& options)
    : keyspace_(keyspace),
      header_(options.header),
      held_bytes_max_(options.held_bytes_max),
      database_numbers_(keyspace.DatabaseNumbers()),
      blocks_(options.payload_bytes_max) {
  header_.hash_seed = keyspace.hash_seed();
  char* at = blocks_.BeginRecord(RecordKind::kBegin, snapshot_format::kBeginBytes);
  std::memcpy(at, snapshot_format::kMagic.data(), snapshot_format::kMagic.size());
  at += snapshot_format::kMagic.size();
  for (const uint64_t number :
       {header_.generation, header_.cut.value, header_.epoch.value, header_.rolling_hash,
        static_cast<uint64_t>(header_.log_time.value), header_.hash_seed}) {
    at = StoreNumber(at, number);
  }
  blocks_.EndRecord(at);
  CountHeld();
}

void Snapshot::Close() {
  CHECK(open_);
  keyspace_.CloseCut(cut_, {.complete = finished_});
  open_ = false;
}

Snapshot::~Snapshot() {
  CHECK(!open_);
  for (const std::unique_ptr<LargeValue>& value : large_) {
    if (Entry* entry = value->ReleaseEntry()) keyspace_.FreeKept(value->slot(), entry);
  }
}

Snapshot::Pull Snapshot::Next(size_t budget) {
  CHECK(open_);
  for (size_t spent = 0;; ++spent) {
    std::unique_lock hold(mutex_);
    if (blocks_.has_full() || (finished_ && !blocks_.empty())) {
      Pull pull = {.outcome = Outcome::kBlock, .block = blocks_.TakeFirst()};
      CountHeld();
      hold.unlock();
      BlockQueue::Seal(pull.block, next_block_++);
      return pull;
    }
    hold.unlock();
    if (finished_) return {.outcome = Outcome::kDone};
    if (spent >= budget) return {.outcome = Outcome::kAgain};
    if (WriteLarge()) continue;
    if (!walked_) {
      walked_ = !keyspace_.KeepNext(cut_, walk_);
    } else if (!keyspace_.KeepsFlushed(cut_)) {
      Finish();
    } else if (!keyspace_.ReclaimSome(kFlushedEntriesPerStep)) {
      return {.outcome = Outcome::kAgain};
    }
  }
}

void Snapshot::Keep(Slot slot, int physical, absl::Span<Entry* const> entries) {
  const DatabaseId database = database_numbers_[static_cast<size_t>(physical)];
  std::lock_guard hold(mutex_);
  for (Entry* entry : entries) {
    if (BUG("snapshot-drops-expired-keys") && entry->has_deadline() &&
        entry->deadline() <= header_.log_time) {
      continue;
    }
    KeepEntry(slot, database, entry);
  }
  CountHeld();
}

void Snapshot::KeepEntry(Slot slot, DatabaseId database, Entry* entry) {
  entries_.fetch_add(1, std::memory_order_relaxed);
  if (IsSmall(*entry)) {
    char* body = blocks_.BeginRecord(RecordKind::kEntry, EncodedEntryBytesMax(*entry));
    blocks_.EndRecord(EncodeEntry(database, *entry, body));
    return;
  }
  auto value = std::make_unique<LargeValue>(EncodeEntryHead(database, *entry), slot, entry);
  if (value->object() != nullptr) large_by_object_.emplace(value->object(), value.get());
  large_.push_back(std::move(value));
}

LargeValue* Snapshot::FindLarge(const Entry& entry) {
  const auto found = large_by_object_.find(ObjectOf(entry));
  return found == large_by_object_.end() ? nullptr : found->second;
}

void Snapshot::BeforeEdit(const Entry& entry) {
  if (entry.type() != ValueType::kList && IsSmall(entry)) return;
  std::lock_guard hold(mutex_);
  LargeValue* value = FindLarge(entry);
  if (value == nullptr) return;
  large_bytes_ -= value->held_bytes();
  if (value->in_place()) {
    // Its memory may serve another entry soon.
    large_by_object_.erase(value->object());
    value->Copy();
  } else {
    value->NoteListEdit();
  }
  large_bytes_ += value->held_bytes();
  CountHeld();
}

bool Snapshot::BeforeFree(Slot, Entry* entry) {
  const bool is_list = entry->type() == ValueType::kList;
  if (!is_list && IsSmall(*entry)) return false;
  std::lock_guard hold(mutex_);
  LargeValue* value = FindLarge(*entry);
  if (value == nullptr) return false;
  large_by_object_.erase(value->object());
  large_bytes_ -= value->held_bytes();
  if (is_list) {
    value->NoteListGone();
  } else {
    value->Take();
  }
  large_bytes_ += value->held_bytes();
  CountHeld();
  return !is_list;
}

// Writes a piece of the first large value; false if there is none.
bool Snapshot::WriteLarge() {
  LargeValue* value = nullptr;
  bool in_place = false;
  {
    std::lock_guard hold(mutex_);
    if (large_.empty()) return false;
    value = large_.front().get();
    in_place = value->in_place();
  }
  // Nobody but this thread takes it out of the queue.
  std::optional<SpinLockHolder> slot;
  if (in_place) slot.emplace(keyspace_.lock(value->slot()));
  std::unique_ptr<LargeValue> written;
  {
    std::lock_guard hold(mutex_);
    const size_t room = blocks_.PieceBytes();
    char* body = blocks_.BeginRecord(RecordKind::kPiece, room);
    blocks_.EndRecord(value->Write(body, room));
    if (value->done()) {
      const auto found = large_by_object_.find(value->object());
      if (found != large_by_object_.end() && found->second == value) large_by_object_.erase(found);
      large_bytes_ -= value->held_bytes();
      written = std::move(large_.front());
      large_.pop_front();
    }
    CountHeld();
  }
  if (written != nullptr) {
    if (Entry* entry = written->ReleaseEntry()) keyspace_.FreeKept(written->slot(), entry);
  }
  return true;
}

// Everything has been kept; writes the end unless large values came in last.
void Snapshot::Finish() {
  std::lock_guard hold(mutex_);
  if (!large_.empty()) return;
  char* body = blocks_.BeginRecord(RecordKind::kEnd, snapshot_format::kEndBytes);
  blocks_.EndRecord(StoreNumber(body, entries()));
  finished_ = true;
  CountHeld();
}

void Snapshot::CountHeld() {
  held_bytes_.store(blocks_.bytes() + large_bytes_, std::memory_order_relaxed);
}

}  // namespace holdfast
