#include "storage/keyspace/keyspace.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "net/base/planted_bug.h"
#include "storage/keyspace/hash.h"
#include "storage/types/key_slot.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

// A table word and its share of the gaps, and an index word: what a key costs beside its block.
constexpr uint64_t kTableBytesPerKey = 10;
constexpr uint64_t kIndexBytesPerKey = 9;

// Freeing more than this at once is left to ReclaimSome.
constexpr size_t kFreeNowElementsMax = 64;
constexpr size_t kFreeNowBytesMax = 1024 * 1024;

template <typename Element>
Element* AllocateZeroed(size_t count, size_t alignment) {
  const size_t bytes = count * sizeof(Element);
  void* memory = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    memory = std::calloc(count, sizeof(Element));
  } else {
    memory = std::aligned_alloc(alignment, bytes);
    if (memory != nullptr) std::memset(memory, 0, bytes);
  }
  CHECK(memory != nullptr);
  return static_cast<Element*>(memory);
}

bool AnyCut(const CutMarks& cuts) { return cuts != CutMarks{}; }

}  // namespace

Keyspace::Keyspace(uint64_t hash_seed)
    : hash_seed_(hash_seed),
      slots_(AllocateZeroed<SlotState>(kSlotCount, alignof(SlotState))),
      due_times_(std::make_unique<DueTimes>()) {
  static_assert(sizeof(SlotState) == 64);
  for (int i = 0; i < kDatabaseCount; ++i) physical_[i] = static_cast<uint8_t>(i);
}

Keyspace::~Keyspace() {
  CHECK(open_cuts_ == 0);
  for (int database = 0; database < kDatabaseCount; ++database) {
    Flush(DatabaseId{static_cast<uint8_t>(database)});
  }
  while (ReclaimSome(SIZE_MAX)) {
  }
  for (int i = 0; i < kSlotCount; ++i) delete[] slots_[i].others;
  std::free(slots_);
}

Key Keyspace::MakeKey(absl::string_view bytes) const {
  return {bytes, HashKey(bytes, hash_seed_), KeySlot(bytes)};
}

const Keyspace::SlotDatabase* Keyspace::FindDatabase(Slot slot, int physical) const {
  const SlotState& state = slots_[slot.value];
  if (physical == 0) return &state.first;
  return state.others == nullptr ? nullptr : &state.others[physical - 1];
}

Keyspace::SlotDatabase& Keyspace::MakeDatabase(Slot slot, int physical) {
  SlotState& state = slots_[slot.value];
  if (physical == 0) return state.first;
  if (state.others == nullptr) {
    state.others = new SlotDatabase[kDatabaseCount - 1];
    stripe(slot).bytes += sizeof(SlotDatabase) * (kDatabaseCount - 1);
  }
  return state.others[physical - 1];
}

void Keyspace::PrefetchTable(DatabaseId database, const Key& key) const {
  // Only database 0 stands in the slot itself, where it may be looked at beside a writer.
  if (physical_[database.value] == 0) slots_[key.slot.value].first.table.Prefetch(key.hash);
}

void Keyspace::PrefetchPut(DatabaseId database, const Key& key) const {
  const SlotDatabase* found = FindDatabase(key.slot, physical_[database.value]);
  if (found != nullptr) found->table.PrefetchInsert(key.hash);
}

void Keyspace::PrefetchEntry(DatabaseId database, const Key& key) const {
  const SlotDatabase* found = FindDatabase(key.slot, physical_[database.value]);
  if (found == nullptr) return;
  if (const Entry* entry = found->table.Candidate(key.hash); entry != nullptr) {
    __builtin_prefetch(entry);
    __builtin_prefetch(reinterpret_cast<const char*>(entry) + 64);
  }
}

Entry* Keyspace::Find(DatabaseId database, const Key& key) const {
  const SlotDatabase* found = FindDatabase(key.slot, physical_[database.value]);
  return found == nullptr ? nullptr : found->table.Find(key.hash, key.bytes);
}

Entry* Keyspace::MakeEntry(Slot slot, absl::string_view key, std::optional<Millis> deadline,
                           const Value& value) {
  const size_t size = Entry::BlockSizeFor(key.size(), deadline, value);
  Entry* entry = Entry::Write(blocks_.Allocate(Arena(slot), size), key, deadline, value);
  entry->set_access_clock(0);
  return entry;
}

