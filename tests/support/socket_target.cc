#include "tests/support/socket_target.h"

#include <chrono>
#include <thread>
#include <utility>

#include "net/base/status.h"

namespace holdfast {

absl::StatusOr<SocketClient*> SocketTarget::ClientNamed(absl::string_view name) {
  auto& client = clients_[std::string(name)];
  if (client == nullptr) {
    ASSIGN_OR_RETURN(client, server_.Connect());
  }
  return client.get();
}

absl::Status SocketTarget::Send(absl::string_view client, absl::string_view bytes) {
  ASSIGN_OR_RETURN(SocketClient * connection, ClientNamed(client));
  return connection->Send(bytes);
}

absl::StatusOr<absl::optional<ReplyValue>> SocketTarget::ReadReply(absl::string_view client) {
  ASSIGN_OR_RETURN(SocketClient * connection, ClientNamed(client));
  return connection->Read();
}

absl::Status SocketTarget::Advance(Nanos duration) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(duration.value));
  return absl::OkStatus();
}

}  // namespace holdfast
