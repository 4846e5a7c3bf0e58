#include "storage/types/list_directory.h"

#include <algorithm>
#include <iterator>

#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {

SharedChunks SharedChunks::Share() const {
  block_->owners.fetch_add(1, std::memory_order_relaxed);
  return SharedChunks(block_);
}

void SharedChunks::Release() {
  if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete block_;
  }
}

void SharedChunks::Unshare() {
  SharedChunks own;
  own.block_->chunks.reserve(block_->chunks.size());
  for (const ListChunk& chunk : block_->chunks) own.block_->chunks.push_back(chunk.Share());
  std::swap(block_, own.block_);
}

ListDirectory ListDirectory::Share() const {
  ListDirectory other;
  for (const Segment& segment : segments_) {
    other.segments_.push_back({.elements = segment.elements, .chunks = segment.chunks.Share()});
  }
  other.size_ = size_;
  other.chunk_count_ = chunk_count_;
  other.chunk_bytes_ = chunk_bytes_;
  return other;
}

std::optional<ListDirectory::Place> ListDirectory::Next(Place place) const {
  if (++place.slot < segments_[place.segment].chunks.Read().size()) return place;
  if (++place.segment < segments_.size()) return Place{place.segment, 0};
  return std::nullopt;
}

std::optional<ListDirectory::Place> ListDirectory::Previous(Place place) const {
  if (place.slot > 0) return Place{place.segment, place.slot - 1};
  if (place.segment == 0) return std::nullopt;
  return Place{place.segment - 1, segments_[place.segment - 1].chunks.Read().size() - 1};
}

ListDirectory::Position ListDirectory::Find(size_t index) const {
  CHECK_LT(index, size_);
  size_t segment = 0;
  size_t first = 0;  // index of the segment's first element
  if (index < size_ / 2) {
    while (index - first >= segments_[segment].elements) first += segments_[segment++].elements;
  } else {
    segment = segments_.size() - 1;
    first = size_ - segments_[segment].elements;
    while (index < first) first -= segments_[--segment].elements;
  }
  const size_t elements = segments_[segment].elements;
  const std::vector<ListChunk>& chunks = segments_[segment].chunks.Read();
  size_t slot = 0;
  if (index - first < elements / 2) {
    while (index - first >= chunks[slot].count()) first += chunks[slot++].count();
  } else {
    slot = chunks.size() - 1;
    first += elements - chunks[slot].count();
    while (index < first) first -= chunks[--slot].count();
  }
  return {.place = {segment, slot}, .index_in_chunk = index - first};
}

ListDirectory::Place ListDirectory::InsertBefore(Place place, ListChunk chunk) {
  return InsertAt(place, std::move(chunk));
}

ListDirectory::Place ListDirectory::InsertAfter(Place place, ListChunk chunk) {
  return InsertAt({place.segment, place.slot + 1}, std::move(chunk));
}

void ListDirectory::PushFront(ListChunk chunk) {
  if (segments_.empty() ||
      segments_.front().chunks.Read().size() == limits::kListSegmentChunksMax) {
    segments_.emplace_front();
  }
  InsertAt({}, std::move(chunk));
}

void ListDirectory::PushBack(ListChunk chunk) {
  if (segments_.empty() || segments_.back().chunks.Read().size() == limits::kListSegmentChunksMax) {
    segments_.emplace_back();
  }
  InsertAt({segments_.size() - 1, segments_.back().chunks.Read().size()}, std::move(chunk));
}

ListDirectory::Place ListDirectory::InsertAt(Place place, ListChunk chunk) {
  CHECK_GT(chunk.count(), 0u);
  if (segments_[place.segment].chunks.Read().size() == limits::kListSegmentChunksMax) {
    constexpr size_t kHalf = limits::kListSegmentChunksMax / 2;
    const auto behind = segments_.begin() + static_cast<ptrdiff_t>(place.segment) + 1;
    Segment& right = *segments_.emplace(behind);
    Segment& left = segments_[place.segment];
    std::vector<ListChunk>& chunks = left.chunks.Own();
    right.chunks.Own().assign(std::make_move_iterator(chunks.begin() + kHalf),
                              std::make_move_iterator(chunks.end()));
    chunks.resize(kHalf);
    for (const ListChunk& moved : right.chunks.Read()) right.elements += moved.count();
    left.elements -= right.elements;
    if (place.slot > kHalf) place = {place.segment + 1, place.slot - kHalf};
  }
  Segment& segment = segments_[place.segment];
  segment.elements += chunk.count();
  Added(chunk);
  std::vector<ListChunk>& chunks = segment.chunks.Own();
  chunks.insert(chunks.begin() + static_cast<ptrdiff_t>(place.slot), std::move(chunk));
  return place;
}

