#include "storage/snapshot/entry_encoder.h"

#include <cstring>

#include "storage/snapshot/stream_format.h"
#include "storage/types/list.h"

namespace holdfast {

using snapshot_format::Form;
using snapshot_format::kEntryFramingMax;
using snapshot_format::StoreVarint;

namespace {

char* StoreBytes(char* at, absl::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

Form FormOf(const Entry& entry) {
  if (entry.type() == ValueType::kList) return Form::kList;
  if (entry.type() == ValueType::kOpaque) return Form::kOpaque;
  if (entry.is_integer()) return Form::kInteger;
  return entry.is_roomy() ? Form::kRoomyText : Form::kText;
}

char* EncodeHead(DatabaseId database, const Entry& entry, char* out) {
  const Form form = FormOf(entry);
  uint8_t form_byte = static_cast<uint8_t>(form);
  if (entry.has_deadline()) form_byte |= snapshot_format::kHasDeadline;
  *out++ = static_cast<char>(database.value);
  *out++ = static_cast<char>(form_byte);
  if (entry.has_deadline()) out = StoreNumber(out, entry.deadline().value);
  const absl::string_view key = entry.key();
  out = StoreVarint(out, key.size());
  out = StoreBytes(out, key);
  switch (form) {
    case Form::kText:
    case Form::kRoomyText:
    case Form::kOpaque:
      return StoreVarint(out, entry.value_bytes().size());
    case Form::kInteger:
      return StoreNumber(out, entry.integer());
    case Form::kList:
      return StoreVarint(out, entry.list()->Size());
  }
  return out;
}

}  // namespace

size_t EncodedEntryBytesMax(const Entry& entry) {
  // A packed integer is spelled out in at most 21 bytes for 10.
  if (entry.type() == ValueType::kList) {
    return kEntryFramingMax + entry.key().size() + 3 * entry.list()->MemoryBytes();
  }
  return kEntryFramingMax + entry.BlockSize();
}

char* EncodeEntry(DatabaseId database, const Entry& entry, char* out) {
  out = EncodeHead(database, entry, out);
  if (entry.type() == ValueType::kList) {
    for (auto cursor = entry.list()->CursorAt(0); cursor.Valid(); cursor.Next()) {
      IntegerText scratch;
      const PackedElement element = cursor.Get();
      const absl::string_view text = element.Text(scratch);
      out = StoreBytes(StoreVarint(out, text.size()), text);
    }
    return out;
  }
  return entry.is_integer() ? out : StoreBytes(out, entry.value_bytes());
}

std::string EncodeEntryHead(DatabaseId database, const Entry& entry) {
  std::string head(kEntryFramingMax + entry.key().size(), '\0');
  head.resize(static_cast<size_t>(EncodeHead(database, entry, head.data()) - head.data()));
  head.shrink_to_fit();
  return head;
}

}  // namespace holdfast
