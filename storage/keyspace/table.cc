#include "storage/keyspace/table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "storage/keyspace/hash.h"

namespace holdfast {
namespace {

// Block sizes that allocators waste nothing on, at most a quarter apart.
constexpr std::array<uint16_t, 27> kSegmentBytes = {
    32,  48,  64,  80,  96,   112,  128,  160,  192,  224,  256,  320,  384, 448,
    512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096};
constexpr uint8_t kSizeClasses = kSegmentBytes.size();
constexpr uint32_t kSegmentWordsMax = kSegmentBytes.back() / sizeof(uint64_t);

constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
// In a root: what it points to is a directory.
constexpr uint64_t kDirectoryBit = 1;
// Directories stay below 2^32 segments; tags then still lie within a position's 48 bits.
constexpr uint32_t kDepthMax = 32;
// Two sibling segments become one when they hold no more than this together.
constexpr uint32_t kMergeMax = 160;

uint64_t TagOf(uint64_t word) { return word >> kAddressBits; }
Entry* EntryOf(uint64_t word) { return reinterpret_cast<Entry*>(word & kAddressMask); }
uint64_t TagAt(uint64_t hash, int depth) { return (hash << depth) >> kAddressBits; }
bool ByTag(uint64_t left, uint64_t right) { return TagOf(left) < TagOf(right); }

uint64_t MakeWord(uint64_t tag, const Entry* entry) {
  const auto address = reinterpret_cast<uintptr_t>(entry);
  CHECK(address <= kAddressMask);
  return tag << kAddressBits | address;
}

uint32_t HomeOf(uint64_t tag, uint32_t home_range) {
  return static_cast<uint32_t>((tag * home_range) >> 16);
}

// Words of a segment that may be filled; behind the header, and before one that stays empty.
constexpr uint32_t UsableWords(uint8_t size_class) { return kSegmentBytes[size_class] / 8 - 2; }
// The most words before a segment grows: nine in ten, all of a tiny one.
constexpr uint32_t CountMax(uint8_t size_class) {
  return UsableWords(size_class) - UsableWords(size_class) / 10;
}

uint8_t SizeClassFor(uint32_t count) {
  uint8_t size_class = 0;
  while (CountMax(size_class) < count) ++size_class;
  CHECK(size_class < kSizeClasses);
  return size_class;
}

// Lays `words`, sorted by tag, out over `usable` words so that rule 1 holds, and returns the home
// range used: nearly all of them, or fewer where the last homes would overflow.
uint32_t Spread(const uint64_t* words, uint32_t count, uint64_t* target, uint32_t usable) {
  CHECK(count <= usable);
  for (uint32_t home_range = usable - usable / 16;; home_range -= (home_range + 7) / 8) {
    std::fill_n(target, usable + 1, 0);
    uint32_t next = 0;
    uint32_t done = 0;
    for (; done < count; ++done) {
      next = std::max(next, HomeOf(TagOf(words[done]), home_range));
      if (next >= usable) break;
      target[next++] = words[done];
    }
    if (done == count) return home_range;
    CHECK(home_range > 0);
  }
}

uint32_t Gather(const uint64_t* words, uint32_t usable, uint64_t* target) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < usable; ++i) {
    if (words[i] != 0) target[count++] = words[i];
  }
  return count;
}

}  // namespace

struct Table::Segment {
  uint32_t count : 10;
  uint32_t home_range : 10;
  uint32_t size_class : 5;
  uint32_t depth : 6;
  CutMarks marks;
  uint64_t words[];

  uint32_t usable() const { return UsableWords(size_class); }
  uint64_t root() const {
    return uint64_t{home_range} << kAddressBits | reinterpret_cast<uintptr_t>(this);
  }
};

struct Table::Directory {
  // How many segments have the directory's own depth; when there are none it can be halved.
  uint64_t deepest;
  uint64_t roots[];

  static size_t Bytes(uint32_t depth) { return sizeof(Directory) + (sizeof(uint64_t) << depth); }
};

// Where a hash belongs. The home range comes with the pointer, so that a lookup goes straight to
// the right words without a look at the segment's header.
struct Table::Place {
  Segment* segment;
  uint32_t home_range;
};

Table::Table(Table&& other) noexcept
    : root_(std::exchange(other.root_, 0)),
      size_(std::exchange(other.size_, 0)),
      depth_(std::exchange(other.depth_, 0)) {}