void Keyspace::FreeBlock(Slot slot, Entry* entry) {
  blocks_.Free(Arena(slot), entry, entry->BlockSize());
}

// Frees an entry that no table knows any more, and its value.
void Keyspace::FreeEntry(Slot slot, Entry* entry) {
  if (open_cuts_ != 0) [[unlikely]] {
    if (TakenByKeeper(slot, entry)) return;
  }
  const size_t size = entry->BlockSize();
  if (entry->type() == ValueType::kList) {
    List* list = entry->list();
    if (list->Size() > kFreeNowElementsMax) {
      Enqueue({.slot = slot, .list = list});
    } else {
      stripe(slot).bytes -= static_cast<int64_t>(sizeof(List) + list->MemoryBytes());
      delete list;
    }
  } else if (size > kFreeNowBytesMax) {
    Enqueue({.slot = slot, .entry = entry});
    return;
  }
  stripe(slot).bytes -= static_cast<int64_t>(BlockAllocator::BlockBytes(size));
  FreeBlock(slot, entry);
}

void Keyspace::RefreshNextDue(Slot slot) {
  std::optional<Millis> soonest;
  for (int physical = 0; physical < kDatabaseCount; ++physical) {
    const SlotDatabase* database = FindDatabase(slot, physical);
    if (database == nullptr) break;
    if (database->expiry.size() == 0) continue;
    const Millis first = database->expiry.first()->deadline();
    if (!soonest || first < *soonest) soonest = first;
  }
  due_times_->Set(slot, soonest);
}

void Keyspace::SetSlotHasKeys(Slot slot, bool has_keys) {
  std::atomic<uint64_t>& word = slots_with_keys_[slot.value / 64];
  const uint64_t bit = uint64_t{1} << (slot.value % 64);
  if (has_keys) {
    word.fetch_or(bit, std::memory_order_relaxed);
  } else {
    word.fetch_and(~bit, std::memory_order_relaxed);
  }
}

// Puts an entry whose key is absent into table and index.
Entry* Keyspace::Add(int physical, const Key& key, Entry* entry) {
  SlotDatabase& database = MakeDatabase(key.slot, physical);
  Stripe& counters = stripe(key.slot);
  TableContext context = MakeTableContext();
  IndexContext index = MakeIndexContext(key.slot);
  BeforeChange(key.slot, physical, key.hash);
  database.table.Insert(key.hash, entry, context);
  if (slots_[key.slot.value].key_count++ == 0) SetSlotHasKeys(key.slot, true);
  counters.keys[physical].fetch_add(1, std::memory_order_relaxed);
  if (entry->has_deadline()) {
    database.expiry.Insert(entry, index);
    counters.keys_with_deadline[physical].fetch_add(1, std::memory_order_relaxed);
    due_times_->Lower(key.slot, entry->deadline());
  }
  counters.bytes.fetch_add(context.bytes + index.bytes +
                               static_cast<int64_t>(BlockAllocator::BlockBytes(entry->BlockSize())),
                           std::memory_order_relaxed);
  return entry;
}

// Takes an entry out of table and index; its memory stays, and stays accounted.
void Keyspace::Remove(int physical, const Key& key, Entry* entry) {
  SlotDatabase& database = MakeDatabase(key.slot, physical);
  Stripe& counters = stripe(key.slot);
  TableContext context = MakeTableContext();
  IndexContext index = MakeIndexContext(key.slot);
  BeforeErase(key.slot, physical, key.hash);
  if (entry->has_deadline()) {
    database.expiry.Erase(entry, index);
    counters.keys_with_deadline[physical].fetch_sub(1, std::memory_order_relaxed);
  }
  database.table.Erase(key.hash, entry, context);
  if (--slots_[key.slot.value].key_count == 0) SetSlotHasKeys(key.slot, false);
  counters.keys[physical].fetch_sub(1, std::memory_order_relaxed);
  counters.bytes.fetch_add(context.bytes + index.bytes, std::memory_order_relaxed);
}

