// FinalLog: which record ended up at each place of the log, told from what the primaries appended.
//
//   epoch 1   1 2 3 4 5 6 7
//   epoch 2           5 6          began behind 4 of epoch 1: its 5, 6 and 7 are undone
//   epoch 3             6 7 8      began behind 5 of epoch 2
//   final     1 2 3 4 5 6 7 8      = 1 1 1 1 2 3 3 3
//
// An epoch has one primary, so a record is known by (epoch, LSN), and equal records have equal
// histories. Each epoch's log is its own records behind a prefix of the epoch that its first record
// follows; the final log is that of the newest epoch that committed anything.
//
// 1. What was committed in any epoch is in the final log, or the promise is broken.
// 2. An epoch appends without gaps, one record per LSN.
#pragma once

#include <map>
#include <string>

#include "sim/check/evidence.h"

namespace holdfast {

class FinalLog {
 public:
  explicit FinalLog(const Evidence& evidence);

  // Empty, or how the records contradict each other or the promise.
  const std::string& violation() const { return violation_; }
  Lsn committed() const { return committed_; }
  // The epoch of the record at the LSN in the final log; 0 where there is none.
  Epoch EpochAt(Lsn lsn) const;
  // Whether what the log of `epoch` had at the LSN is in the final log. An epoch that appended
  // nothing had what the one before it had.
  bool Holds(Epoch epoch, Lsn lsn) const;

 private:
  struct Reign {
    Lsn first;
    Lsn last;
    Epoch before;  // of the record that `first` follows
  };

  void AddRecord(const RecordWitness& record);
  void AddCommits(const Evidence& evidence);
  // The epoch of the record at the LSN in the log of `epoch`.
  Epoch EpochIn(Epoch epoch, Lsn lsn) const;

  std::map<Epoch, Reign> reigns_;
  Epoch final_epoch_;
  Lsn committed_;
  std::string violation_;
};

}  // namespace holdfast
