#include "storage/rdb/value_shape.h"

#include "absl/strings/str_format.h"

namespace holdfast::rdb {
namespace {

using Skip = absl::Status (*)(Window&);

absl::Status SkipTimes(Window& window, Skip skip) {
  ASSIGN_OR_RETURN(const uint64_t count, window.Length());
  for (uint64_t i = 0; i < count; ++i) RETURN_IF_ERROR(skip(window));
  return absl::OkStatus();
}

absl::Status SkipString(Window& window) { return window.SkipString(); }
absl::Status SkipLength(Window& window) { return window.Length().status(); }
absl::Status SkipStrings(Window& window) { return SkipTimes(window, SkipString); }

template <int kCount>
absl::Status SkipBytes(Window& window) {
  return window.Bytes(kCount).status();
}

template <Skip kFirst, Skip... kRest>
absl::Status SkipAll(Window& window) {
  RETURN_IF_ERROR(kFirst(window));
  if constexpr (sizeof...(kRest) > 0) return SkipAll<kRest...>(window);
  return absl::OkStatus();
}

template <Skip... kParts>
absl::Status SkipRow(Window& window) {
  return SkipTimes(window, SkipAll<kParts...>);
}

absl::Status SkipScoreText(Window& window) {
  constexpr uint8_t kFirstWord = 253;  // nan, inf, -inf
  ASSIGN_OR_RETURN(const uint8_t size, window.Fixed<uint8_t>());
  return size >= kFirstWord ? absl::OkStatus() : window.Bytes(size).status();
}

// stream_shape: blocks of entries; how many there are and the last id; from the second kind on the
// first id, the highest deleted one and how many were ever added; groups.
//
//   group     name, last id, [entries read, from the second kind on], pending entries, consumers
//   pending   id 16 bytes, time 8, count of deliveries
//   consumer  name, seen 8, [active 8, from the third kind on], ids of its pending entries
constexpr Skip kId = SkipAll<SkipLength, SkipLength>;
constexpr Skip kPending = SkipRow<SkipBytes<16>, SkipBytes<8>, SkipLength>;
constexpr Skip kOwned = SkipRow<SkipBytes<16>>;
constexpr Skip kBlocks = SkipRow<SkipString, SkipString>;
constexpr Skip kConsumer = SkipAll<SkipString, SkipBytes<8>, kOwned>;
constexpr Skip kConsumer3 = SkipAll<SkipString, SkipBytes<8>, SkipBytes<8>, kOwned>;
constexpr Skip kGroups = SkipRow<SkipString, kId, kPending, SkipRow<kConsumer>>;
constexpr Skip kGroups2 = SkipRow<SkipString, kId, SkipLength, kPending, SkipRow<kConsumer>>;
constexpr Skip kGroups3 = SkipRow<SkipString, kId, SkipLength, kPending, SkipRow<kConsumer3>>;
constexpr Skip kStream = SkipAll<kBlocks, SkipLength, kId>;
constexpr Skip kStream2 = SkipAll<kStream, kId, kId, SkipLength>;

// A hash whose fields have deadlines: the soonest of them, then each field's own beside it. The
// kinds that were never released lack the first.
absl::Status SkipFieldsWithTtl(Window& window) {
  return SkipRow<SkipLength, SkipString, SkipString>(window);
}

absl::Status SkipModuleValue(Window& window) {
  RETURN_IF_ERROR(window.Length().status());
  return SkipModuleData(window);
}

struct Shape {
  Type type;
  absl::string_view name;
  Skip skip;
};

constexpr Shape kShapes[] = {
    {Type::kString, "string", SkipString},
    {Type::kList, "list", SkipStrings},
    {Type::kSet, "set", SkipStrings},
    {Type::kSortedSetText, "sorted set", SkipRow<SkipString, SkipScoreText>},
    {Type::kHash, "hash", SkipRow<SkipString, SkipString>},
    {Type::kSortedSet, "sorted set", SkipRow<SkipString, SkipBytes<8>>},
    {Type::kModule, "module", SkipModuleValue},
    {Type::kHashZipmap, "hash", SkipString},
    {Type::kListZiplist, "list", SkipString},
    {Type::kSetIntset, "set", SkipString},
    {Type::kSortedSetZiplist, "sorted set", SkipString},
    {Type::kHashZiplist, "hash", SkipString},
    {Type::kListQuicklist, "list", SkipStrings},
    {Type::kStream, "stream", SkipAll<kStream, kGroups>},
    {Type::kHashListpack, "hash", SkipString},
    {Type::kSortedSetListpack, "sorted set", SkipString},
    {Type::kListQuicklist2, "list", SkipRow<SkipLength, SkipString>},
    {Type::kStream2, "stream", SkipAll<kStream2, kGroups2>},
    {Type::kSetListpack, "set", SkipString},
    {Type::kStream3, "stream", SkipAll<kStream2, kGroups3>},
    {Type::kHashFieldTtlBeforeRelease, "hash", SkipFieldsWithTtl},
    {Type::kHashListpackTtlBeforeRelease, "hash", SkipString},
    {Type::kHashFieldTtl, "hash", SkipAll<SkipBytes<8>, SkipFieldsWithTtl>},
    {Type::kHashListpackTtl, "hash", SkipAll<SkipBytes<8>, SkipString>},
};

const Shape* FindShape(Type type) {
  for (const Shape& shape : kShapes) {
    if (shape.type == type) return &shape;
  }
  return nullptr;
}

}  // namespace

absl::string_view NameOf(Type type) {
  const Shape* shape = FindShape(type);
  return shape == nullptr ? absl::string_view() : shape->name;
}

// Six bits a character; the last ten bits are the version of the module's data.
std::string ModuleName(uint64_t id) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string name(9, ' ');
  id >>= 10;
  for (auto at = name.rbegin(); at != name.rend(); ++at, id >>= 6) *at = kAlphabet[id & 0x3f];
  return name;
}

absl::Status SkipModuleData(Window& window) {
  enum : uint64_t { kEnd = 0, kSigned = 1, kUnsigned = 2, kFloat = 3, kDouble = 4, kString = 5 };
  for (;;) {
    ASSIGN_OR_RETURN(const uint64_t opcode, window.Length());
    switch (opcode) {
      case kEnd:
        return absl::OkStatus();
      case kSigned:
      case kUnsigned:
        RETURN_IF_ERROR(window.Length().status());
        break;
      case kFloat:
        RETURN_IF_ERROR(window.Bytes(sizeof(float)).status());
        break;
      case kDouble:
        RETURN_IF_ERROR(window.Bytes(sizeof(double)).status());
        break;
      case kString:
        RETURN_IF_ERROR(window.SkipString());
        break;
      default:
        return absl::DataLossError(absl::StrFormat("no module writes the opcode %d", opcode));
    }
  }
}

absl::StatusOr<absl::string_view> TakeValue(Type type, Window& window) {
  if (type == Type::kModuleBeforeRelease) {
    return absl::UnimplementedError(
        "a module's value in the format of Redis 4.0 release candidates, which only the module "
        "itself can read");
  }
  const Shape* shape = FindShape(type);
  if (shape == nullptr) {
    return absl::DataLossError(absl::StrFormat("there is no type %d", static_cast<int>(type)));
  }
  const absl::string_view before = window.rest();
  RETURN_IF_ERROR(shape->skip(window));
  return before.substr(0, before.size() - window.rest().size());
}

}  // namespace holdfast::rdb
