#include "sim/check/snapshot_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/check/violation.h"

namespace holdfast {
namespace {

constexpr int kSnapshot = 8;  // the invariant's number

std::string Text(const Model::Entry* entry) {
  if (entry == nullptr) return "nothing";
  std::string text = entry->is_list ? absl::StrCat("a list of ", entry->elements.size())
                                    : absl::StrCat("\"", entry->text, "\"");
  if (entry->deadline) absl::StrAppend(&text, " until ", entry->deadline->latest.value);
  return text;
}

}  // namespace

SnapshotCheck::SnapshotCheck(const Evidence& evidence, const FinalLog& log)
    : evidence_(evidence), log_(log) {
  for (const LoadedSnapshot& snapshot : evidence.snapshots) left_.push_back(&snapshot);
  std::stable_sort(left_.begin(), left_.end(),
                   [](const auto* left, const auto* right) { return left->cut > right->cut; });
}

std::string SnapshotCheck::CheckBefore(Lsn lsn, const Model& model) {
  while (!left_.empty() && left_.back()->cut < lsn) {
    std::string wrong = Check(*left_.back(), model);
    if (!wrong.empty()) return wrong;
    left_.pop_back();
  }
  return "";
}

std::string SnapshotCheck::CheckRest(const Model& model) {
  return CheckBefore(Lsn{UINT64_MAX}, model);
}

Millis SnapshotCheck::LogTimeAt(Lsn cut) const {
  Millis newest{};
  for (const RecordWitness& record : evidence_.records) {
    if (record.lsn > cut || !log_.Holds(record.epoch, record.lsn)) continue;
    newest = std::max(newest, record.log_time);
  }
  return newest;
}

std::string SnapshotCheck::Check(const LoadedSnapshot& snapshot, const Model& model) const {
  Violation violation;
  const std::string whose =
      absl::StrCat("the snapshot that node ", snapshot.node, " has loaded, cut at LSN ",
                   snapshot.cut.value, " of epoch ", snapshot.epoch.value);
  if (!log_.Holds(snapshot.epoch, snapshot.cut)) {
    violation.Add(kSnapshot, absl::StrCat(whose, ", shows what was undone"));
    return violation.text();
  }
  const Millis now = LogTimeAt(snapshot.cut);
  for (const auto& [key, expected] : model.entries()) {
    const auto found = snapshot.entries.find(key);
    const Model::Entry* loaded = found == snapshot.entries.end() ? nullptr : &found->second;
    const bool may_be_gone = expected.deadline && expected.deadline->latest <= now;
    if (loaded == nullptr ? may_be_gone : *loaded == expected) continue;
    violation.Add(kSnapshot, absl::StrCat(whose, ", has ", Text(loaded), " for ", key,
                                          "; the log says ", Text(&expected)));
  }
  for (const auto& [key, loaded] : snapshot.entries) {
    if (model.Find(key) != nullptr) continue;
    violation.Add(kSnapshot, absl::StrCat(whose, ", has ", Text(&loaded), " for ", key,
                                          "; the log says ", Text(nullptr)));
  }
  return violation.text();
}

}  // namespace holdfast
