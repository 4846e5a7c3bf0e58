// Values of types whose commands do not exist here: what can be told of them all the same.
//
// Such a value is the bytes that an RDB has for it (value_shape.h). It is kept and written back as
// it came; these functions look into it where a client can ask: TYPE, OBJECT ENCODING, DEBUG
// DIGEST, and RESTORE, which has to refuse what makes no sense.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/keyspace/entry.h"
#include "storage/rdb/format.h"

namespace holdfast::rdb {

// What clients call a type, whatever its form in the file. The numbers are those that Redis mixes
// into a digest.
enum class Family : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kModule = 5,
  kStream = 6,
};
Family FamilyOf(Type type);

// "set", "zset", "hash", "stream", or the name that a module gave its type: as TYPE says.
std::string ClientTypeName(const Value& opaque);
// As OBJECT ENCODING says once Redis 7.2 has loaded such a value.
absl::string_view ClientEncodingName(Type type);

class ElementVisitor {
 public:
  virtual ~ElementVisitor() = default;
  virtual void OnMember(absl::string_view member) = 0;
  virtual void OnScored(absl::string_view member, double score) = 0;
  // Of a hash, or of the entry of a stream told last.
  virtual void OnField(absl::string_view field, absl::string_view value) = 0;
  virtual void OnStreamEntry(uint64_t milliseconds, uint64_t sequence) = 0;
};

// Shows the elements of a set, sorted set, hash or stream, as far as it makes sense. `value` is
// what stands behind the key in a file. DataLoss if the bytes are none such, or if there are no
// elements where there have to be some; modules' values are taken as they are.
absl::Status WalkElements(Type type, absl::string_view value, ElementVisitor& visitor);
// As WalkElements, and also of strings and lists: nothing is shown.
absl::Status CheckElements(Type type, absl::string_view value);

}  // namespace holdfast::rdb
