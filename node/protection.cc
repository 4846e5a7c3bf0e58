#include "node/protection.h"

#include <utility>

namespace holdfast {
namespace {

// A connection that is told why it cannot stay. It deletes itself when the connection is gone.
class RefusedConnection : public StreamHandler {
 public:
  static void Refuse(EventLoop& loop, std::unique_ptr<Connection> connection,
                     absl::string_view error) {
    auto* refused = new RefusedConnection;
    Stream& stream = loop.Attach(std::move(connection), *refused);
    Buffer reply;
    reply.Append(error);
    stream.Send(std::move(reply));
    stream.Close(CloseMode::kAfterSend);
  }
  void OnReceive(absl::string_view) override {}
  void OnSendDrained() override {}
  void OnClosed(const absl::Status&) override { delete this; }
};

}  // namespace

const absl::string_view kProtectedModeError =
    "-DENIED Holdfast is running in protected mode because protected mode is enabled and no "
    "password is set for the default user. In this mode connections are only accepted from the "
    "loopback interface. To connect from other hosts set a password (requirepass), or, on a "
    "network you trust, set 'protected-mode no', with CONFIG SET from a loopback connection "
    "or in the configuration file.\r\n";

std::vector<BindAddress> BindAddresses(const std::vector<std::string>& bind, uint16_t port) {
  std::vector<BindAddress> addresses;
  for (absl::string_view host : bind) {
    const bool optional = !host.empty() && host[0] == '-';
    if (optional) host.remove_prefix(1);
    if (host == "*") host = "0.0.0.0";
    if (host == "::*") host = "::";
    addresses.push_back({{.host = std::string(host), .port = port}, optional});
  }
  return addresses;
}

bool IsLoopback(const Address& address) {
  return address.is_unix() || address.host == "::1" || address.host.rfind("127.", 0) == 0 ||
         address.host.rfind("::ffff:127.", 0) == 0;
}

bool MayConnect(const Settings& settings, const Address& peer) {
  return !settings.protected_mode || !settings.requirepass.empty() || IsLoopback(peer);
}

void RefuseConnection(EventLoop& loop, std::unique_ptr<Connection> connection,
                      absl::string_view error) {
  RefusedConnection::Refuse(loop, std::move(connection), error);
}

bool SamePassword(absl::string_view given, absl::string_view expected) {
  if (given.size() != expected.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ expected[i]);
  }
  return difference == 0;
}

}  // namespace holdfast
