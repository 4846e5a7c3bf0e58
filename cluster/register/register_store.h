// RegisterStore: where a node keeps its word.
//
//   <directory>/voter           what this node has promised and accepted; only a voter has one
//   <directory>/configuration   the newest configuration learned: where to ask after a restart
//
// A save writes the whole file under a temporary name, syncs it, renames it over the old one and
// syncs the directory.
//
// 1. A handler is called with OK only when what was saved, or something newer, survives a crash.
// 2. Of one file, one save is under way at a time; what is asked meanwhile is saved together,
// newest
//    contents, by the next.
// 3. At every moment a crash leaves the old file or the new one, whole.
// 4. A failed sync ends it: the kernel may have dropped the pages, and a second attempt would
//    succeed without them. on_fatal is called and nothing is saved or answered any more. Any other
//    failure leaves the old file as it is, and a later save may succeed.
//
// The directory must exist. Everything happens on the loop that the Disk belongs to; the store must
// live as long as that loop runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/register/register_file.h"
#include "net/runtime/disk.h"

namespace holdfast {

class RegisterStore {
 public:
  struct Options {
    std::string directory;
    // Called once, with what failed.
    StatusHandler on_fatal;
  };
  struct Contents {
    std::optional<VoterState> voter;
    ClusterConfiguration configuration;  // version 0: none
  };

  RegisterStore(Disk& disk, Options options);
  RegisterStore(const RegisterStore&) = delete;
  RegisterStore& operator=(const RegisterStore&) = delete;

  // What the files hold. A damaged file is an error that names it and the offset.
  void Load(absl::AnyInvocable<void(absl::StatusOr<Contents>)> done);

  void SaveVoter(const VoterState& state, StatusHandler done);
  void SaveConfiguration(const ClusterConfiguration& configuration, StatusHandler done);

 private:
  // One file that is replaced as a whole.
  struct Slot {
    explicit Slot(std::string path) : path(std::move(path)) {}
    std::string path;
    std::string bytes;                   // to be saved next
    std::vector<StatusHandler> waiting;  // for that save
    std::vector<StatusHandler> saving;   // for the one under way
    std::unique_ptr<File> file;          // the temporary one
    bool busy = false;
  };
  using Contained = absl::StatusOr<std::optional<std::string>>;

  std::string TemporaryPath(const Slot& slot) const { return slot.path + ".new"; }
  void ReadWhole(std::string path, absl::AnyInvocable<void(Contained)> done);
  void LoadVoter(absl::AnyInvocable<void(absl::StatusOr<Contents>)> done);
  void LoadConfiguration(Contents contents,
                         absl::AnyInvocable<void(absl::StatusOr<Contents>)> done);
  void Save(Slot& slot, std::string bytes, StatusHandler done);
  // The steps of a save, in order; each starts the next.
  void Open(Slot& slot);
  void Truncate(Slot& slot);
  void Write(Slot& slot);
  void Sync(Slot& slot);
  void Rename(Slot& slot);
  void SyncDirectory(Slot& slot);
  void Finish(Slot& slot, const absl::Status& status);
  void Fail(const absl::Status& status);

  Disk& disk_;
  Options options_;
  Slot voter_;
  Slot configuration_;
  bool failed_ = false;
};

}  // namespace holdfast
