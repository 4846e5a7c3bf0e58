#include "tools/kvctl/json_fields.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

bool ParseId(const std::string& text, uint64_t* id) {
  return !text.empty() && text.size() <= 16 && absl::SimpleHexAtoi(text, id);
}

}  // namespace

JsonFields::JsonFields(const Json& value, std::string path, std::string* complaint)
    : value_(value.is_object() ? &value : nullptr), path_(std::move(path)), complaint_(complaint) {
  if (value_ != nullptr || !complaint_->empty()) return;
  *complaint_ = path_.empty() ? std::string("it is no JSON object")
                              : absl::StrCat("field \"", path_, "\" is not an object");
}

std::string JsonFields::Text(absl::string_view name) const {
  const Json* field = Find(name, &Json::is_string, "a text");
  return field == nullptr ? "" : field->get_ref<const std::string&>();
}

bool JsonFields::Flag(absl::string_view name) const {
  const Json* field = Find(name, &Json::is_boolean, "true or false");
  return field != nullptr && field->get<bool>();
}

uint64_t JsonFields::Count(absl::string_view name) const {
  const Json* field = Find(name, &Json::is_number_unsigned, "a count");
  return field == nullptr ? 0 : field->get<uint64_t>();
}

uint16_t JsonFields::Port(absl::string_view name) const {
  const uint64_t port = Count(name);
  if (port <= UINT16_MAX) return static_cast<uint16_t>(port);
  Complain(name, "is not a port");
  return 0;
}

uint64_t JsonFields::Id(absl::string_view name) const {
  const Json* field = Find(name, &Json::is_string, "an id");
  uint64_t id = 0;
  if (field != nullptr && !ParseId(field->get_ref<const std::string&>(), &id)) {
    Complain(name, "is not an id");
  }
  return id;
}

std::optional<double> JsonFields::MaybeNumber(absl::string_view name) const {
  const Json* field = Find(name);
  if (field == nullptr || field->is_null()) return std::nullopt;
  if (field->is_number()) return field->get<double>();
  Complain(name, "is not a number or null");
  return std::nullopt;
}

size_t JsonFields::Choice(absl::string_view name, absl::Span<const absl::string_view> words) const {
  const Json* field = Find(name, &Json::is_string, "a text");
  if (field == nullptr) return 0;
  const std::string& text = field->get_ref<const std::string&>();
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text) return i;
  }
  Complain(name, absl::StrCat("has the unknown value \"", text, "\""));
  return 0;
}

bool JsonFields::IsNull(absl::string_view name) const {
  const Json* field = Find(name);
  return field == nullptr || field->is_null();
}

JsonFields JsonFields::Object(absl::string_view name) const {
  static const Json kNothing = Json::object();
  const Json* field = Find(name);
  // The complaint about the object that is missing stands for those about its fields.
  JsonFields fields(field == nullptr ? kNothing : *field, PathOf(name), complaint_);
  if (field == nullptr) fields.value_ = nullptr;
  return fields;
}

std::vector<JsonFields> JsonFields::Objects(absl::string_view name) const {
  std::vector<JsonFields> objects;
  const Json* field = Find(name, &Json::is_array, "a list");
  if (field == nullptr) return objects;
  for (size_t i = 0; i < field->size(); ++i) {
    objects.emplace_back((*field)[i], absl::StrCat(PathOf(name), "[", i, "]"), complaint_);
  }
  return objects;
}

std::vector<uint64_t> JsonFields::Ids(absl::string_view name) const {
  std::vector<uint64_t> ids;
  const Json* field = Find(name, &Json::is_array, "a list");
  if (field == nullptr) return ids;
  for (const Json& item : *field) {
    uint64_t id = 0;
    if (!item.is_string() || !ParseId(item.get_ref<const std::string&>(), &id)) {
      Complain(name, "is not a list of ids");
    }
    ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> JsonFields::Texts(absl::string_view name) const {
  std::vector<std::string> texts;
  const Json* field = Find(name, &Json::is_array, "a list");
  if (field == nullptr) return texts;
  for (const Json& item : *field) {
    if (!item.is_string()) Complain(name, "is not a list of texts");
    texts.push_back(item.is_string() ? item.get<std::string>() : "");
  }
  return texts;
}

const Json* JsonFields::Find(absl::string_view name) const {
  if (value_ == nullptr) return nullptr;
  const auto found = value_->find(std::string(name));
  if (found != value_->end()) return &*found;
  Complain(name, "is missing");
  return nullptr;
}

const Json* JsonFields::Find(absl::string_view name, bool (Json::*is_wanted)() const,
                             absl::string_view wanted) const {
  const Json* field = Find(name);
  if (field == nullptr || (field->*is_wanted)()) return field;
  Complain(name, absl::StrCat("is not ", wanted));
  return nullptr;
}

std::string JsonFields::PathOf(absl::string_view name) const {
  return path_.empty() ? std::string(name) : absl::StrCat(path_, ".", name);
}

void JsonFields::Complain(absl::string_view name, absl::string_view what) const {
  if (complaint_->empty()) *complaint_ = absl::StrCat("field \"", PathOf(name), "\" ", what);
}

}  // namespace holdfast::kvctl
