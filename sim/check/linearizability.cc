#include "sim/check/linearizability.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sim/check/search.h"

namespace holdfast {
namespace {

// Keys that meet in a command, directly or by way of others, are one group.
class Groups {
 public:
  size_t IdOf(const std::string& key) {
    const auto [found, is_new] = ids_.emplace(key, parents_.size());
    if (is_new) parents_.push_back(found->second);
    return Root(found->second);
  }
  void Join(const std::string& left, const std::string& right) {
    const size_t one = IdOf(left);
    const size_t other = IdOf(right);
    parents_[one] = other;
  }

 private:
  size_t Root(size_t id) {
    while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
    return id;
  }
  std::map<std::string, size_t> ids_;
  std::vector<size_t> parents_;
};

bool Matters(const Operation& operation) {
  if (operation.outcome == Operation::Outcome::kNoEffect || operation.may_be_stale) return false;
  if (operation.outcome == Operation::Outcome::kReplied) return true;
  // Whether a read without a reply happened cannot be told.
  for (const Command& command : operation.commands) {
    if (!Model::IsRead(command)) return true;
  }
  return false;
}

// A transaction whose reply is nil or an error did nothing.
bool IsAborted(const Operation& operation) {
  return operation.is_transaction && operation.outcome == Operation::Outcome::kReplied &&
         operation.reply.kind != ReplyValue::Kind::kArray;
}

std::string FirstKey(const Operation& operation) {
  for (const Command& command : operation.commands) {
    const std::vector<std::string> keys = Model::KeysOf(command);
    if (!keys.empty()) return keys[0];
  }
  return "";
}

}  // namespace

LinearizabilityResult CheckLinearizability(const History& history, const LogTimeBounds& bounds,
                                           const LinearizabilityOptions& options) {
  Groups groups;
  for (const Operation& operation : history) {
    const std::string first = FirstKey(operation);
    for (const Command& command : operation.commands) {
      for (const std::string& key : Model::KeysOf(command)) groups.Join(first, key);
    }
  }
  // Of every group at once; each group is told of it for itself, as of an operation of its own.
  const auto is_of_all = [](const Operation& operation) {
    return std::any_of(operation.commands.begin(), operation.commands.end(), Model::IsOfAllKeys);
  };
  // Group -> connection -> its operations, in the order sent.
  std::map<size_t, std::map<uint32_t, std::vector<const Operation*>>> chains;
  for (const Operation& operation : history) {
    if (!Matters(operation) || IsAborted(operation) || is_of_all(operation)) continue;
    chains[groups.IdOf(FirstKey(operation))][operation.connection].push_back(&operation);
  }
  for (const Operation& operation : history) {
    if (!Matters(operation) || !is_of_all(operation)) continue;
    for (auto& [group, by_connection] : chains) {
      by_connection[operation.connection].push_back(&operation);
    }
  }
  LinearizabilityResult result;
  for (auto& [group, by_connection] : chains) {
    std::vector<std::vector<const Operation*>> group_chains;
    for (auto& [connection, operations] : by_connection) {
      group_chains.push_back(std::move(operations));
    }
    Search search(std::move(group_chains), bounds);
    const Search::Verdict verdict = search.Run(options.states_per_group_max);
    ++result.groups;
    result.states += search.states();
    if (verdict == Search::Verdict::kUndecided) {
      ++result.undecided_groups;
      result.undecided += search.Explain();
    }
    if (verdict == Search::Verdict::kIllegal && result.ok()) result.violation = search.Explain();
  }
  return result;
}

}  // namespace holdfast