Table::Segment* Table::MakeSegment(absl::Span<const uint64_t> words, uint8_t size_class,
                                   const SegmentTraits& traits, TableContext& context) {
  static_assert(sizeof(Segment) == sizeof(uint64_t));
  static_assert(kSegmentWordsMax < 1 << 10 && kSizeClasses <= 1 << 5 && kDepthMax < 1 << 6);
  auto* segment = static_cast<Segment*>(std::malloc(kSegmentBytes[size_class]));
  CHECK(segment != nullptr);
  context.bytes += kSegmentBytes[size_class];
  const auto count = static_cast<uint32_t>(words.size());
  segment->count = count;
  segment->size_class = size_class;
  segment->depth = static_cast<uint32_t>(traits.depth);
  segment->marks = traits.marks;
  segment->home_range = Spread(words.data(), count, segment->words, segment->usable());
  return segment;
}

void Table::FreeSegment(Segment* segment, TableContext& context) {
  context.bytes -= kSegmentBytes[segment->size_class];
  std::free(segment);
}

Table::Directory* Table::directory() const {
  return reinterpret_cast<Directory*>((root_ & kAddressMask) - kDirectoryBit);
}

Table::Place Table::Locate(uint64_t hash) const {
  const uint64_t root = depth_ == 0 ? root_ : directory()->roots[hash >> (64 - depth_)];
  return {reinterpret_cast<Segment*>(root & kAddressMask),
          static_cast<uint32_t>(root >> kAddressBits)};
}

// Sets every directory element of the segment's range (at depth 0, the only root).
void Table::SetRoot(uint64_t hash, int segment_depth, uint64_t root) {
  if (depth_ == 0) {
    std::atomic_ref(root_).store(root, std::memory_order_relaxed);
    return;
  }
  const int shared_bits = static_cast<int>(depth_) - segment_depth;
  const uint64_t first = (hash >> (64 - depth_)) >> shared_bits << shared_bits;
  std::fill_n(directory()->roots + first, uint64_t{1} << shared_bits, root);
}

Entry* Table::Find(uint64_t hash, absl::string_view key) const {
  if (root_ == 0) return nullptr;
  const Place place = Locate(hash);
  const uint64_t tag = TagAt(hash, depth_ == 0 ? 0 : static_cast<int>(place.segment->depth));
  for (const uint64_t* word = place.segment->words + HomeOf(tag, place.home_range);; ++word) {
    if (*word == 0 || TagOf(*word) > tag) return nullptr;
    if (TagOf(*word) == tag && EntryOf(*word)->key() == key) return EntryOf(*word);
  }
}

void Table::Prefetch(uint64_t hash) const {
  const uint64_t root =
      std::atomic_ref(const_cast<uint64_t&>(root_)).load(std::memory_order_relaxed);
  if (root == 0 || (root & kDirectoryBit) != 0) return;
  const uint32_t home = HomeOf(TagAt(hash, 0), static_cast<uint32_t>(root >> kAddressBits));
  __builtin_prefetch(reinterpret_cast<const Segment*>(root & kAddressMask)->words + home);
}

const Entry* Table::Candidate(uint64_t hash) const {
  if (root_ == 0) return nullptr;
  const Place place = Locate(hash);
  const uint64_t tag = TagAt(hash, depth_ == 0 ? 0 : static_cast<int>(place.segment->depth));
  const uint64_t* word = place.segment->words + HomeOf(tag, place.home_range);
  while (*word != 0 && TagOf(*word) < tag) ++word;
  return TagOf(*word) == tag ? EntryOf(*word) : nullptr;
}

void Table::Insert(uint64_t hash, Entry* entry, TableContext& context) {
  if (root_ == 0) {
    std::atomic_ref(root_).store(MakeSegment({}, 0, {.marks = context.marks}, context)->root(),
                                 std::memory_order_relaxed);
  }
  while (Locate(hash).segment->count >= CountMax(Locate(hash).segment->size_class)) {
    const uint32_t next_class = Locate(hash).segment->size_class + 1;
    if (next_class < kSizeClasses) {
      Resize(hash, static_cast<uint8_t>(next_class), context);
    } else {
      Split(hash, context);
    }
  }
  Segment& segment = *Locate(hash).segment;
  const uint64_t tag = TagAt(hash, static_cast<int>(segment.depth));
  uint64_t* word = segment.words + HomeOf(tag, segment.home_range);
  while (*word != 0 && TagOf(*word) <= tag) ++word;
  uint64_t* gap = word;
  while (*gap != 0) ++gap;
  ++segment.count;
  ++size_;
  if (gap < segment.words + segment.usable()) {
    std::memmove(word + 1, word, static_cast<size_t>(gap - word) * sizeof(*word));
    *word = MakeWord(tag, entry);
    return;
  }
  // The last homes overflow: lay all words out again over a shorter home range, this one among
  // them.
  uint64_t words[kSegmentWordsMax];
  const uint32_t count = Gather(segment.words, segment.usable(), words);
  uint64_t* at = std::upper_bound(words, words + count, MakeWord(tag, entry), ByTag);
  std::copy_backward(at, words + count, words + count + 1);
  *at = MakeWord(tag, entry);
  segment.home_range = Spread(words, count + 1, segment.words, segment.usable());
  SetRoot(hash, static_cast<int>(segment.depth), segment.root());
}

