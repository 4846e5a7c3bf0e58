#include "storage/keyspace/entry.h"

namespace holdfast {
namespace {

constexpr int64_t kNarrowDeadlineMax = (int64_t{1} << 48) - 1;

bool IsWide(Millis deadline) { return deadline.value > kNarrowDeadlineMax || deadline.value < 0; }

size_t VarintBytes(size_t number) {
  size_t count = 1;
  while (number >>= 7) ++count;
  return count;
}

uint8_t* WriteVarint(uint8_t* at, size_t number) {
  while (number >= 0x80) {
    *at++ = static_cast<uint8_t>(number | 0x80);
    number >>= 7;
  }
  *at++ = static_cast<uint8_t>(number);
  return at;
}

size_t ValueBytes(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kText:
      return VarintBytes(value.text.size()) + value.text.size();
    case Value::Kind::kOpaque:
      return VarintBytes(value.text.size() + 1) + value.text.size() + 1;
    case Value::Kind::kRoomy:
      return 8 + value.capacity;
    case Value::Kind::kInteger:
    case Value::Kind::kList:
      return 8;
  }
  return 0;
}

ValueType TypeOf(Value::Kind kind) {
  if (kind == Value::Kind::kList) return ValueType::kList;
  return kind == Value::Kind::kOpaque ? ValueType::kOpaque : ValueType::kString;
}

}  // namespace

size_t Entry::BlockSizeFor(size_t key_size, std::optional<Millis> deadline, const Value& value) {
  size_t size = kFixedBytes + VarintBytes(key_size) + key_size + ValueBytes(value);
  if (deadline) size += (IsWide(*deadline) ? 8 : 6) + kPositionBytes;
  return size;
}

Entry* Entry::Write(void* block, absl::string_view key, std::optional<Millis> deadline,
                    const Value& value) {
  auto* entry = static_cast<Entry*>(block);
  uint8_t head = static_cast<uint8_t>(TypeOf(value.kind));
  if (deadline) head |= kHasDeadline | (IsWide(*deadline) ? kWideDeadline : 0);
  if (value.kind == Value::Kind::kInteger) head |= kInteger;
  if (value.kind == Value::Kind::kRoomy) head |= kRoomy;
  entry->bytes()[0] = head;
  uint8_t* at = WriteVarint(entry->bytes() + kFixedBytes, key.size());
  if (deadline) {
    at += entry->DeadlineBytes() + kPositionBytes;
  }
  if (reinterpret_cast<const char*>(at) != key.data()) std::memcpy(at, key.data(), key.size());
  at += key.size();
  if (deadline) entry->set_deadline(*deadline);
  switch (value.kind) {
    case Value::Kind::kText:
      at = WriteVarint(at, value.text.size());
      if (!value.text.empty()) std::memcpy(at, value.text.data(), value.text.size());
      break;
    case Value::Kind::kOpaque:
      at = WriteVarint(at, value.text.size() + 1);
      *at++ = value.opaque_type;
      if (!value.text.empty()) std::memcpy(at, value.text.data(), value.text.size());
      break;
    case Value::Kind::kRoomy: {
      const auto size = static_cast<uint32_t>(value.text.size());
      const auto capacity = static_cast<uint32_t>(value.capacity);
      CHECK(size <= capacity);
      std::memcpy(at, &size, 4);
      std::memcpy(at + 4, &capacity, 4);
      if (size > 0) std::memcpy(at + 8, value.text.data(), size);
      break;
    }
    case Value::Kind::kInteger:
      std::memcpy(at, &value.integer, 8);
      break;
    case Value::Kind::kList:
      std::memcpy(at, &value.list, 8);
      break;
  }
  return entry;
}

Millis Entry::deadline() const {
  int64_t value = 0;
  std::memcpy(&value, bytes() + ReadHeader().deadline_offset, DeadlineBytes());
  return {value};
}

void Entry::set_deadline(Millis deadline) {
  CHECK(DeadlineFits(deadline));
  std::memcpy(bytes() + ReadHeader().deadline_offset, &deadline.value, DeadlineBytes());
}

bool Entry::DeadlineFits(Millis deadline) const {
  return has_deadline() && IsWide(deadline) == ((head() & kWideDeadline) != 0);
}

uint32_t Entry::expiry_position() const {
  return Load<uint32_t>(ReadHeader().deadline_offset + DeadlineBytes());
}

void Entry::set_expiry_position(uint32_t position) {
  Store(ReadHeader().deadline_offset + DeadlineBytes(), position);
}

size_t Entry::ReadVarint(size_t* offset) const {
  size_t number = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = bytes()[(*offset)++];
    number |= size_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return number;
  }
}

absl::string_view Entry::value_bytes() const {
  CHECK(type() != ValueType::kList && !is_integer());
  size_t offset = ValueOffset();
  const size_t size = is_roomy() ? Load<uint32_t>(offset) : ReadVarint(&offset);
  if (is_roomy()) offset += 8;
  return {reinterpret_cast<const char*>(bytes()) + offset, size};
}

Value Entry::value() const {
  if (type() == ValueType::kList) return Value::OfList(list());
  if (is_integer()) return Value::Integer(integer());
  const absl::string_view bytes = value_bytes();
  if (type() == ValueType::kOpaque) {
    return Value::Opaque(static_cast<uint8_t>(bytes[0]), bytes.substr(1));
  }
  return is_roomy() ? Value::Roomy(bytes, capacity()) : Value::Text(bytes);
}

size_t Entry::BlockSize() const {
  size_t offset = ValueOffset();
  if (type() == ValueType::kList || is_integer()) return offset + 8;
  if (is_roomy()) return offset + 8 + capacity();
  const size_t size = ReadVarint(&offset);
  return offset + size;
}

}  // namespace holdfast
