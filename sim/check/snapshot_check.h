// SnapshotCheck: does a snapshot cut at C hold what the model holds at C, deadlines included (I8)?
//
//   log        1 2 3 4 5 6 7 8 ...
//   model      executes 1..5 | compared with what a learner had loaded, cut at 5 | executes 6 ...
//
// 1. The record at the cut is in the final log: a snapshot is used only once its cut is committed.
// 2. A key that had not reached its deadline by the log_time of the cut is in both or in neither,
//    with one value and one deadline.
// 3. A key that had is in both, or was deleted by a record that no client asked for: then it is in
//    the model only.
#pragma once

#include <string>
#include <vector>

#include "sim/check/evidence.h"
#include "sim/check/final_log.h"
#include "sim/model.h"

namespace holdfast {

class SnapshotCheck {
 public:
  SnapshotCheck(const Evidence& evidence, const FinalLog& log);

  // The model has executed everything before this LSN and nothing from there on. LSNs rise. Empty,
  // or what a snapshot cut before it has wrong.
  std::string CheckBefore(Lsn lsn, const Model& model);
  // The model has executed everything.
  std::string CheckRest(const Model& model);

 private:
  std::string Check(const LoadedSnapshot& snapshot, const Model& model) const;
  // The greatest log_time of the log up to there.
  Millis LogTimeAt(Lsn cut) const;

  const Evidence& evidence_;
  const FinalLog& log_;
  std::vector<const LoadedSnapshot*> left_;  // the latest cut first
};

}  // namespace holdfast