void ListDirectory::Added(const ListChunk& chunk) {
  size_ += chunk.count();
  chunk_bytes_ += chunk.block_bytes();
  ++chunk_count_;
}

std::pair<ListChunk, std::optional<ListDirectory::Place>> ListDirectory::Remove(Place place) {
  Segment& segment = segments_[place.segment];
  std::vector<ListChunk>& chunks = segment.chunks.Own();
  const auto at = chunks.begin() + static_cast<ptrdiff_t>(place.slot);
  ListChunk chunk = std::move(*at);
  chunks.erase(at);
  segment.elements -= chunk.count();
  size_ -= chunk.count();
  chunk_bytes_ -= chunk.block_bytes();
  --chunk_count_;
  if (chunks.empty()) {
    segments_.erase(segments_.begin() + static_cast<ptrdiff_t>(place.segment));
    place.slot = 0;
  } else if (place.slot == chunks.size()) {
    place = {place.segment + 1, 0};
  }
  std::optional<Place> behind;
  if (place.segment < segments_.size()) behind = place;
  return {std::move(chunk), behind};
}

ListDirectory ListDirectory::Cut(Place first, Place last) {
  ListDirectory cut;
  if (first.segment == last.segment) {
    MoveChunks(first.segment, first.slot, last.slot + 1, cut);
  } else {
    MoveChunks(first.segment, first.slot, segments_[first.segment].chunks.Read().size(), cut);
    MoveSegments(first.segment + 1, last.segment, cut);
    // The last segment now follows the first.
    MoveChunks(first.segment + 1, 0, last.slot + 1, cut);
  }
  std::erase_if(segments_, [](const Segment& segment) { return segment.chunks.Read().empty(); });
  return cut;
}

void ListDirectory::MoveChunks(size_t segment, size_t from, size_t to, ListDirectory& target) {
  Segment& source = segments_[segment];
  Segment& taken = target.segments_.emplace_back();
  std::vector<ListChunk>& chunks = source.chunks.Own();
  const auto begin = chunks.begin() + static_cast<ptrdiff_t>(from);
  const auto end = chunks.begin() + static_cast<ptrdiff_t>(to);
  taken.chunks.Own().assign(std::make_move_iterator(begin), std::make_move_iterator(end));
  chunks.erase(begin, end);
  for (const ListChunk& chunk : taken.chunks.Read()) {
    taken.elements += chunk.count();
    target.Added(chunk);
    chunk_bytes_ -= chunk.block_bytes();
  }
  source.elements -= taken.elements;
  size_ -= taken.elements;
  chunk_count_ -= taken.chunks.Read().size();
}

void ListDirectory::MoveSegments(size_t from, size_t to, ListDirectory& target) {
  const auto begin = segments_.begin() + static_cast<ptrdiff_t>(from);
  const auto end = segments_.begin() + static_cast<ptrdiff_t>(to);
  for (auto segment = begin; segment != end; ++segment) {
    for (const ListChunk& chunk : segment->chunks.Read()) {
      target.Added(chunk);
      chunk_bytes_ -= chunk.block_bytes();
    }
    size_ -= segment->elements;
    chunk_count_ -= segment->chunks.Read().size();
    target.segments_.push_back(std::move(*segment));
  }
  segments_.erase(begin, end);
}

void ListDirectory::CheckInvariants() const {
  size_t size = 0;
  size_t chunk_count = 0;
  size_t chunk_bytes = 0;
  for (const Segment& segment : segments_) {
    size_t elements = 0;
    CHECK(!segment.chunks.Read().empty());
    CHECK_LE(segment.chunks.Read().size(), limits::kListSegmentChunksMax);
    for (const ListChunk& chunk : segment.chunks.Read()) {
      CHECK_GT(chunk.count(), 0u);
      elements += chunk.count();
      chunk_bytes += chunk.block_bytes();
    }
    CHECK_EQ(elements, segment.elements);
    chunk_count += segment.chunks.Read().size();
    size += elements;
  }
  CHECK_EQ(size, size_);
  CHECK_EQ(chunk_count, chunk_count_);
  CHECK_EQ(chunk_bytes, chunk_bytes_);
}

}  // namespace holdfast
