#include "net/posix/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

absl::StatusOr<SocketAddress> UnixAddress(const std::string& path) {
  SocketAddress result;
  auto* address = reinterpret_cast<sockaddr_un*>(&result.storage);
  if (path.size() >= sizeof(address->sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": longer than the ",
                                                   sizeof(address->sun_path) - 1,
                                                   " bytes a UNIX socket's path may have"));
  }
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

absl::StatusOr<std::vector<SocketAddress>> LookUp(const std::string& host, uint16_t port,
                                                  int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::NotFoundError(absl::StrCat("look up host ", host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> result;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress& address = result.emplace_back();
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
  }
  if (result.empty())
    return absl::NotFoundError(absl::StrCat("look up host ", host, ": no address"));
  return result;
}

Address AskKernel(int fd, int (*question)(int, sockaddr*, socklen_t*)) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (question(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) return {};
  return address.ToAddress();
}

}  // namespace

Address SocketAddress::ToAddress() const {
  Address result;
  char text[INET6_ADDRSTRLEN];
  if (family() == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&storage);
    result.host = inet_ntop(AF_INET, &ipv4->sin_addr, text, sizeof(text));
    result.port = ntohs(ipv4->sin_port);
  } else if (family() == AF_INET6) {
    const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    result.host = inet_ntop(AF_INET6, &ipv6->sin6_addr, text, sizeof(text));
    result.port = ntohs(ipv6->sin6_port);
  } else if (family() == AF_UNIX && length > offsetof(sockaddr_un, sun_path)) {
    const auto* unix_address = reinterpret_cast<const sockaddr_un*>(&storage);
    const size_t room = length - offsetof(sockaddr_un, sun_path);
    result.unix_path.assign(unix_address->sun_path, strnlen(unix_address->sun_path, room));
  }
  return result;
}

absl::StatusOr<SocketAddress> ResolveToListen(const Address& address) {
  if (address.is_unix()) return UnixAddress(address.unix_path);
  const bool every_ipv4 = address.host.empty() || address.host == "*";
  const bool every_ipv6 = address.host == "::" || address.host == "::*";
  const std::string host = every_ipv4 ? "0.0.0.0" : every_ipv6 ? "::" : address.host;
  ASSIGN_OR_RETURN(const auto found, LookUp(host, address.port, AI_PASSIVE));
  return found.front();
}

absl::StatusOr<std::vector<SocketAddress>> ResolveToConnect(const Address& address, Lookup lookup) {
  if (address.is_unix()) {
    ASSIGN_OR_RETURN(const SocketAddress one, UnixAddress(address.unix_path));
    return std::vector<SocketAddress>{one};
  }
  return LookUp(address.host, address.port, lookup == Lookup::kNumericOnly ? AI_NUMERICHOST : 0);
}

Address PeerOf(int fd) { return AskKernel(fd, &getpeername); }
Address LocalOf(int fd) { return AskKernel(fd, &getsockname); }

}  // namespace holdfast