void Table::Resize(uint64_t hash, uint8_t size_class, TableContext& context) {
  Segment* segment = Locate(hash).segment;
  uint64_t words[kSegmentWordsMax];
  const uint32_t count = Gather(segment->words, segment->usable(), words);
  Segment* resized =
      MakeSegment({words, count}, size_class,
                  {.depth = static_cast<int>(segment->depth), .marks = segment->marks}, context);
  SetRoot(hash, static_cast<int>(resized->depth), resized->root());
  FreeSegment(segment, context);
}

void Table::Split(uint64_t hash, TableContext& context) {
  Segment* segment = Locate(hash).segment;
  const int depth = static_cast<int>(segment->depth);
  if (segment->depth == depth_) DoubleDirectory(context);
  // One more bit of the hash has to come into every tag, so the keys are hashed again.
  uint64_t words[kSegmentWordsMax];
  const uint32_t count = Gather(segment->words, segment->usable(), words);
  for (uint32_t i = 0; i < count; ++i) __builtin_prefetch(EntryOf(words[i]));
  uint64_t* const middle = std::lower_bound(words, words + count, uint64_t{1} << 63, ByTag);
  for (uint64_t* word = words; word < words + count; ++word) {
    Entry* entry = EntryOf(*word);
    *word = MakeWord(TagAt(HashKey(entry->key(), context.seed), depth + 1), entry);
  }
  std::sort(words, middle, ByTag);
  std::sort(middle, words + count, ByTag);
  const uint64_t upper_bit = uint64_t{1} << (63 - depth);
  const auto lower_count = static_cast<uint32_t>(middle - words);
  const uint32_t upper_count = count - lower_count;
  const SegmentTraits traits = {.depth = depth + 1, .marks = segment->marks};
  Segment* lower = MakeSegment({words, lower_count}, SizeClassFor(lower_count), traits, context);
  Segment* upper = MakeSegment({middle, upper_count}, SizeClassFor(upper_count), traits, context);
  SetRoot(hash & ~upper_bit, depth + 1, lower->root());
  SetRoot(hash | upper_bit, depth + 1, upper->root());
  if (static_cast<uint32_t>(depth + 1) == depth_) directory()->deepest += 2;
  FreeSegment(segment, context);
}

void Table::DoubleDirectory(TableContext& context) {
  CHECK(depth_ < kDepthMax);
  auto* doubled = static_cast<Directory*>(std::malloc(Directory::Bytes(depth_ + 1)));
  CHECK(doubled != nullptr);
  context.bytes += static_cast<int64_t>(Directory::Bytes(depth_ + 1));
  doubled->deepest = 0;
  if (depth_ == 0) {
    doubled->roots[0] = doubled->roots[1] = root_;
  } else {
    for (uint64_t i = 0; i < uint64_t{1} << depth_; ++i) {
      doubled->roots[2 * i] = doubled->roots[2 * i + 1] = directory()->roots[i];
    }
    std::free(directory());
    context.bytes -= static_cast<int64_t>(Directory::Bytes(depth_));
  }
  ++depth_;
  std::atomic_ref(root_).store(reinterpret_cast<uintptr_t>(doubled) + kDirectoryBit,
                               std::memory_order_relaxed);
}

uint64_t* Table::FindWord(uint64_t hash, const Entry* entry, Place* place) const {
  CHECK(root_ != 0);
  *place = Locate(hash);
  const uint64_t tag = TagAt(hash, static_cast<int>(place->segment->depth));
  const uint64_t wanted = MakeWord(tag, entry);
  uint64_t* word = place->segment->words + HomeOf(tag, place->home_range);
  for (; *word != wanted; ++word) CHECK(*word != 0);
  return word;
}

void Table::Replace(uint64_t hash, const Entry* entry, Entry* replacement) {
  Place place;
  uint64_t* word = FindWord(hash, entry, &place);
  *word = MakeWord(TagOf(*word), replacement);
}

