#include "storage/snapshot/large_value.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/base/check.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {
namespace {

// Writes those of `bytes` from `*written` on that fit before `end`, and counts them.
char* WriteRest(absl::string_view bytes, size_t* written, char* out, const char* end) {
  const size_t count = std::min(bytes.size() - *written, static_cast<size_t>(end - out));
  if (count > 0) std::memcpy(out, bytes.data() + *written, count);
  *written += count;
  return out + count;
}

}  // namespace

LargeValue::LargeValue(std::string head, Slot slot, Entry* entry)
    : head_(std::move(head)), slot_(slot), object_(entry) {
  if (entry->type() == ValueType::kList) {
    where_ = Where::kList;
    object_ = entry->list();
    list_ = entry->list()->Share();
    list_bytes_ = list_->MemoryBytes();
    cursor_ = list_->CursorAt(0);
  } else if (entry->is_integer()) {
    // Under a long key; it is in the head.
    where_ = Where::kCopied;
    object_ = nullptr;
  } else {
    entry_ = entry;
  }
}

void LargeValue::Take() {
  CHECK(in_place());
  where_ = Where::kTaken;
  held_bytes_ = entry_->BlockSize();
}

void LargeValue::Copy() {
  CHECK(in_place());
  where_ = Where::kCopied;
  copied_from_ = value_written_;
  const absl::string_view rest = entry_->value_bytes().substr(value_written_);
  copy_.assign(rest.data(), rest.size());
  entry_ = nullptr;
  held_bytes_ = copy_.size();
}

void LargeValue::NoteListEdit() {
  // At either end of what changes a chunk is copied, or two.
  held_bytes_ = std::min(held_bytes_ + 2 * limits::kListCountedChunkBytesMax, list_bytes_);
}

Entry* LargeValue::ReleaseEntry() {
  return where_ == Where::kTaken ? std::exchange(entry_, nullptr) : nullptr;
}

char* LargeValue::Write(char* out, size_t room) {
  char* const end = out + room;
  out = WriteRest(head_, &head_written_, out, end);
  const auto left = static_cast<size_t>(end - out);
  return where_ == Where::kList ? WriteList(out, left) : WriteString(out, left);
}

char* LargeValue::WriteString(char* out, size_t room) {
  const absl::string_view text = where_ == Where::kCopied ? copy_ : entry_->value_bytes();
  size_t written = value_written_ - copied_from_;
  out = WriteRest(text, &written, out, out + room);
  value_written_ = copied_from_ + written;
  done_ = head_written_ == head_.size() && written == text.size();
  return out;
}

char* LargeValue::WriteList(char* out, size_t room) {
  const char* const end = out + room;
  while (cursor_->Valid() && out < end) {
    IntegerText scratch;
    const PackedElement element = cursor_->Get();
    const absl::string_view text = element.Text(scratch);
    char size[snapshot_format::kVarintBytesMax];
    const auto size_bytes =
        static_cast<size_t>(snapshot_format::StoreVarint(size, text.size()) - size);
    if (element_written_ < size_bytes) {
      out = WriteRest({size, size_bytes}, &element_written_, out, end);
      if (element_written_ < size_bytes) break;
    }
    size_t text_written = element_written_ - size_bytes;
    out = WriteRest(text, &text_written, out, end);
    element_written_ = size_bytes + text_written;
    if (text_written < text.size()) break;
    element_written_ = 0;
    cursor_->Next();
  }
  done_ = head_written_ == head_.size() && !cursor_->Valid();
  return out;
}

}  // namespace holdfast
