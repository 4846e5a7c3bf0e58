#include "storage/rdb/opaque_value.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "net/base/status.h"
#include "storage/rdb/packed_blocks.h"
#include "storage/rdb/stream_blocks.h"
#include "storage/rdb/value_shape.h"
#include "storage/rdb/window.h"

namespace holdfast::rdb {
namespace {

using ReadBlock = absl::Status (*)(absl::string_view, VisitElement);

absl::Status WalkMembers(absl::string_view block, ReadBlock read, ElementVisitor& visitor,
                         uint64_t& count) {
  return read(block, [&](const PackedElement& element) {
    IntegerText scratch;
    visitor.OnMember(element.Text(scratch));
    ++count;
    return absl::OkStatus();
  });
}

// Elements of a block by twos or threes; what stands alone at the end is an error.
template <size_t kGroup, typename Show>
absl::Status WalkGroups(absl::string_view block, ReadBlock read, uint64_t& count, Show show) {
  PackedElement group[kGroup];
  size_t filled = 0;
  RETURN_IF_ERROR(read(block, [&](const PackedElement& element) {
    group[filled] = element;
    if (++filled < kGroup) return absl::OkStatus();
    filled = 0;
    ++count;
    return show(group);
  }));
  return filled == 0 ? absl::OkStatus() : absl::DataLossError("an element stands alone");
}

absl::Status WalkFields(absl::string_view block, ReadBlock read, ElementVisitor& visitor,
                        uint64_t& count) {
  return WalkGroups<2>(block, read, count, [&](const PackedElement* pair) {
    IntegerText scratch[2];
    visitor.OnField(pair[0].Text(scratch[0]), pair[1].Text(scratch[1]));
    return absl::OkStatus();
  });
}

absl::Status WalkFieldsWithTtl(absl::string_view block, ElementVisitor& visitor, uint64_t& count) {
  return WalkGroups<3>(block, ReadListpack, count, [&](const PackedElement* group) {
    IntegerText scratch[2];
    visitor.OnField(group[0].Text(scratch[0]), group[1].Text(scratch[1]));
    return group[2].is_integer ? absl::OkStatus()
                               : absl::DataLossError("the deadline of a field is no number");
  });
}

absl::StatusOr<double> ParseScore(absl::string_view text) {
  double score = 0;
  if (!absl::SimpleAtod(text, &score) || score != score) {
    return absl::DataLossError("a score is no number");
  }
  return score;
}

absl::Status WalkScored(absl::string_view block, ReadBlock read, ElementVisitor& visitor,
                        uint64_t& count) {
  return WalkGroups<2>(block, read, count, [&](const PackedElement* pair) -> absl::Status {
    IntegerText scratch[2];
    ASSIGN_OR_RETURN(const double score, ParseScore(pair[1].Text(scratch[1])));
    visitor.OnScored(pair[0].Text(scratch[0]), score);
    return absl::OkStatus();
  });
}

absl::StatusOr<double> TakeScore(Type type, Window& window) {
  constexpr uint8_t kNan = 253;
  constexpr uint8_t kInfinity = 254;
  constexpr uint8_t kMinusInfinity = 255;
  if (type == Type::kSortedSet) {
    ASSIGN_OR_RETURN(const double score, window.Fixed<double>());
    return score == score ? absl::StatusOr<double>(score)
                          : absl::DataLossError("a score is no number");
  }
  ASSIGN_OR_RETURN(const uint8_t size, window.Fixed<uint8_t>());
  if (size == kNan) return absl::DataLossError("a score is no number");
  if (size == kInfinity) return std::numeric_limits<double>::infinity();
  if (size == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  ASSIGN_OR_RETURN(const absl::string_view text, window.Bytes(size));
  return ParseScore(text);
}

// Of the types that write a row of strings.
absl::Status WalkRow(Type type, Window& window, ElementVisitor& visitor, uint64_t& count) {
  const bool with_ttl = type == Type::kHashFieldTtl || type == Type::kHashFieldTtlBeforeRelease;
  if (type == Type::kHashFieldTtl) RETURN_IF_ERROR(window.Bytes(sizeof(uint64_t)).status());
  ASSIGN_OR_RETURN(count, window.Length());
  for (uint64_t i = 0; i < count; ++i) {
    if (with_ttl) RETURN_IF_ERROR(window.Length().status());
    ASSIGN_OR_RETURN(const FileString first, window.String());
    if (type == Type::kSet) {
      visitor.OnMember(first.view());
    } else if (FamilyOf(type) == Family::kHash) {
      ASSIGN_OR_RETURN(const FileString value, window.String());
      visitor.OnField(first.view(), value.view());
    } else {
      ASSIGN_OR_RETURN(const double score, TakeScore(type, window));
      visitor.OnScored(first.view(), score);
    }
  }
  return absl::OkStatus();
}

// Of the types that have all in one string.
absl::Status WalkBlock(Type type, Window& window, ElementVisitor& visitor, uint64_t& count) {
  if (type == Type::kHashListpackTtl) RETURN_IF_ERROR(window.Bytes(sizeof(uint64_t)).status());
  ASSIGN_OR_RETURN(const FileString string, window.String());
  const absl::string_view block = string.view();
  switch (type) {
    case Type::kSetIntset:
      return WalkMembers(block, ReadIntset, visitor, count);
    case Type::kSetListpack:
      return WalkMembers(block, ReadListpack, visitor, count);
    case Type::kSortedSetZiplist:
      return WalkScored(block, ReadZiplist, visitor, count);
    case Type::kSortedSetListpack:
      return WalkScored(block, ReadListpack, visitor, count);
    case Type::kHashZipmap:
      return WalkFields(block, ReadZipmap, visitor, count);
    case Type::kHashZiplist:
      return WalkFields(block, ReadZiplist, visitor, count);
    case Type::kHashListpack:
      return WalkFields(block, ReadListpack, visitor, count);
    default:
      return WalkFieldsWithTtl(block, visitor, count);
  }
}

bool IsRow(Type type) {
  switch (type) {
    case Type::kSet:
    case Type::kSortedSetText:
    case Type::kSortedSet:
    case Type::kHash:
    case Type::kHashFieldTtl:
    case Type::kHashFieldTtlBeforeRelease:
      return true;
    default:
      return false;
  }
}

absl::Status Walk(Type type, absl::string_view value, ElementVisitor& visitor) {
  if (FamilyOf(type) == Family::kModule) return absl::OkStatus();
  Window window(value);
  if (FamilyOf(type) == Family::kStream) return WalkStream(window, visitor);
  uint64_t count = 0;
  RETURN_IF_ERROR(IsRow(type) ? WalkRow(type, window, visitor, count)
                              : WalkBlock(type, window, visitor, count));
  if (count == 0) return absl::DataLossError("a collection without elements");
  return window.rest().empty() ? absl::OkStatus()
                               : absl::DataLossError("bytes are left over behind the elements");
}

class Nobody final : public ElementVisitor {
 public:
  void OnMember(absl::string_view) override {}
  void OnScored(absl::string_view, double) override {}
  void OnField(absl::string_view, absl::string_view) override {}
  void OnStreamEntry(uint64_t, uint64_t) override {}
};

}  // namespace

Family FamilyOf(Type type) {
  switch (type) {
    case Type::kString:
      return Family::kString;
    case Type::kList:
    case Type::kListZiplist:
    case Type::kListQuicklist:
    case Type::kListQuicklist2:
      return Family::kList;
    case Type::kSet:
    case Type::kSetIntset:
    case Type::kSetListpack:
      return Family::kSet;
    case Type::kSortedSetText:
    case Type::kSortedSet:
    case Type::kSortedSetZiplist:
    case Type::kSortedSetListpack:
      return Family::kSortedSet;
    case Type::kHash:
    case Type::kHashZipmap:
    case Type::kHashZiplist:
    case Type::kHashListpack:
    case Type::kHashFieldTtlBeforeRelease:
    case Type::kHashListpackTtlBeforeRelease:
    case Type::kHashFieldTtl:
    case Type::kHashListpackTtl:
      return Family::kHash;
    case Type::kStream:
    case Type::kStream2:
    case Type::kStream3:
      return Family::kStream;
    case Type::kModuleBeforeRelease:
    case Type::kModule:
      break;
  }
  return Family::kModule;
}

std::string ClientTypeName(const Value& opaque) {
  const auto type = static_cast<Type>(opaque.opaque_type);
  switch (FamilyOf(type)) {
    case Family::kString:
      return "string";
    case Family::kList:
      return "list";
    case Family::kSet:
      return "set";
    case Family::kSortedSet:
      return "zset";
    case Family::kHash:
      return "hash";
    case Family::kStream:
      return "stream";
    case Family::kModule:
      break;
  }
  Window window(opaque.text);
  const auto module = window.Length();
  return module.ok() ? ModuleName(*module) : "module";
}

absl::string_view ClientEncodingName(Type type) {
  switch (type) {
    case Type::kSetIntset:
      return "intset";
    case Type::kSortedSetZiplist:
    case Type::kSortedSetListpack:
    case Type::kHashZipmap:
    case Type::kHashZiplist:
    case Type::kHashListpack:
    case Type::kSetListpack:
      return "listpack";
    case Type::kHashListpackTtlBeforeRelease:
    case Type::kHashListpackTtl:
      return "listpackex";
    case Type::kSortedSetText:
    case Type::kSortedSet:
      return "skiplist";
    case Type::kSet:
    case Type::kHash:
    case Type::kHashFieldTtlBeforeRelease:
    case Type::kHashFieldTtl:
      return "hashtable";
    case Type::kStream:
    case Type::kStream2:
    case Type::kStream3:
      return "stream";
    default:
      return "raw";
  }
}

absl::Status WalkElements(Type type, absl::string_view value, ElementVisitor& visitor) {
  const absl::Status status = Walk(type, value, visitor);
  return absl::IsOutOfRange(status) ? absl::DataLossError("the value is cut off") : status;
}

absl::Status CheckElements(Type type, absl::string_view value) {
  Nobody nobody;
  return WalkElements(type, value, nobody);
}

}  // namespace holdfast::rdb