void Table::Erase(uint64_t hash, const Entry* entry, TableContext& context) {
  Place place;
  uint64_t* word = FindWord(hash, entry, &place);
  // Those behind it move one back, up to the first that is already at home.
  uint64_t* last = word + 1;
  while (*last != 0 && place.segment->words + HomeOf(TagOf(*last), place.home_range) < last) ++last;
  std::memmove(word, word + 1, static_cast<size_t>(last - word - 1) * sizeof(*word));
  last[-1] = 0;
  --place.segment->count;
  --size_;
  ShrinkAfterErase(hash, context);
}

void Table::ShrinkAfterErase(uint64_t hash, TableContext& context) {
  Segment* segment = Locate(hash).segment;
  if (size_ == 0 && depth_ == 0) {
    FreeSegment(segment, context);
    SetRoot(hash, 0, 0);
    return;
  }
  if (depth_ > 0 && segment->count <= kMergeMax / 2 && MergeWithBuddy(hash, context)) return;
  // Shrinks at two fifths and grows at nine tenths, so that a key that comes and goes does not
  // change the size each time.
  if (segment->count > segment->usable() * 2 / 5) return;
  const uint8_t size_class = SizeClassFor(segment->count + segment->count / 4);
  if (size_class < segment->size_class) Resize(hash, size_class, context);
}

Table::Segment* Table::Buddy(uint64_t hash, uint32_t count_max) const {
  const Segment* segment = Locate(hash).segment;
  if (segment->depth == 0) return nullptr;
  Segment* buddy = Locate(hash ^ uint64_t{1} << (64 - segment->depth)).segment;
  const uint32_t count = segment->count + buddy->count;
  const bool fits = buddy->depth == segment->depth && count <= count_max;
  return fits ? buddy : nullptr;
}

bool Table::MergeWithBuddy(uint64_t hash, TableContext& context) {
  Segment* segment = Locate(hash).segment;
  const int depth = static_cast<int>(segment->depth);
  Segment* buddy = Buddy(hash, kMergeMax);
  if (buddy == nullptr) return false;
  uint64_t words[kSegmentWordsMax];
  uint32_t count = Gather(segment->words, segment->usable(), words);
  count += Gather(buddy->words, buddy->usable(), words + count);
  for (uint64_t* word = words; word < words + count; ++word) {
    Entry* entry = EntryOf(*word);
    *word = MakeWord(TagAt(HashKey(entry->key(), context.seed), depth - 1), entry);
  }
  std::sort(words, words + count, ByTag);
  Segment* merged = MakeSegment({words, count}, SizeClassFor(count + count / 8),
                                {.depth = depth - 1, .marks = segment->marks}, context);
  SetRoot(hash, depth - 1, merged->root());
  if (static_cast<uint32_t>(depth) == depth_) directory()->deepest -= 2;
  FreeSegment(segment, context);
  FreeSegment(buddy, context);
  HalveDirectoryWhilePossible(context);
  return true;
}

void Table::HalveDirectoryWhilePossible(TableContext& context) {
  while (depth_ > 0 && directory()->deepest == 0) {
    Directory* old = directory();
    const uint32_t depth = depth_ - 1;
    context.bytes -= static_cast<int64_t>(Directory::Bytes(depth_));
    uint64_t root = old->roots[0];
    if (depth > 0) {
      for (uint64_t i = 0; i < uint64_t{1} << depth; ++i) {
        old->roots[i] = old->roots[2 * i];
        const auto* segment = reinterpret_cast<const Segment*>(old->roots[i] & kAddressMask);
        if (segment->depth == depth) ++old->deepest;
      }
      auto* halved = static_cast<Directory*>(std::realloc(old, Directory::Bytes(depth)));
      CHECK(halved != nullptr);
      context.bytes += static_cast<int64_t>(Directory::Bytes(depth));
      root = reinterpret_cast<uintptr_t>(halved) + kDirectoryBit;
    } else {
      std::free(old);
    }
    depth_ = depth;
    std::atomic_ref(root_).store(root, std::memory_order_relaxed);
  }
}

