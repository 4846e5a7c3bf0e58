#include "net/posix/posix_runtime.h"

#include <signal.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/status.h"

namespace holdfast {

PosixRuntime::PosixRuntime(absl::string_view io_name, const ThreadedRuntimeOptions& options)
    : io_name_(io_name), logger_(*options.logger), files_(limits::kFileThreads) {}

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> PosixRuntime::Make(
    absl::string_view io_name, const ThreadedRuntimeOptions& options, const LoopMaker& make_loop) {
  CHECK(options.logger != nullptr);
  CHECK(options.loops >= 1);
  // A peer that went away is an error of the send, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  if (options.descriptors_wanted > 0) {
    const uint64_t allowed = RaiseDescriptorLimit(options.descriptors_wanted);
    if (allowed < options.descriptors_wanted) {
      options.logger->Write(LogLevel::kWarning,
                            absl::StrCat("Only ", allowed, " of the ", options.descriptors_wanted,
                                         " open files wanted are allowed (ulimit -n)"));
    }
  }
  auto runtime = std::unique_ptr<PosixRuntime>(new PosixRuntime(io_name, options));
  const LoopServices services{.logger = runtime->logger_,
                              .files = runtime->files_,
                              .close_patience = options.close_patience};
  for (int i = 0; i < options.loops; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<PosixLoop> loop, make_loop(services));
    runtime->loops_.push_back(std::move(loop));
  }
  return runtime;
}

void PosixRuntime::Run() {
  if (termination_ != nullptr) {
    loops_[0]->WatchReadable(termination_->descriptor(), [this] { termination_->Deliver(); });
  }
  std::vector<std::thread> threads;
  for (size_t i = 1; i < loops_.size(); ++i) {
    threads.emplace_back([this, i] {
      NameThread(absl::StrCat("loop-", i));
      loops_[i]->Run();
    });
  }
  loops_[0]->Run();
  for (std::thread& thread : threads) thread.join();
}

void PosixRuntime::Stop() {
  for (const auto& loop : loops_) loop->Stop();
}

void PosixRuntime::OnTerminate(absl::AnyInvocable<void(int signal)> handler) {
  CHECK(termination_ == nullptr);
  termination_ = std::make_unique<Termination>(std::move(handler));
}

}  // namespace holdfast