// Lets `replacement` stand where `old` stood, in table and index; `old` is no longer read.
void Keyspace::ReplaceInPlace(SlotDatabase& database, const Key& key, Entry* old,
                              Entry* replacement, int physical) {
  Stripe& counters = stripe(key.slot);
  IndexContext index = MakeIndexContext(key.slot);
  if (old != replacement) database.table.Replace(key.hash, old, replacement);
  if (old->has_deadline() && replacement->has_deadline()) {
    database.expiry.Replace(old->expiry_position(), replacement);
  } else if (old->has_deadline()) {
    database.expiry.Erase(old, index);
    counters.keys_with_deadline[physical].fetch_sub(1, std::memory_order_relaxed);
  } else if (replacement->has_deadline()) {
    database.expiry.Insert(replacement, index);
    counters.keys_with_deadline[physical].fetch_add(1, std::memory_order_relaxed);
  }
  if (replacement->has_deadline()) due_times_->Lower(key.slot, replacement->deadline());
  if (index.bytes != 0) counters.bytes.fetch_add(index.bytes, std::memory_order_relaxed);
}

Entry* Keyspace::Put(DatabaseId database, const Key& key, Entry* old, const Value& value,
                     std::optional<Millis> deadline) {
  const int physical = physical_[database.value];
  if (value.kind == Value::Kind::kList) {
    AccountValueBytes(key.slot, static_cast<int64_t>(sizeof(List) + value.list->MemoryBytes()));
  }
  if (old == nullptr) {
    return Add(physical, key, MakeEntry(key.slot, key.bytes, deadline, value));
  }
  BeforeChange(key.slot, physical, key.hash);
  const size_t old_bytes = BlockAllocator::BlockBytes(old->BlockSize());
  const size_t new_bytes =
      BlockAllocator::BlockBytes(Entry::BlockSizeFor(key.bytes.size(), deadline, value));
  const bool same_layout = deadline ? old->DeadlineFits(*deadline) : !old->has_deadline();
  if (same_layout && old_bytes == new_bytes && old->type() != ValueType::kList &&
      value.kind != Value::Kind::kList && old_bytes <= BlockAllocator::kSlabBlockMax) {
    // The key stays where it is; only deadline and value are written again.
    const uint32_t position = deadline ? old->expiry_position() : 0;
    Entry::Write(old, old->key(), deadline, value);
    if (deadline) {
      MakeDatabase(key.slot, physical).expiry.Replace(position, old);
      due_times_->Lower(key.slot, *deadline);
    }
    return old;
  }
  Entry* replacement = MakeEntry(key.slot, key.bytes, deadline, value);
  replacement->set_access_clock(old->access_clock());
  ReplaceInPlace(MakeDatabase(key.slot, physical), key, old, replacement, physical);
  stripe(key.slot).bytes.fetch_add(static_cast<int64_t>(new_bytes), std::memory_order_relaxed);
  FreeEntry(key.slot, old);
  return replacement;
}

Entry* Keyspace::SetDeadline(DatabaseId database, const Key& key, Entry* entry,
                             std::optional<Millis> deadline) {
  const int physical = physical_[database.value];
  SlotDatabase& home = MakeDatabase(key.slot, physical);
  if (!deadline && !entry->has_deadline()) return entry;
  BeforeChange(key.slot, physical, key.hash);
  if (deadline && entry->DeadlineFits(*deadline)) {
    entry->set_deadline(*deadline);
    home.expiry.Moved(entry);
    due_times_->Lower(key.slot, *deadline);
    return entry;
  }
  Entry* replacement = MakeEntry(key.slot, key.bytes, deadline, entry->value());
  replacement->set_access_clock(entry->access_clock());
  ReplaceInPlace(home, key, entry, replacement, physical);
  stripe(key.slot).bytes.fetch_add(
      static_cast<int64_t>(BlockAllocator::BlockBytes(replacement->BlockSize())),
      std::memory_order_relaxed);
  const bool offered = open_cuts_ != 0 && entry->type() != ValueType::kList;
  if (!offered || !TakenByKeeper(key.slot, entry)) FreeKept(key.slot, entry);
  return replacement;
}

void Keyspace::Erase(DatabaseId database, const Key& key, Entry* entry) {
  Remove(physical_[database.value], key, entry);
  FreeEntry(key.slot, entry);
}

