#include "storage/rdb/value_writer.h"

#include <liblzf/lzf.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "net/base/number_bytes.h"
#include "net/resp/number_text.h"
#include "storage/types/list.h"
#include "storage/types/packed_element.h"

namespace holdfast::rdb {
namespace {

// Shorter strings are not worth trying to compress.
constexpr size_t kCompressedFrom = 21;
// A listpack that holds more is closed, and another begun.
constexpr size_t kListpackBytesMax = 8 * 1024;
constexpr size_t kListpackHeaderBytes = 6;

void AppendEncoded(Buffer& to, StringEncoding encoding) {
  to.Append(static_cast<char>(kEncoded | static_cast<uint8_t>(encoding)));
}

template <typename Number>
bool AppendIfFits(Buffer& to, int64_t value, StringEncoding encoding) {
  if (!std::in_range<Number>(value)) return false;
  AppendEncoded(to, encoding);
  AppendNumber(to, static_cast<Number>(value));
  return true;
}

bool AppendInteger(Buffer& to, int64_t value) {
  return AppendIfFits<int8_t>(to, value, StringEncoding::kInt8) ||
         AppendIfFits<int16_t>(to, value, StringEncoding::kInt16) ||
         AppendIfFits<int32_t>(to, value, StringEncoding::kInt32);
}

bool AppendCompressed(Buffer& to, absl::string_view text) {
  if (text.size() > std::numeric_limits<unsigned>::max()) return false;
  // It has to save something for its own second length.
  const size_t room = text.size() - 4;
  const size_t start = to.size();
  AppendEncoded(to, StringEncoding::kLzf);
  Buffer compressed;
  const unsigned bytes = lzf_compress(text.data(), static_cast<unsigned>(text.size()),
                                      compressed.Extend(room), static_cast<unsigned>(room));
  if (bytes == 0) {
    to.Truncate(start);
    return false;
  }
  AppendLength(to, bytes);
  AppendLength(to, text.size());
  to.Append({compressed.data(), bytes});
  return true;
}

// One listpack after another.
class ListpackNodes {
 public:
  ListpackNodes(Buffer& to, const WriteOptions& options) : to_(to), options_(options) { Begin(); }

  void Add(const PackedElement& element) {
    const size_t bytes = PackedSize(element);
    if (count_ > 0 && node_.size() + bytes > kListpackBytesMax) End();
    WritePacked(element, node_.Extend(bytes));
    ++count_;
  }
  // Returns how many there are.
  uint64_t Finish() {
    if (count_ > 0) End();
    return nodes_;
  }

 private:
  void Begin() {
    node_.Truncate(0);
    node_.Extend(kListpackHeaderBytes);
    count_ = 0;
  }
  void End() {
    constexpr uint64_t kUncounted = std::numeric_limits<uint16_t>::max();
    node_.Append('\xff');
    const auto bytes = static_cast<uint32_t>(node_.size());
    const auto count = static_cast<uint16_t>(std::min(count_, kUncounted));
    StoreNumber(StoreNumber(node_.data(), bytes), count);
    AppendLength(to_, kPackedNode);
    AppendString(to_, node_.view(), options_);
    ++nodes_;
    Begin();
  }

  Buffer& to_;
  const WriteOptions& options_;
  Buffer node_;
  uint64_t count_ = 0;  // in the node in hand
  uint64_t nodes_ = 0;
};

void AppendList(Buffer& to, const List& list, const WriteOptions& options) {
  Buffer nodes;
  ListpackNodes writer(nodes, options);
  for (auto cursor = list.CursorAt(0); cursor.Valid(); cursor.Next()) writer.Add(cursor.Get());
  AppendLength(to, writer.Finish());
  to.Append(nodes.view());
}

}  // namespace

void AppendLength(Buffer& to, uint64_t length) {
  if (length < 1 << 6) {
    to.Append(static_cast<char>(kLength6 | length));
  } else if (length < 1 << 14) {
    to.Append(static_cast<char>(kLength14 | length >> 8));
    to.Append(static_cast<char>(length));
  } else if (length <= std::numeric_limits<uint32_t>::max()) {
    to.Append(static_cast<char>(kLength32));
    AppendNumber(to, __builtin_bswap32(static_cast<uint32_t>(length)));
  } else {
    to.Append(static_cast<char>(kLength64));
    AppendNumber(to, __builtin_bswap64(length));
  }
}

void AppendString(Buffer& to, absl::string_view text, const WriteOptions& options) {
  constexpr size_t kInt32TextMax = 11;
  if (text.size() <= kInt32TextMax) {
    const auto integer = ParseInt64(text);
    if (integer && AppendInteger(to, *integer)) return;
  }
  if (options.compress && text.size() >= kCompressedFrom && AppendCompressed(to, text)) return;
  AppendLength(to, text.size());
  to.Append(text);
}

Type TypeOf(const Value& value) {
  if (value.kind == Value::Kind::kOpaque) return static_cast<Type>(value.opaque_type);
  return value.kind == Value::Kind::kList ? Type::kListQuicklist2 : Type::kString;
}

int VersionNeeded(Type type) {
  switch (type) {
    case Type::kSetListpack:
    case Type::kStream3:
      return 11;
    case Type::kHashFieldTtlBeforeRelease:
    case Type::kHashListpackTtlBeforeRelease:
    case Type::kHashFieldTtl:
    case Type::kHashListpackTtl:
      return 12;
    default:
      return kWrittenVersion;
  }
}

void AppendValue(Buffer& to, const Value& value, const WriteOptions& options) {
  switch (value.kind) {
    case Value::Kind::kText:
    case Value::Kind::kRoomy:
      return AppendString(to, value.text, options);
    case Value::Kind::kInteger: {
      IntegerText scratch;
      if (AppendInteger(to, value.integer)) return;
      return AppendString(to, {scratch.bytes, FormatInt64(value.integer, scratch.bytes)}, options);
    }
    case Value::Kind::kList:
      return AppendList(to, *value.list, options);
    case Value::Kind::kOpaque:
      return to.Append(value.text);
  }
}

}  // namespace holdfast::rdb
