// Termination: SIGTERM and SIGINT as an event of a loop.
//
// The signal handler may do next to nothing, so it writes the signal's number into a pipe whose
// other end a loop watches. Signals belong to the process: one Termination at a time.
#pragma once

#include <signal.h>

#include "absl/functional/any_invocable.h"
#include "net/posix/unique_fd.h"

namespace holdfast {

class Termination {
 public:
  explicit Termination(absl::AnyInvocable<void(int signal)> handler);
  // Gives the signals back to whom they belonged before.
  ~Termination();
  Termination(const Termination&) = delete;
  Termination& operator=(const Termination&) = delete;

  // To be watched; Deliver is due when it is readable.
  int descriptor() const { return read_end_.get(); }
  // Calls the handler for each signal that has arrived.
  void Deliver();

 private:
  absl::AnyInvocable<void(int signal)> handler_;
  UniqueFd read_end_;
  UniqueFd write_end_;
  struct sigaction previous_term_;
  struct sigaction previous_int_;
};

}  // namespace holdfast
