#include "storage/rdb/value_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/resp/number_text.h"
#include "storage/rdb/packed_blocks.h"
#include "storage/rdb/value_shape.h"

namespace holdfast::rdb {
namespace {

// Collects elements and pushes them some at a time.
class ListBuilder {
 public:
  explicit ListBuilder(const ListLimits& limits) : limits_(limits) {}

  absl::Status Add(absl::string_view text) {
    list_->Push(ListEnd::kBack, text, limits_);
    return absl::OkStatus();
  }
  absl::Status Add(const PackedElement& element) {
    IntegerText scratch;
    return Add(element.Text(scratch));
  }
  absl::StatusOr<LoadedValue> Finish() {
    if (list_->Size() == 0) return absl::DataLossError("a list without elements");
    return LoadedValue{.type = Type::kListQuicklist2, .list = std::move(list_)};
  }

 private:
  const ListLimits limits_;
  std::unique_ptr<List> list_ = std::make_unique<List>();
};

using ReadBlock = absl::Status (*)(absl::string_view, VisitElement);

absl::Status AddBlock(Window& window, ReadBlock read, ListBuilder& list) {
  ASSIGN_OR_RETURN(const FileString block, window.String());
  return read(block.view(), [&](const PackedElement& element) { return list.Add(element); });
}

absl::Status AddNode(Window& window, ListBuilder& list) {
  ASSIGN_OR_RETURN(const uint64_t container, window.Length());
  if (container == kPackedNode) return AddBlock(window, ReadListpack, list);
  if (container != kPlainNode) {
    return absl::DataLossError(absl::StrCat("no list has nodes of kind ", container));
  }
  ASSIGN_OR_RETURN(const FileString element, window.String());
  return list.Add(element.view());
}

absl::StatusOr<LoadedValue> ReadList(Type type, Window& window, const ListLimits& limits) {
  ListBuilder list(limits);
  if (type == Type::kListZiplist) {
    RETURN_IF_ERROR(AddBlock(window, ReadZiplist, list));
    return list.Finish();
  }
  ASSIGN_OR_RETURN(const uint64_t count, window.Length());
  for (uint64_t i = 0; i < count; ++i) {
    if (type == Type::kListQuicklist) {
      RETURN_IF_ERROR(AddBlock(window, ReadZiplist, list));
    } else if (type == Type::kListQuicklist2) {
      RETURN_IF_ERROR(AddNode(window, list));
    } else {
      ASSIGN_OR_RETURN(const FileString element, window.String());
      RETURN_IF_ERROR(list.Add(element.view()));
    }
  }
  return list.Finish();
}

}  // namespace

Value LoadedValue::Release() {
  const Value value = View();
  if (list != nullptr) list.release();
  return value;
}

Value LoadedValue::View() const {
  if (list != nullptr) return Value::OfList(list.get());
  if (!IsReadable(type)) return Value::Opaque(static_cast<uint8_t>(type), text.view());
  const auto integer = ParseInt64(text.view());
  return integer ? Value::Integer(*integer) : Value::Text(text.view());
}

bool IsReadable(Type type) {
  switch (type) {
    case Type::kString:
    case Type::kList:
    case Type::kListZiplist:
    case Type::kListQuicklist:
    case Type::kListQuicklist2:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<LoadedValue> ReadValue(Type type, Window& window, const ListLimits& list_limits) {
  if (!IsReadable(type)) {
    ASSIGN_OR_RETURN(const absl::string_view bytes, TakeValue(type, window));
    return LoadedValue{.type = type, .text = FileString(bytes)};
  }
  if (type != Type::kString) return ReadList(type, window, list_limits);
  ASSIGN_OR_RETURN(FileString text, window.String());
  return LoadedValue{.text = std::move(text)};
}

}  // namespace holdfast::rdb
