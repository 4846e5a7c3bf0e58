// SocketAddress: an Address as the kernel writes it, and the way between the two.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "absl/status/statusor.h"
#include "net/runtime/stream.h"

namespace holdfast {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  // The numeric host and port, or the path; empty where the kernel knows none.
  Address ToAddress() const;
};

// The address to listen on: "" and "*" are every IPv4 address, "::" and "::*" every IPv6 address,
// and a name is looked up (which may block).
absl::StatusOr<SocketAddress> ResolveToListen(const Address& address);

// The addresses to try in turn when connecting. With kNumericOnly nothing is looked up: a name is
// NOT_FOUND.
enum class Lookup { kNumericOnly, kMayBlock };
absl::StatusOr<std::vector<SocketAddress>> ResolveToConnect(const Address& address, Lookup lookup);

// The two ends of a socket, as the kernel names them.
Address PeerOf(int fd);
Address LocalOf(int fd);

}  // namespace holdfast
