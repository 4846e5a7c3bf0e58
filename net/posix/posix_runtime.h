// PosixRuntime: clock, entropy, threads and signals around a set of loops; net/epoll and net/uring
// supply the loops.
//
// Destroy what was made with a runtime (listeners, connections, files) before the runtime.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/limits.h"
#include "net/posix/posix_loop.h"
#include "net/posix/termination.h"
#include "net/runtime/runtime.h"

namespace holdfast {

struct ThreadedRuntimeOptions {
  int loops = 1;
  Logger* logger = nullptr;  // required; outlives the runtime
  // Open files to allow: the soft limit is raised to it, as far as the hard one lets it. 0: as is.
  uint64_t descriptors_wanted = 0;
  // How long a closing connection waits for a peer that takes none of the last bytes.
  Nanos close_patience = Milliseconds(limits::kClosePatienceMillis);
};

class PosixRuntime : public ThreadedRuntime {
 public:
  using LoopMaker =
      std::function<absl::StatusOr<std::unique_ptr<PosixLoop>>(const LoopServices& services)>;
  // `io_name` is what the loops wait on; a literal.
  static absl::StatusOr<std::unique_ptr<ThreadedRuntime>> Make(
      absl::string_view io_name, const ThreadedRuntimeOptions& options, const LoopMaker& make_loop);

  const Clock& clock() const override { return clock_; }
  Entropy& entropy() override { return entropy_; }
  Logger& logger() override { return logger_; }
  absl::string_view io_name() const override { return io_name_; }
  int loop_count() const override { return static_cast<int>(loops_.size()); }
  EventLoop& loop(int index) override { return *loops_.at(static_cast<size_t>(index)); }
  uint64_t resident_bytes() const override { return ResidentBytes(); }
  uint64_t machine_memory_bytes() const override { return MachineMemoryBytes(); }
  CpuTime cpu_time() const override { return ProcessCpuTime(); }
  int process_id() const override { return getpid(); }

  void Run() override;
  void Stop() override;
  void OnTerminate(absl::AnyInvocable<void(int signal)> handler) override;

 private:
  PosixRuntime(absl::string_view io_name, const ThreadedRuntimeOptions& options);

  const absl::string_view io_name_;
  SystemClock clock_;
  SystemEntropy entropy_;
  Logger& logger_;
  std::unique_ptr<Termination> termination_;
  std::vector<std::unique_ptr<PosixLoop>> loops_;
  FilePool files_;  // after the loops: its threads post to them until it is gone
};

}  // namespace holdfast
