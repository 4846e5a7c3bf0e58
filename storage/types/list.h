// List: the value behind a Redis list.
//
//   packed    one ListChunk: everything in a single block
//   chunked   a ListDirectory of such chunks, none larger than the limits say
//
// Short lists cost the object and one allocation; long ones are as dense, take a push or pop at
// either end in constant time, and reach any index through the directory. Moving from one form to
// the other takes the chunk along as it is.
//
// 1. Which form a list has is what OBJECT ENCODING tells ("listpack", "quicklist"), and changes by
//    the rule of Redis 7.2: an addition that would exceed the limits makes the list chunked; a
//    removal or overwrite that leaves a single chunk within half the limits makes it packed again.
// 2. Chunks that together fill at most half of one are merged when elements are removed from them.
// 3. Any change to the list ends the life of its cursors and of the views they gave.
//
// It knows no key, no deadline and no command: an empty list is a list like any other, and indexes
// that clients may get wrong are checked by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/types/list_chunk.h"
#include "storage/types/list_directory.h"
#include "storage/types/packed_element.h"

namespace holdfast {

// How large a packed list, or a chunk of a long one, may be.
struct ListLimits {
  // As list-max-listpack-size reads: n > 0 elements, or -1 to -5 for 4, 8, 16, 32 or 64 KiB.
  static ListLimits FromDirective(int64_t list_max_listpack_size);

  bool operator==(const ListLimits&) const = default;

  size_t bytes = 8 * 1024;  // as a listpack, framing included
  std::optional<size_t> elements;
};

enum class ListEnd { kFront, kBack };
enum class ListSide { kBefore, kAfter };

class List {
 public:
  class Cursor;

  List() = default;
  List(List&&) = default;
  List& operator=(List&&) = default;
  List Clone() const;
  // The same elements in the same memory; whichever of the two is changed copies what it changes.
  // The two may belong to different threads.
  List Share() const;

  size_t Size() const { return directory_ ? directory_->size() : packed_.count(); }
  // "listpack" or "quicklist".
  absl::string_view Encoding() const { return directory_ ? "quicklist" : "listpack"; }
  // Memory owned, without sizeof(List). Constant time.
  size_t MemoryBytes() const {
    return directory_ ? directory_->MemoryBytes() : packed_.block_bytes();
  }
  // Maps an index as commands take it, negative ones counting from the back.
  std::optional<size_t> Resolve(int64_t index) const;

  // index < Size().
  PackedElement At(size_t index) const;
  // A cursor at `index`; index >= Size() gives one that is not Valid().
  Cursor CursorAt(size_t index) const;

  // Pushes the values one after another, so that the last one ends up outermost. They count
  // together when the encoding is chosen.
  void Push(ListEnd end, absl::Span<const absl::string_view> values, const ListLimits& limits);
  void Push(ListEnd end, absl::string_view value, const ListLimits& limits) {
    Push(end, absl::MakeConstSpan(&value, 1), limits);
  }
  // The list has elements.
  PackedElement Peek(ListEnd end) const;
  void Drop(ListEnd end, const ListLimits& limits);
  std::string Pop(ListEnd end, const ListLimits& limits);

  // index < Size(). `value` must not point into the list.
  void Set(size_t index, absl::string_view value, const ListLimits& limits);
  // Inserts next to the element that the cursor, which is valid, stands on. `value` must not point
  // into the list.
  void Insert(const Cursor& cursor, ListSide side, absl::string_view value,
              const ListLimits& limits);
  // Removes the element that the cursor stands on and returns a cursor at the one behind it.
  Cursor Erase(const Cursor& cursor, const ListLimits& limits);
  // Removes `count` elements from `first` on; first + count <= Size(). Returns the chunks that went
  // as a whole: dropping them at once frees their memory here and now, FreeInSteps elsewhere.
  List EraseRange(size_t first, size_t count, const ListLimits& limits);
  // As LREM: removes the elements equal to `value`, the first `count` of them, the last -count of
  // them, or all for 0. Returns how many.
  size_t RemoveMatches(absl::string_view value, int64_t count, const ListLimits& limits);

  // Frees about `budget` elements' worth of chunks, at least one; true when nothing is left.
  bool FreeInSteps(size_t budget);

  // Aborts unless the sums of the directory hold; for tests.
  void CheckInvariants() const;

 private:
  using Place = ListDirectory::Place;

  const ListChunk& ChunkAt(Place place) const {
    return directory_ ? directory_->At(place) : packed_;
  }
  void MakeChunked();
  // Makes the list chunked if so many more elements, of so many bytes of text, exceed the limits.
  void PrepareToGrow(size_t element_count, size_t text_bytes, const ListLimits& limits);
  void PackIfSmall(const ListLimits& limits);
  void PushOne(ListEnd end, const PackedElement& element, const ListLimits& limits);
  void InsertChunked(Place place, size_t offset, const PackedElement& element,
                     const ListLimits& limits);
  void EraseInChunk(size_t index, size_t count);
  List CutWholeChunks(size_t first, size_t count);
  // Merges the chunk that holds `index` with its neighbours where they are small.
  void MergeAround(size_t index, const ListLimits& limits);
  void MergeAll(const ListLimits& limits);
  bool MergeWithNext(Place place, const ListLimits& limits);
  size_t RemoveChunked(const PackedElement& wanted, ListEnd from, size_t limit);

  ListChunk packed_;                          // while not chunked
  std::unique_ptr<ListDirectory> directory_;  // chunked
};

// A place in a list. Walks over a million elements in a few milliseconds.
class List::Cursor {
 public:
  // False once it has left the list at either end; it then stays so.
  bool Valid() const { return chunk_ != nullptr; }
  size_t index() const { return index_; }
  // The element under a valid cursor.
  PackedElement Get() const { return chunk_->At(offset_); }
  void Next() {
    ++index_;
    offset_ = chunk_->Next(offset_);
    if (offset_ == chunk_->bytes()) EnterNextChunk();
  }
  void Previous() {
    --index_;
    if (offset_ == 0) {
      EnterPreviousChunk();
    } else {
      offset_ = chunk_->Previous(offset_);
    }
  }

 private:
  friend class List;
  void EnterNextChunk();
  void EnterPreviousChunk();

  const List* list_ = nullptr;
  const ListChunk* chunk_ = nullptr;
  ListDirectory::Place place_;
  size_t offset_ = 0;
  size_t index_ = 0;
};

}  // namespace holdfast
