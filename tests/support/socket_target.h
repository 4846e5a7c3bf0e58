// A TranscriptTarget behind sockets: a server process, in real time.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/support/server_process.h"
#include "tests/support/socket_client.h"
#include "tests/support/transcript_runner.h"

namespace holdfast {

class SocketTarget : public TranscriptTarget {
 public:
  explicit SocketTarget(const ServerProcess& server) : server_(server) {}

  absl::Status Send(absl::string_view client, absl::string_view bytes) override;
  absl::StatusOr<absl::optional<ReplyValue>> ReadReply(absl::string_view client) override;
  // Waits that long.
  absl::Status Advance(Nanos duration) override;
  void CloseClients() override { clients_.clear(); }

 private:
  absl::StatusOr<SocketClient*> ClientNamed(absl::string_view name);

  const ServerProcess& server_;
  std::map<std::string, std::unique_ptr<SocketClient>> clients_;
};

}  // namespace holdfast
