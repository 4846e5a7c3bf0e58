// JsonFields: the fields of a JSON object by name and type, with one complaint for all of them.
//
//   std::string complaint;
//   JsonFields group(json, "group", &complaint);
//   status.tail = group.Count("tail");
//   ...
//   if (!complaint.empty()) ...  // `field "group.tail" is missing`
//
// 1. A field that is missing or of another type yields 0 or nothing, and the complaint if it is the
//    first one. Fields that nobody asks for are passed over.
// 2. What an object lacks that is itself missing is not complained about.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace holdfast::kvctl {

class JsonFields {
 public:
  // `complaint` and `value` outlive the object.
  JsonFields(const nlohmann::json& value, std::string path, std::string* complaint);

  std::string Text(absl::string_view name) const;
  bool Flag(absl::string_view name) const;
  uint64_t Count(absl::string_view name) const;
  uint16_t Port(absl::string_view name) const;
  uint64_t Id(absl::string_view name) const;  // up to 16 hexadecimal digits
  // Null is nothing, and no reason to complain.
  std::optional<double> MaybeNumber(absl::string_view name) const;
  // The place of a text in `words`; 0 if it is none of them.
  size_t Choice(absl::string_view name, absl::Span<const absl::string_view> words) const;

  bool IsNull(absl::string_view name) const;
  JsonFields Object(absl::string_view name) const;
  std::vector<JsonFields> Objects(absl::string_view name) const;
  std::vector<uint64_t> Ids(absl::string_view name) const;
  std::vector<std::string> Texts(absl::string_view name) const;

 private:
  const nlohmann::json* Find(absl::string_view name) const;
  // The field if it is what `is_wanted` says; complains that it "is not <wanted>" otherwise.
  const nlohmann::json* Find(absl::string_view name, bool (nlohmann::json::*is_wanted)() const,
                             absl::string_view wanted) const;
  std::string PathOf(absl::string_view name) const;
  void Complain(absl::string_view name, absl::string_view what) const;

  const nlohmann::json* value_;  // an object, or null if there is none
  std::string path_;
  std::string* complaint_;
};

}  // namespace holdfast::kvctl
