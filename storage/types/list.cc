#include "storage/types/list.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

// What a listpack has around its entries; Redis compares sizes that include it.
constexpr size_t kListpackFraming = 7;

bool Within(size_t bytes, size_t elements, const ListLimits& limits) {
  return bytes + kListpackFraming <= limits.bytes && elements <= limits.elements.value_or(elements);
}

// Whether a chunk has room for one more element, by our limits and by the chunk's own.
bool Fits(const ListChunk& chunk, const PackedElement& element, const ListLimits& limits) {
  const size_t bytes = chunk.bytes() + PackedSize(element);
  return bytes <= limits::kListChunkBytesMax && Within(bytes, chunk.count() + 1, limits);
}

bool SmallTogether(const ListChunk& left, const ListChunk& right, const ListLimits& limits) {
  return Within(2 * (left.bytes() + right.bytes()), 2 * (left.count() + right.count()), limits);
}

// Blocks of chunked lists double while they fill; they are cut when the next chunk is begun.
size_t RoomySpare(const ListChunk& chunk, const ListLimits& limits) {
  constexpr size_t kSpareMin = 64;
  const size_t spare = std::max(chunk.bytes(), kSpareMin);
  return std::min(spare, limits.bytes - std::min(limits.bytes, chunk.bytes()));
}

// Blocks that stay as they are for long grow by an eighth.
size_t SnugSpare(const ListChunk& chunk) { return chunk.bytes() / 8; }

}  // namespace

ListLimits ListLimits::FromDirective(int64_t list_max_listpack_size) {
  if (list_max_listpack_size >= 0) {
    return {.bytes = limits::kListCountedChunkBytesMax,
            .elements = std::max<size_t>(1, static_cast<size_t>(list_max_listpack_size))};
  }
  constexpr std::array<size_t, 5> kKibibytes = {4, 8, 16, 32, 64};
  const int64_t level = std::max<int64_t>(list_max_listpack_size, -5);
  return {.bytes = kKibibytes[static_cast<size_t>(-level - 1)] * 1024};
}

List List::Clone() const {
  List copy;
  if (!directory_) {
    copy.packed_ = packed_.Clone();
    return copy;
  }
  copy.directory_ = std::make_unique<ListDirectory>();
  for (std::optional<Place> at = directory_->First(); at; at = directory_->Next(*at)) {
    copy.directory_->PushBack(directory_->At(*at).Clone());
  }
  return copy;
}

List List::Share() const {
  List other;
  other.packed_ = packed_.Share();
  if (directory_) other.directory_ = std::make_unique<ListDirectory>(directory_->Share());
  return other;
}

