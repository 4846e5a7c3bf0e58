#include "sim/check/real_time.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

std::string TagOf(const std::string& key) {
  const size_t open = key.find('{');
  if (open == std::string::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == std::string::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::string Contradiction(const RealTime::Item& earlier, const RealTime::Item& later) {
  return absl::StrCat("places against time: LSN ", earlier.place.lsn.value, ", log_time ",
                      earlier.place.log_time.value, "  ", earlier.operation->ToString(),
                      "\n  came before LSN ", later.place.lsn.value, ", log_time ",
                      later.place.log_time.value, "  ", later.operation->ToString());
}

bool MayFollow(const Place& earlier, const Place& later) {
  return later.is_read ? later >= earlier : later > earlier;
}

// A read is where its keys last changed. A node that was filled by a snapshot knows no more of them
// than that they did not change after its cut.
void Settle(const std::set<Lsn>& writes, Place& place) {
  if (!place.is_read) return;
  const auto behind = writes.upper_bound(place.lsn);
  place.lsn = behind == writes.begin() ? Lsn{} : *std::prev(behind);
}

}  // namespace

std::vector<std::string> TagsOf(const Operation& operation, const std::vector<std::string>& known) {
  std::vector<std::string> tags;
  for (const Command& command : operation.commands) {
    if (Model::IsOfAllKeys(command)) return known;
    for (const std::string& key : Model::KeysOf(command)) tags.push_back(TagOf(key));
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

std::vector<std::string> RealTime::AllTags() const {
  std::set<std::string> tags;
  for (const Item& item : items_) {
    for (std::string& tag : TagsOf(*item.operation, {})) tags.insert(std::move(tag));
  }
  return {tags.begin(), tags.end()};
}

std::string RealTime::Check() const {
  const std::vector<std::string> all_tags = AllTags();
  std::map<std::string, std::set<Lsn>> writes;
  for (const Item& item : items_) {
    if (item.on_replica || item.place.is_read) continue;
    for (const std::string& tag : TagsOf(*item.operation, all_tags))
      writes[tag].insert(item.place.lsn);
  }
  std::deque<Item> settled;
  std::map<std::string, Group> by_tag;
  std::map<std::pair<uint32_t, std::string>, Group> by_connection;
  for (const Item& item : items_) {
    if (item.on_replica) {
      by_connection[{item.operation->connection, ""}].push_back(&item);
      continue;
    }
    for (const std::string& tag : TagsOf(*item.operation, all_tags)) {
      settled.push_back(item);
      Settle(writes[tag], settled.back().place);
      by_tag[tag].push_back(&settled.back());
      by_connection[{item.operation->connection, tag}].push_back(&settled.back());
    }
  }
  for (auto& [tag, group] : by_tag) {
    std::string wrong = CheckOverlap(group);
    if (wrong.empty()) wrong = CheckLogTime(std::move(group));
    if (!wrong.empty()) return wrong;
  }
  for (auto& [connection, group] : by_connection) {
    std::sort(group.begin(), group.end(), [](const Item* left, const Item* right) {
      return left->operation->ordinal < right->operation->ordinal;
    });
    std::string wrong = CheckConnection(group);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string RealTime::CheckOverlap(Group group) {
  Group ended;
  for (const Item* item : group) {
    if (item->operation->outcome == Operation::Outcome::kReplied) ended.push_back(item);
  }
  std::sort(group.begin(), group.end(), [](const Item* left, const Item* right) {
    return left->operation->begin < right->operation->begin;
  });
  std::sort(ended.begin(), ended.end(), [](const Item* left, const Item* right) {
    return left->operation->end < right->operation->end;
  });
  size_t next = 0;
  const Item* furthest = nullptr;
  for (const Item* item : group) {
    for (; next < ended.size() && ended[next]->operation->end < item->operation->begin; ++next) {
      if (furthest == nullptr || furthest->place < ended[next]->place) furthest = ended[next];
    }
    if (furthest != nullptr && !MayFollow(furthest->place, item->place)) {
      return Contradiction(*furthest, *item);
    }
  }
  return "";
}

std::string RealTime::CheckLogTime(Group group) {
  std::stable_sort(group.begin(), group.end(),
                   [](const Item* left, const Item* right) { return left->place < right->place; });
  for (size_t i = 1; i < group.size(); ++i) {
    if (group[i]->place.log_time >= group[i - 1]->place.log_time) continue;
    return absl::StrCat("log_time falls from ", group[i - 1]->place.log_time.value, " to ",
                        group[i]->place.log_time.value, ": ", group[i]->operation->ToString(),
                        "\n  behind ", group[i - 1]->operation->ToString());
  }
  return "";
}

std::string RealTime::CheckConnection(const Group& group) {
  for (size_t i = 1; i < group.size(); ++i) {
    if (!MayFollow(group[i - 1]->place, group[i]->place)) {
      return Contradiction(*group[i - 1], *group[i]);
    }
  }
  return "";
}

}  // namespace holdfast