uint64_t Table::Scan(uint64_t position, size_t count, absl::FunctionRef<void(Entry*)> visit) const {
  size_t visited = 0;
  while (position < kPositionEnd && root_ != 0) {
    const uint64_t hash = position << (64 - kPositionBits);
    const Segment& segment = *Locate(hash).segment;
    const int depth = static_cast<int>(segment.depth);
    const uint64_t start = position >> (kPositionBits - depth) << (kPositionBits - depth);
    const uint64_t first_tag = TagAt(hash, depth);
    const uint64_t* word = segment.words + HomeOf(first_tag, segment.home_range);
    const uint64_t* end = segment.words + segment.usable();
    uint64_t last_tag = 0;
    for (; word < end; ++word) {
      if (*word == 0 || TagOf(*word) < first_tag) continue;
      // Entries of one tag are returned together: a position cannot fall between them.
      if (visited >= count && TagOf(*word) != last_tag) {
        return start + (TagOf(*word) << (kPositionBits - depth - kTagBits));
      }
      visit(EntryOf(*word));
      last_tag = TagOf(*word);
      ++visited;
    }
    position = start + (uint64_t{1} << (kPositionBits - depth));
    if (visited >= count) return position;
  }
  return kPositionEnd;
}

void Table::KeepSegment(Segment& segment, CutMark cut, KeepFunction keep) {
  uint16_t& mark = segment.marks[static_cast<size_t>(cut.lane)];
  if (mark == cut.number) return;
  mark = cut.number;
  // All entries are going to be read, and none of them is near another.
  Entry* entries[kSegmentWordsMax];
  size_t count = 0;
  for (uint32_t i = 0; i < segment.usable(); ++i) {
    if (segment.words[i] == 0) continue;
    __builtin_prefetch(EntryOf(segment.words[i]));
    entries[count++] = EntryOf(segment.words[i]);
  }
  if (count > 0) keep(absl::MakeConstSpan(entries, count));
}

void Table::Keep(uint64_t hash, CutMark cut, KeepFunction keep) {
  if (root_ != 0) KeepSegment(*Locate(hash).segment, cut, keep);
}

void Table::KeepBeforeErase(uint64_t hash, CutMark cut, KeepFunction keep) {
  Keep(hash, cut, keep);
  // The entry that goes still counts.
  if (Segment* buddy = Buddy(hash, kMergeMax + 1); buddy != nullptr) {
    KeepSegment(*buddy, cut, keep);
  }
}

uint64_t Table::KeepNext(uint64_t position, CutMark cut, KeepFunction keep) {
  if (root_ == 0 || position >= kPositionEnd) return kPositionEnd;
  Segment& segment = *Locate(position << (64 - kPositionBits)).segment;
  const int depth = static_cast<int>(segment.depth);
  KeepSegment(segment, cut, keep);
  return ((position >> (kPositionBits - depth)) + 1) << (kPositionBits - depth);
}

void Table::ClearMarks(int lane) {
  uint64_t position = 0;
  while (position != kPositionEnd) {
    position = KeepNext(position, {.lane = lane}, [](absl::Span<Entry* const>) {});
  }
}

Entry* Table::Pick(uint64_t random) const {
  CHECK(size_ > 0);
  for (uint64_t hash = random;; hash += uint64_t{1} << (64 - kDepthMax)) {
    const Segment& segment = *Locate(hash).segment;
    if (segment.count == 0) continue;
    uint64_t skip = ((random & 0xffffffff) * segment.count) >> 32;
    for (const uint64_t* word = segment.words;; ++word) {
      if (*word != 0 && skip-- == 0) return EntryOf(*word);
    }
  }
}

bool Table::ReleaseSome(size_t budget, TableContext& context,
                        absl::FunctionRef<void(Entry*)> release) {
  if (root_ == 0) return true;
  const auto release_segment = [&](Segment* segment) {
    for (uint32_t i = 0; i < segment->usable(); ++i) {
      if (segment->words[i] != 0) release(EntryOf(segment->words[i]));
    }
    size_ -= segment->count;
    FreeSegment(segment, context);
  };
  if (depth_ == 0) {
    release_segment(Locate(0).segment);
  } else {
    // From the front; the elements of released segments are null.
    uint64_t* const end = directory()->roots + (uint64_t{1} << depth_);
    uint64_t* next =
        std::partition_point(directory()->roots, end, [](uint64_t root) { return root == 0; });
    for (const size_t size_wanted = size_ > budget ? size_ - budget : 0; next < end;) {
      if (size_ <= size_wanted && size_wanted > 0) return false;
      auto* segment = reinterpret_cast<Segment*>(*next & kAddressMask);
      const uint64_t shared = uint64_t{1} << (depth_ - segment->depth);
      std::fill_n(next, shared, 0);
      next += shared;
      release_segment(segment);
    }
    context.bytes -= static_cast<int64_t>(Directory::Bytes(depth_));
    std::free(directory());
  }
  CHECK(size_ == 0);
  root_ = 0;
  depth_ = 0;
  return true;
}

}  // namespace holdfast