Entry* Keyspace::Rename(const Location& from, const Location& to) {
  Entry* source = from.entry;
  std::optional<Millis> deadline;
  if (source->has_deadline() && !BUG("rename-loses-ttl")) deadline = source->deadline();
  if (source->type() != ValueType::kList) {
    Entry* copy = Copy(from, to);
    Erase(from.database, from.key, source);
    return copy;
  }
  List* list = source->list();
  const auto list_bytes = static_cast<int64_t>(sizeof(List) + list->MemoryBytes());
  Remove(physical_[from.database.value], from.key, source);
  AccountValueBytes(
      from.key.slot,
      -list_bytes - static_cast<int64_t>(BlockAllocator::BlockBytes(source->BlockSize())));
  const uint32_t access_clock = source->access_clock();
  FreeBlock(from.key.slot, source);
  Entry* moved = Put(to.database, to.key, to.entry, Value::OfList(list), deadline);
  moved->set_access_clock(access_clock);
  return moved;
}

Entry* Keyspace::Copy(const Location& from, const Location& to) {
  const Entry* source = from.entry;
  std::optional<Millis> deadline;
  if (source->has_deadline()) deadline = source->deadline();
  if (BUG("copy-keeps-target-ttl") && to.entry != nullptr) {
    deadline = to.entry->has_deadline() ? std::optional(to.entry->deadline()) : std::nullopt;
  }
  Value value = source->value();
  if (value.kind == Value::Kind::kList) {
    value = Value::OfList(new List(value.list->Clone()));
  } else if (value.kind == Value::Kind::kRoomy) {
    value.capacity = value.text.size();
  }
  Entry* copy = Put(to.database, to.key, to.entry, value, deadline);
  copy->set_access_clock(source->access_clock());
  return copy;
}

size_t Keyspace::EraseDue(Slot slot, Millis now, size_t count_max,
                          absl::FunctionRef<void(DatabaseId, const Entry&)> before_erase) {
  size_t erased = 0;
  for (int database = 0; database < kDatabaseCount; ++database) {
    const int physical = physical_[database];
    const SlotDatabase* found = FindDatabase(slot, physical);
    if (found == nullptr) continue;
    while (erased < count_max && found->expiry.size() > 0 &&
           found->expiry.first()->deadline() <= now) {
      Entry* entry = found->expiry.first();
      const DatabaseId id{static_cast<uint8_t>(database)};
      before_erase(id, *entry);
      Remove(physical, {entry->key(), HashKey(entry->key(), hash_seed_), slot}, entry);
      FreeEntry(slot, entry);
      ++erased;
    }
  }
  RefreshNextDue(slot);
  return erased;
}

uint64_t Keyspace::Scan(DatabaseId database, Slot slot, uint64_t position, size_t count,
                        absl::FunctionRef<void(Entry*)> visit) const {
  const SlotDatabase* found = FindDatabase(slot, physical_[database.value]);
  return found == nullptr ? Table::kPositionEnd : found->table.Scan(position, count, visit);
}

std::optional<Slot> Keyspace::NextSlotWithKeys(int from) const {
  for (int word = from / 64; word < kSlotCount / 64; ++word) {
    uint64_t bits = slots_with_keys_[word].load(std::memory_order_relaxed);
    if (word == from / 64) bits &= ~uint64_t{0} << (from % 64);
    if (bits != 0) return Slot{static_cast<uint16_t>(word * 64 + std::countr_zero(bits))};
  }
  return std::nullopt;
}

Entry* Keyspace::Pick(DatabaseId database, Slot slot, uint64_t random) const {
  const SlotDatabase* found = FindDatabase(slot, physical_[database.value]);
  return found == nullptr || found->table.size() == 0 ? nullptr : found->table.Pick(random);
}

size_t Keyspace::SlotSize(DatabaseId database, Slot slot) const {
  const SlotDatabase* found = FindDatabase(slot, physical_[database.value]);
  return found == nullptr ? 0 : found->table.size();
}

