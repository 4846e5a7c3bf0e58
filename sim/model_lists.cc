#include <algorithm>

#include "sim/model_commands.h"

namespace holdfast {

using namespace model_internal;  // the makers of replies, of this room only

namespace {

std::string Take(std::vector<std::string>& elements, bool left) {
  std::string element = left ? elements.front() : elements.back();
  if (left) {
    elements.erase(elements.begin());
  } else {
    elements.pop_back();
  }
  return element;
}

void Add(std::vector<std::string>& elements, bool left, std::string element) {
  if (left) {
    elements.insert(elements.begin(), std::move(element));
  } else {
    elements.push_back(std::move(element));
  }
}

}  // namespace

ReplyValue ModelCommands::LIndex(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Null();
  if (!entry->is_list) return WrongType();
  const auto index = ParseNumber(Argument(call, 2));
  if (!index) return Error("ERR value is not an integer or out of range");
  const int64_t size = static_cast<int64_t>(entry->elements.size());
  const int64_t at = *index < 0 ? size + *index : *index;
  if (at < 0 || at >= size) return Null();
  return Bulk(entry->elements[static_cast<size_t>(at)]);
}

ReplyValue ModelCommands::LLen(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry != nullptr && !entry->is_list) return WrongType();
  return Integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->elements.size()));
}

ReplyValue ModelCommands::LMove(ModelCall& call) {
  const std::string& from = Argument(call, 1);
  const std::string& to = Argument(call, 2);
  Entry* source = Find(call, from);
  if (source == nullptr) return Null();
  if (!source->is_list) return WrongType();
  const Entry* target = Find(call, to);
  if (target != nullptr && !target->is_list) return WrongType();
  const std::string element = Take(source->elements, Upper(Argument(call, 3)) == "LEFT");
  if (target == nullptr) Put(call, to, {.is_list = true});
  Add(Find(call, to)->elements, Upper(Argument(call, 4)) == "LEFT", element);
  if (Find(call, from)->elements.empty()) call.model.Erase(from);
  return Bulk(element);
}

ReplyValue ModelCommands::LRange(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Array({});
  if (!entry->is_list) return WrongType();
  const int64_t size = static_cast<int64_t>(entry->elements.size());
  int64_t first = *ParseNumber(Argument(call, 2));
  int64_t last = *ParseNumber(Argument(call, 3));
  first = std::max<int64_t>(0, first < 0 ? size + first : first);
  last = std::min(size - 1, last < 0 ? size + last : last);
  std::vector<ReplyValue> elements;
  for (int64_t i = first; i <= last; ++i) {
    elements.push_back(Bulk(entry->elements[static_cast<size_t>(i)]));
  }
  return Array(std::move(elements));
}

ReplyValue ModelCommands::Pop(ModelCall& call) {
  const bool left = Upper(Argument(call, 0)) == "LPOP";
  const bool counted = call.command.size() > 2;
  Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Null();
  if (!entry->is_list) return WrongType();
  const int64_t wanted = counted ? *ParseNumber(Argument(call, 2)) : 1;
  std::vector<ReplyValue> elements;
  for (int64_t i = 0; i < wanted && !entry->elements.empty(); ++i) {
    elements.push_back(Bulk(Take(entry->elements, left)));
  }
  if (entry->elements.empty()) call.model.Erase(Argument(call, 1));
  return counted ? Array(std::move(elements)) : std::move(elements.front());
}

ReplyValue ModelCommands::Push(ModelCall& call) {
  const bool left = Upper(Argument(call, 0)) == "LPUSH";
  Entry* entry = Find(call, Argument(call, 1));
  if (entry != nullptr && !entry->is_list) return WrongType();
  if (entry == nullptr) {
    Put(call, Argument(call, 1), {.is_list = true});
    entry = Find(call, Argument(call, 1));
  }
  for (size_t i = 2; i < call.command.size(); ++i) Add(entry->elements, left, Argument(call, i));
  return Integer(static_cast<int64_t>(entry->elements.size()));
}

}  // namespace holdfast
