// Plays a transcript against a server and compares what comes back.
//
// The server is whatever a TranscriptTarget reaches: a process behind sockets, or a node inside the
// simulator. A section that fails is given up at its first difference; the others still run.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "net/base/types.h"
#include "net/resp/reply_value.h"
#include "tests/support/transcript.h"

namespace holdfast {

class TranscriptTarget {
 public:
  virtual ~TranscriptTarget() = default;
  // The first use of a client name connects it.
  virtual absl::Status Send(absl::string_view client, absl::string_view bytes) = 0;
  // The client's next reply or push. nullopt: the server has closed the connection.
  virtual absl::StatusOr<absl::optional<ReplyValue>> ReadReply(absl::string_view client) = 0;
  // Lets `duration` pass for the server.
  virtual absl::Status Advance(Nanos duration) = 0;
  // Closes every client's connection.
  virtual void CloseClients() = 0;
};

struct TranscriptReport {
  size_t sections_run = 0;
  size_t sections_skipped = 0;
  // One per failed section: where, what was expected, what came.
  std::vector<std::string> failures;
  // The file with every expectation that failed, or was missing, replaced by what came; patterns
  // are kept. Only with TranscriptOptions::rewrite.
  std::string rewritten;
};

struct TranscriptOptions {
  // What the server claims to be, "7.0.15": sections that need more are skipped.
  std::string server_version;
  // Record instead of compare.
  bool rewrite = false;
  // The server asks another one: sections about a node that stands alone are skipped.
  bool through_replica = false;
};

TranscriptReport RunTranscript(const Transcript& transcript, const TranscriptOptions& options,
                               TranscriptTarget& target);

}  // namespace holdfast
