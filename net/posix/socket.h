// Sockets: opening them with the options a server wants, and the Connection that owns one.
//
// Accepted sockets inherit TCP_NODELAY and the keep-alive settings from the listening socket, so
// that accepting costs no further system call for them.
#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "net/posix/socket_address.h"
#include "net/posix/unique_fd.h"
#include "net/runtime/stream.h"

namespace holdfast {

// Whether calls on the socket block the caller. An io_uring completes blocking ones by itself.
enum class SocketMode { kBlocking, kNonBlocking };

class SocketConnection : public Connection {
 public:
  SocketConnection(UniqueFd fd, Address peer, Address local)
      : fd_(std::move(fd)), peer_(std::move(peer)), local_(std::move(local)) {}
  const Address& peer() const override { return peer_; }
  const Address& local() const override { return local_; }

 private:
  friend class SocketStream;
  UniqueFd fd_;
  Address peer_;
  Address local_;
};

// A bound, listening socket. Destroying it closes it and removes a UNIX socket's file.
class ListeningSocket {
 public:
  // Binds and listens at once. A UNIX socket's file that nobody listens on any more is replaced.
  static absl::StatusOr<ListeningSocket> Open(const Address& address, const ListenOptions& options,
                                              SocketMode mode);
  ListeningSocket(ListeningSocket&&) = default;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  const Address& local() const { return local_; }
  // Wraps a socket that accept returned.
  std::unique_ptr<Connection> Adopt(UniqueFd accepted) const;

 private:
  ListeningSocket(UniqueFd fd, Address local, bool any_host)
      : fd_(std::move(fd)), local_(std::move(local)), any_host_(any_host) {}

  UniqueFd fd_;
  Address local_;
  bool any_host_;  // bound to every address: each connection has a local address of its own
};

// A socket that can be connected to `to`.
absl::StatusOr<UniqueFd> OpenForConnect(const SocketAddress& to, SocketMode mode);
// Wraps a socket whose connect to `to` has succeeded.
std::unique_ptr<Connection> AdoptConnected(UniqueFd fd, const SocketAddress& to);

// Takes what has arrived, up to a bound, and throws it away: closing a TCP socket with unread bytes
// resets it, and the peer may then lose the last bytes it was sent.
void DiscardArrived(int fd);

}  // namespace holdfast
