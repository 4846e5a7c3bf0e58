// Two servers driven through one command sequence, reply by reply.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "net/resp/reply_value.h"
#include "tests/interop/differential/comparison.h"
#include "tests/interop/differential/generator.h"
#include "tests/support/server_process.h"

namespace holdfast {

struct Difference {
  size_t position = 0;  // in the sequence
  std::string redis;    // as tests/support/reply_notation.h writes it, or what went wrong
  std::string kvnode;
};

class Lockstep {
 public:
  struct Options {
    // Replies of kvnode to this command are altered before they are compared, so that a test can
    // see that differences are seen.
    std::string tampered_command;
  };
  Lockstep(const ServerProcess& redis, const ServerProcess& kvnode, const Comparison& comparison,
           Options options)
      : redis_(redis), kvnode_(kvnode), comparison_(comparison), options_(std::move(options)) {}

  // Empties both servers and sends the sequence over fresh connections. Returns the first
  // difference; the error says why there was no comparison.
  absl::StatusOr<absl::optional<Difference>> Run(absl::Span<const GeneratedCommand> sequence);

 private:
  const ServerProcess& redis_;
  const ServerProcess& kvnode_;
  const Comparison& comparison_;
  const Options options_;
};

// The shortest sequence found by leaving commands out while some difference stays; `sequence` shows
// one at its end. Runs `lockstep` a few hundred times at most.
std::vector<GeneratedCommand> Shrink(Lockstep& lockstep, std::vector<GeneratedCommand> sequence);

}  // namespace holdfast
