#include "net/posix/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/base/status.h"
#include "net/posix/system.h"

namespace holdfast {
namespace {

absl::Status SetOption(int fd, int level, int option, int value, absl::string_view name) {
  if (setsockopt(fd, level, option, &value, sizeof(value)) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("set ", name));
}

// The first probe after `seconds` of silence, then three more, a third of that apart, as Redis
// does.
absl::Status SetKeepAlive(int fd, int seconds) {
  RETURN_IF_ERROR(SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"));
  RETURN_IF_ERROR(SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds, "TCP_KEEPIDLE"));
  const int interval = std::max(1, seconds / 3);
  RETURN_IF_ERROR(SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval, "TCP_KEEPINTVL"));
  return SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT");
}

// Tells apart what Listen promises to.
absl::Status AddressStatus(int error, absl::string_view what) {
  const std::string text = absl::StrCat(what, ": ", std::strerror(error));
  switch (error) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(text);
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return absl::UnavailableError(text);
    default:
      return ErrnoStatus(error, what);
  }
}

absl::StatusOr<UniqueFd> OpenSocket(int family, SocketMode mode) {
  const int flags = SOCK_CLOEXEC | (mode == SocketMode::kNonBlocking ? SOCK_NONBLOCK : 0);
  UniqueFd fd(socket(family, SOCK_STREAM | flags, 0));
  if (!fd.is_open()) return AddressStatus(errno, "open a socket");
  if (family != AF_UNIX) {
    RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
  }
  return fd;
}

absl::Status SetListenOptions(int fd, int family, const ListenOptions& options) {
  if (family == AF_UNIX) return absl::OkStatus();
  RETURN_IF_ERROR(SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
  if (family == AF_INET6) {
    RETURN_IF_ERROR(SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"));
  }
  return options.tcp_keepalive_seconds > 0 ? SetKeepAlive(fd, options.tcp_keepalive_seconds)
                                           : absl::OkStatus();
}

// True if the path is a socket's file whose listener has gone: a connection is refused.
bool IsAbandoned(const SocketAddress& address, const std::string& path) {
  struct stat file;
  if (lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe.is_open() && connect(probe.get(), address.get(), address.length) != 0 &&
         errno == ECONNREFUSED;
}

bool IsAnyHost(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return ipv4->sin_addr.s_addr == htonl(INADDR_ANY);
  }
  if (address.family() == AF_INET6) {
    const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    return IN6_IS_ADDR_UNSPECIFIED(&ipv6->sin6_addr);
  }
  return false;
}

absl::Status BindAndListen(int fd, const SocketAddress& to, const Address& address,
                           const ListenOptions& options) {
  RETURN_IF_ERROR(SetListenOptions(fd, to.family(), options));
  if (address.is_unix() && IsAbandoned(to, address.unix_path)) unlink(address.unix_path.c_str());
  if (bind(fd, to.get(), to.length) != 0) return AddressStatus(errno, "bind");
  // Between bind and listen nobody can connect, so the permissions hold from the first client on.
  if (address.is_unix() && options.unix_permissions != 0 &&
      chmod(address.unix_path.c_str(), options.unix_permissions) != 0) {
    return ErrnoStatus(errno, "set the permissions");
  }
  if (listen(fd, options.backlog) != 0) return AddressStatus(errno, "listen");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Open(const Address& address,
                                                      const ListenOptions& options,
                                                      SocketMode mode) {
  const auto explain = [&address](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat("cannot listen on ", address.ToString(), ": ",
                                                    status.message()));
  };
  auto to = ResolveToListen(address);
  if (!to.ok()) return explain(to.status());
  auto fd = OpenSocket(to->family(), mode);
  if (!fd.ok()) return explain(fd.status());
  if (auto status = BindAndListen(fd->get(), *to, address, options); !status.ok()) {
    return explain(status);
  }
  Address local = LocalOf(fd->get());
  return ListeningSocket(*std::move(fd), std::move(local), IsAnyHost(*to));
}

ListeningSocket::~ListeningSocket() {
  if (fd_.is_open() && local_.is_unix()) unlink(local_.unix_path.c_str());
}

std::unique_ptr<Connection> ListeningSocket::Adopt(UniqueFd accepted) const {
  const int fd = accepted.get();
  return std::make_unique<SocketConnection>(std::move(accepted),
                                            local_.is_unix() ? local_ : PeerOf(fd),
                                            any_host_ ? LocalOf(fd) : local_);
}

absl::StatusOr<UniqueFd> OpenForConnect(const SocketAddress& to, SocketMode mode) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenSocket(to.family(), mode));
  if (to.family() != AF_UNIX) {
    RETURN_IF_ERROR(SetKeepAlive(fd.get(), ListenOptions().tcp_keepalive_seconds));
    RETURN_IF_ERROR(
        SetOption(fd.get(), IPPROTO_TCP, TCP_SYNCNT, limits::kConnectSynRetries, "TCP_SYNCNT"));
  }
  return fd;
}

std::unique_ptr<Connection> AdoptConnected(UniqueFd fd, const SocketAddress& to) {
  Address peer = to.ToAddress();
  Address local = peer.is_unix() ? peer : LocalOf(fd.get());
  return std::make_unique<SocketConnection>(std::move(fd), std::move(peer), std::move(local));
}

void DiscardArrived(int fd) {
  char bytes[4096];
  for (size_t discarded = 0; discarded < limits::kDiscardedOnCloseMax;) {
    const ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got <= 0) return;
    discarded += static_cast<size_t>(got);
  }
}

}  // namespace holdfast