std::optional<size_t> List::Resolve(int64_t index) const {
  const int64_t size = static_cast<int64_t>(Size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<size_t>(index);
}

PackedElement List::At(size_t index) const {
  const Cursor cursor = CursorAt(index);
  CHECK(cursor.Valid());
  return cursor.Get();
}

List::Cursor List::CursorAt(size_t index) const {
  Cursor cursor;
  cursor.list_ = this;
  cursor.index_ = index;
  if (index >= Size()) return cursor;
  ListDirectory::Position position{.place = {}, .index_in_chunk = index};
  if (directory_) position = directory_->Find(index);
  cursor.place_ = position.place;
  cursor.chunk_ = &ChunkAt(position.place);
  cursor.offset_ = cursor.chunk_->Seek(position.index_in_chunk);
  return cursor;
}

void List::Cursor::EnterNextChunk() {
  std::optional<Place> next;
  if (list_->directory_) next = list_->directory_->Next(place_);
  chunk_ = next ? &list_->ChunkAt(*next) : nullptr;
  place_ = next.value_or(Place{});
  offset_ = 0;
}

void List::Cursor::EnterPreviousChunk() {
  std::optional<Place> previous;
  if (list_->directory_) previous = list_->directory_->Previous(place_);
  chunk_ = previous ? &list_->ChunkAt(*previous) : nullptr;
  place_ = previous.value_or(Place{});
  offset_ = previous ? chunk_->Previous(chunk_->bytes()) : 0;
}

void List::MakeChunked() {
  directory_ = std::make_unique<ListDirectory>();
  if (packed_.count() > 0) directory_->PushBack(std::exchange(packed_, ListChunk()));
}

void List::PrepareToGrow(size_t element_count, size_t text_bytes, const ListLimits& limits) {
  // Redis adds up the texts without what packing puts around them.
  if (directory_) return;
  if (!Within(packed_.bytes() + text_bytes, packed_.count() + element_count, limits)) MakeChunked();
}

void List::PackIfSmall(const ListLimits& limits) {
  if (!directory_) return;
  if (directory_->size() == 0) {
    directory_.reset();
    return;
  }
  if (directory_->chunk_count() != 1) return;
  // Half the limit that is set: a limit in elements leaves the one in bytes whole.
  ListLimits half = limits;
  if (half.elements) {
    half.elements = *half.elements / 2;
  } else {
    half.bytes /= 2;
  }
  const ListChunk& only = directory_->At(directory_->First());
  if (only.bytes() > limits::kListChunkBytesMax || !Within(only.bytes(), only.count(), half))
    return;
  packed_ = directory_->Remove(directory_->First()).first;
  directory_.reset();
}

void List::Push(ListEnd end, absl::Span<const absl::string_view> values, const ListLimits& limits) {
  size_t text_bytes = 0;
  for (absl::string_view value : values) text_bytes += value.size();
  PrepareToGrow(values.size(), text_bytes, limits);
  for (absl::string_view value : values) PushOne(end, PackedElement::Of(value), limits);
}

void List::PushOne(ListEnd end, const PackedElement& element, const ListLimits& limits) {
  const bool front = end == ListEnd::kFront;
  if (!directory_) {
    // Redis lets many tiny elements pushed at once overshoot the limit; a chunk has a bound.
    if (packed_.bytes() + PackedSize(element) <= limits::kListChunkBytesMax) {
      packed_.Insert(front ? 0 : packed_.bytes(), element, SnugSpare(packed_));
      return;
    }
    MakeChunked();
  }
  if (directory_->size() > 0) {
    const Place place = front ? directory_->First() : directory_->Last();
    if (Fits(directory_->At(place), element, limits)) {
      directory_->Edit(place, [&](ListChunk& chunk) {
        chunk.Insert(front ? 0 : chunk.bytes(), element, RoomySpare(chunk, limits));
      });
      return;
    }
    directory_->Edit(place, [](ListChunk& chunk) { chunk.Trim(); });
  }
  if (front) {
    directory_->PushFront(ListChunk::Of(element));
  } else {
    directory_->PushBack(ListChunk::Of(element));
  }
}

PackedElement List::Peek(ListEnd end) const {
  CHECK_GT(Size(), 0u);
  if (end == ListEnd::kFront) return ChunkAt({}).At(0);
  const ListChunk& chunk = directory_ ? directory_->At(directory_->Last()) : packed_;
  return chunk.At(chunk.Previous(chunk.bytes()));
}

void List::Drop(ListEnd end, const ListLimits& limits) {
  CHECK_GT(Size(), 0u);
  const auto drop = [end](ListChunk& chunk) {
    chunk.Erase(end == ListEnd::kFront ? 0 : chunk.Previous(chunk.bytes()), 1);
    return chunk.count();
  };
  if (!directory_) {
    drop(packed_);
    return;
  }
  const Place place = end == ListEnd::kFront ? directory_->First() : directory_->Last();
  if (directory_->Edit(place, drop) == 0) directory_->Remove(place);
  PackIfSmall(limits);
}

std::string List::Pop(ListEnd end, const ListLimits& limits) {
  std::string value = Peek(end).ToString();
  Drop(end, limits);
  return value;
}

void List::Set(size_t index, absl::string_view value, const ListLimits& limits) {
  PrepareToGrow(1, value.size(), limits);
  const PackedElement element = PackedElement::Of(value);
  const Cursor at = CursorAt(index);
  CHECK(at.Valid());
  const size_t bytes =
      at.chunk_->bytes() - PackedSizeAt(at.chunk_->data() + at.offset_) + PackedSize(element);
  const size_t count = at.chunk_->count();
  if (!directory_) {
    if (count == 1 || bytes <= limits::kListChunkBytesMax) {
      packed_.Replace(at.offset_, element);
      return;
    }
    MakeChunked();
  }
  if (count == 1 || (bytes <= limits::kListChunkBytesMax && Within(bytes, count, limits))) {
    directory_->Edit(at.place_, [&](ListChunk& chunk) { chunk.Replace(at.offset_, element); });
  } else {
    directory_->Edit(at.place_, [&](ListChunk& chunk) { chunk.Erase(at.offset_, 1); });
    InsertChunked(at.place_, at.offset_, element, limits);
  }
  MergeAround(index, limits);
  PackIfSmall(limits);
}

void List::Insert(const Cursor& cursor, ListSide side, absl::string_view value,
                  const ListLimits& limits) {
  CHECK(cursor.Valid());
  CHECK(cursor.list_ == this);
  const size_t offset =
      side == ListSide::kBefore ? cursor.offset_ : cursor.chunk_->Next(cursor.offset_);
  PrepareToGrow(1, value.size(), limits);
  const PackedElement element = PackedElement::Of(value);
  if (!directory_) {
    if (packed_.bytes() + PackedSize(element) <= limits::kListChunkBytesMax) {
      packed_.Insert(offset, element, SnugSpare(packed_));
      return;
    }
    MakeChunked();
  }
  // A list that was packed until now is the chunk at the first place: the cursor's still.
  InsertChunked(cursor.place_, offset, element, limits);
}

void List::InsertChunked(Place place, size_t offset, const PackedElement& element,
                         const ListLimits& limits) {
  ListDirectory& directory = *directory_;
  const auto insert_at = [&](Place target, size_t at) {
    directory.Edit(target, [&](ListChunk& chunk) { chunk.Insert(at, element, SnugSpare(chunk)); });
  };
  while (!Fits(directory.At(place), element, limits)) {
    const ListChunk& chunk = directory.At(place);
    if (offset == 0) {
      const std::optional<Place> before = directory.Previous(place);
      if (before && Fits(directory.At(*before), element, limits)) {
        insert_at(*before, directory.At(*before).bytes());
      } else {
        directory.InsertBefore(place, ListChunk::Of(element));
      }
      return;
    }
    if (offset == chunk.bytes()) {
      const std::optional<Place> behind = directory.Next(place);
      if (behind && Fits(directory.At(*behind), element, limits)) {
        insert_at(*behind, 0);
      } else {
        directory.InsertAfter(place, ListChunk::Of(element));
      }
      return;
    }
    // Halving leaves room for later insertions on both sides. An element that needs more room than
    // that gets it where it goes.
    const bool large = 2 * PackedSize(element) > limits.bytes;
    const size_t cut = large ? offset : chunk.Middle();
    ListChunk tail = directory.Edit(place, [cut](ListChunk& all) { return all.SplitOff(cut); });
    const Place right = directory.InsertAfter(place, std::move(tail));
    place = offset > cut ? right : *directory.Previous(right);
    offset = offset > cut ? offset - cut : offset;
  }
  insert_at(place, offset);
}

List::Cursor List::Erase(const Cursor& cursor, const ListLimits& limits) {
  CHECK(cursor.Valid());
  CHECK(cursor.list_ == this);
  const size_t index = cursor.index_;
  EraseRange(index, 1, limits);
  return CursorAt(index);
}

List List::EraseRange(size_t first, size_t count, const ListLimits& limits) {
  CHECK_LE(first, Size());
  CHECK_LE(count, Size() - first);
  List whole;
  if (count == 0) return whole;
  if (!directory_) {
    packed_.Erase(packed_.Seek(first), count);
    return whole;
  }
  // The end of the chunk where the range begins, then whole chunks, then the start of the last.
  const ListDirectory::Position begin = directory_->Find(first);
  if (begin.index_in_chunk > 0) {
    const size_t behind = directory_->At(begin.place).count() - begin.index_in_chunk;
    const size_t erased = std::min(count, behind);
    EraseInChunk(first, erased);
    count -= erased;
  }
  if (count > 0) {
    const size_t size_before = directory_->size();
    whole = CutWholeChunks(first, count);
    count -= size_before - directory_->size();
    if (count > 0) EraseInChunk(first, count);
  }
  MergeAround(first, limits);
  PackIfSmall(limits);
  return whole;
}

void List::EraseInChunk(size_t index, size_t count) {
  const ListDirectory::Position at = directory_->Find(index);
  const size_t left = directory_->Edit(at.place, [&](ListChunk& chunk) {
    chunk.Erase(chunk.Seek(at.index_in_chunk), count);
    return chunk.count();
  });
  if (left == 0) directory_->Remove(at.place);
}

List List::CutWholeChunks(size_t first, size_t count) {
  List whole;
  const Place begin = directory_->Find(first).place;
  Place last = directory_->Last();
  if (first + count < directory_->size()) {
    const Place behind = directory_->Find(first + count).place;
    if (behind == begin) return whole;
    last = *directory_->Previous(behind);
  }
  whole.directory_ = std::make_unique<ListDirectory>(directory_->Cut(begin, last));
  return whole;
}

void List::MergeAround(size_t index, const ListLimits& limits) {
  if (!directory_ || directory_->size() == 0) return;
  const Place place = directory_->Find(std::min(index, directory_->size() - 1)).place;
  MergeWithNext(place, limits);
  if (const auto previous = directory_->Previous(place)) MergeWithNext(*previous, limits);
}

void List::MergeAll(const ListLimits& limits) {
  if (!directory_ || directory_->size() == 0) return;
  std::optional<Place> place = directory_->First();
  while (place) {
    if (!MergeWithNext(*place, limits)) place = directory_->Next(*place);
  }
}

bool List::MergeWithNext(Place place, const ListLimits& limits) {
  const std::optional<Place> next = directory_->Next(place);
  if (!next || !SmallTogether(directory_->At(place), directory_->At(*next), limits)) return false;
  const ListChunk taken = directory_->Remove(*next).first;
  directory_->Edit(place, [&](ListChunk& chunk) { chunk.Append(taken); });
  return true;
}

size_t List::RemoveMatches(absl::string_view value, int64_t count, const ListLimits& limits) {
  const PackedElement wanted = PackedElement::Of(value);
  const ListEnd from = count < 0 ? ListEnd::kBack : ListEnd::kFront;
  // Negated as unsigned, which is defined for the smallest count too.
  const uint64_t magnitude =
      count < 0 ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  const size_t limit = magnitude == 0 ? std::numeric_limits<size_t>::max() : magnitude;
  if (!directory_) {
    const size_t matches = from == ListEnd::kBack ? packed_.CountMatches(wanted) : 0;
    return packed_.RemoveMatches(wanted, matches - std::min(matches, limit), limit);
  }
  const size_t removed = RemoveChunked(wanted, from, limit);
  if (removed > 0) MergeAll(limits);
  PackIfSmall(limits);
  return removed;
}

size_t List::RemoveChunked(const PackedElement& wanted, ListEnd from, size_t limit) {
  const bool backwards = from == ListEnd::kBack;
  size_t removed = 0;
  std::optional<Place> place;
  if (directory_->size() > 0) place = backwards ? directory_->Last() : directory_->First();
  while (place && removed < limit) {
    const size_t left = limit - removed;
    // From the back, the matches nearest to the front are the ones to keep.
    const size_t matches = backwards ? directory_->At(*place).CountMatches(wanted) : 0;
    const size_t skip = matches - std::min(matches, left);
    removed += directory_->Edit(
        *place, [&](ListChunk& chunk) { return chunk.RemoveMatches(wanted, skip, left); });
    const bool emptied = directory_->At(*place).count() == 0;
    std::optional<Place> next = backwards ? directory_->Previous(*place) : directory_->Next(*place);
    if (emptied) {
      const std::optional<Place> behind = directory_->Remove(*place).second;
      if (!backwards) next = behind;
    }
    place = next;
  }
  return removed;
}

bool List::FreeInSteps(size_t budget) {
  if (!directory_) {
    packed_ = ListChunk();
    return true;
  }
  // From the back, where taking a chunk away moves nothing else.
  size_t freed = 0;
  while (directory_->size() > 0 && (freed == 0 || freed < budget)) {
    freed += directory_->Remove(directory_->Last()).first.count();
  }
  if (directory_->size() > 0) return false;
  directory_.reset();
  return true;
}

void List::CheckInvariants() const {
  if (!directory_) return;
  CHECK_EQ(packed_.count(), 0u);
  directory_->CheckInvariants();
}

}  // namespace holdfast
