#include "sim/check/final_log.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace holdfast {

FinalLog::FinalLog(const Evidence& evidence) {
  for (const RecordWitness& record : evidence.records) AddRecord(record);
  AddCommits(evidence);
}

void FinalLog::AddRecord(const RecordWitness& record) {
  const auto [found, is_new] = reigns_.try_emplace(
      record.epoch,
      Reign{.first = record.lsn, .last = record.lsn, .before = record.previous_epoch});
  Reign& reign = found->second;
  if (is_new) {
    if (record.previous_epoch >= record.epoch && violation_.empty()) {
      violation_ = absl::StrCat("epoch ", record.epoch.value, " begins behind a record of epoch ",
                                record.previous_epoch.value);
    }
    return;
  }
  if ((record.lsn != reign.last.Next() || record.previous_epoch != record.epoch) &&
      violation_.empty()) {
    violation_ =
        absl::StrCat("epoch ", record.epoch.value, " appends LSN ", record.lsn.value,
                     " behind LSN ", reign.last.value, " of epoch ", record.previous_epoch.value);
  }
  reign.last = record.lsn;
}

void FinalLog::AddCommits(const Evidence& evidence) {
  std::map<Epoch, Lsn> commits;
  for (const CommitWitness& commit : evidence.commits) {
    Lsn& newest = commits[commit.epoch];
    newest = std::max(newest, commit.lsn);
  }
  if (commits.empty()) return;
  final_epoch_ = commits.rbegin()->first;
  for (const auto& [epoch, lsn] : commits) committed_ = std::max(committed_, lsn);
  for (const auto& [epoch, lsn] : commits) {
    if (!violation_.empty() || Holds(epoch, lsn)) continue;
    violation_ = absl::StrCat("LSN ", lsn.value, " was committed in epoch ", epoch.value,
                              " and is not in the log of epoch ", final_epoch_.value);
  }
}

Epoch FinalLog::EpochIn(Epoch epoch, Lsn lsn) const {
  // An epoch that appended nothing, or does not exist, is looked up as the newest one before it.
  auto found = reigns_.upper_bound(epoch);
  while (found != reigns_.begin()) {
    const Reign& reign = std::prev(found)->second;
    if (lsn > reign.last) return {};
    if (lsn >= reign.first) return std::prev(found)->first;
    found = reigns_.upper_bound(std::min(reign.before, Epoch{std::prev(found)->first.value - 1}));
    // A prefix of the epoch before ends where this one begins, which lsn < first makes sure of.
  }
  return {};
}

Epoch FinalLog::EpochAt(Lsn lsn) const {
  return lsn > committed_ ? Epoch{} : EpochIn(final_epoch_, lsn);
}

bool FinalLog::Holds(Epoch epoch, Lsn lsn) const {
  if (lsn == Lsn{}) return true;
  const Epoch in_final = EpochAt(lsn);
  return in_final != Epoch{} && in_final == EpochIn(epoch, lsn);
}

}  // namespace holdfast