uint64_t Keyspace::Size(DatabaseId database) const {
  int64_t sum = 0;
  for (const Stripe& stripe : stripes_) sum += stripe.keys[physical_[database.value]];
  return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

uint64_t Keyspace::SizeWithDeadline(DatabaseId database) const {
  int64_t sum = 0;
  for (const Stripe& stripe : stripes_) sum += stripe.keys_with_deadline[physical_[database.value]];
  return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

uint64_t Keyspace::used_bytes() const {
  int64_t sum = kSlotCount * int64_t{sizeof(SlotState) + sizeof(int64_t)};
  for (const Stripe& stripe : stripes_) sum += stripe.bytes.load(std::memory_order_relaxed);
  return static_cast<uint64_t>(std::max<int64_t>(sum, 0));
}

uint64_t Keyspace::EntryBytes(const Entry& entry) {
  uint64_t bytes = BlockAllocator::BlockBytes(entry.BlockSize()) + kTableBytesPerKey;
  if (entry.has_deadline()) bytes += kIndexBytesPerKey;
  if (entry.type() == ValueType::kList) bytes += sizeof(List) + entry.list()->MemoryBytes();
  return bytes;
}

void Keyspace::SwapDatabases(DatabaseId one, DatabaseId other) {
  std::swap(physical_[one.value], physical_[other.value]);
}

void Keyspace::Flush(DatabaseId database) {
  const int physical = physical_[database.value];
  for (auto slot = NextSlotWithKeys(0); slot; slot = NextSlotWithKeys(slot->value + 1)) {
    const SlotDatabase* found = FindDatabase(*slot, physical);
    if (found == nullptr || found->table.size() == 0) continue;
    SlotDatabase& full = MakeDatabase(*slot, physical);
    SlotState& state = slots_[slot->value];
    Stripe& counters = stripe(*slot);
    counters.keys[physical] -= static_cast<int64_t>(full.table.size());
    counters.keys_with_deadline[physical] -= static_cast<int64_t>(full.expiry.size());
    state.key_count -= static_cast<uint32_t>(full.table.size());
    if (state.key_count == 0) SetSlotHasKeys(*slot, false);
    QueueFlushed(*slot, physical, full);
    RefreshNextDue(*slot);
  }
}

void Keyspace::Enqueue(Garbage garbage) {
  std::lock_guard hold(garbage_mutex_);
  garbage_.push_back(std::move(garbage));
}

bool Keyspace::ReclaimSome(size_t budget) {
  Garbage garbage;
  {
    std::lock_guard hold(garbage_mutex_);
    if (garbage_.empty()) return false;
    garbage = std::move(garbage_.back());
    garbage_.pop_back();
  }
  Stripe& counters = stripe(garbage.slot);
  if (garbage.entry != nullptr) {
    counters.bytes -= static_cast<int64_t>(BlockAllocator::BlockBytes(garbage.entry->BlockSize()));
    FreeBlock(garbage.slot, garbage.entry);
  } else if (garbage.list != nullptr) {
    const size_t before = garbage.list->MemoryBytes();
    const bool done = garbage.list->FreeInSteps(budget);
    counters.bytes -= static_cast<int64_t>(before - garbage.list->MemoryBytes());
    if (done) {
      counters.bytes -= static_cast<int64_t>(sizeof(List) + garbage.list->MemoryBytes());
      delete garbage.list;
    } else {
      Enqueue(std::move(garbage));
    }
  } else if (open_cuts_ != 0 && CutCongested() && AnyCut(garbage.cuts)) {
    Enqueue(std::move(garbage));
    return false;
  } else {
    ReclaimDatabase(std::move(garbage), budget);
  }
  return true;
}

void Keyspace::ReclaimDatabase(Garbage garbage, size_t budget) {
  // Keepers of large entries look at them under the slot's lock.
  std::optional<SpinLockHolder> hold;
  if (open_cuts_ != 0) hold.emplace(lock(garbage.slot));
  bool done = KeepFlushed(garbage, budget);
  if (done) {
    TableContext context = MakeTableContext();
    IndexContext index = MakeIndexContext(garbage.slot);
    garbage.database->expiry.Clear(index);
    done = garbage.database->table.ReleaseSome(
        budget, context, [&](Entry* entry) { FreeEntry(garbage.slot, entry); });
    stripe(garbage.slot).bytes += context.bytes + index.bytes;
  }
  if (!done) Enqueue(std::move(garbage));
}

ListEdit::ListEdit(Keyspace& keyspace, Slot slot, Entry* entry)
    : keyspace_(keyspace), slot_(slot), list_(*entry->list()), bytes_before_(list_.MemoryBytes()) {
  keyspace_.BeforeEdit(slot, entry);
}

ListEdit::~ListEdit() {
  keyspace_.AccountValueBytes(
      slot_, static_cast<int64_t>(list_.MemoryBytes()) - static_cast<int64_t>(bytes_before_));
}

}  // namespace holdfast
