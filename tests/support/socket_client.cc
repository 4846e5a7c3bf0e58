#include "tests/support/socket_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

using SteadyClock = std::chrono::steady_clock;

absl::Status SystemError(absl::string_view action) {
  return absl::UnavailableError(absl::StrCat(action, ": ", std::strerror(errno)));
}

// Waits until the socket is readable; false when the deadline has passed.
bool AwaitReadable(int descriptor, SteadyClock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd event{.fd = descriptor, .events = POLLIN};
    const int ready = poll(&event, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;  // the read that follows reports what is wrong
  }
}

}  // namespace

std::string EncodeRequest(absl::Span<const std::string> arguments) {
  std::string bytes = absl::StrCat("*", arguments.size(), "\r\n");
  for (const std::string& argument : arguments) {
    absl::StrAppend(&bytes, "$", argument.size(), "\r\n", argument, "\r\n");
  }
  return bytes;
}

absl::StatusOr<std::unique_ptr<SocketClient>> SocketClient::Connect(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return SystemError("socket");
  auto client = std::unique_ptr<SocketClient>(new SocketClient(descriptor));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return SystemError(absl::StrCat("connect to 127.0.0.1:", port));
  }
  const int on = 1;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
    return SystemError("setsockopt TCP_NODELAY");
  }
  return client;
}

SocketClient::~SocketClient() { close(descriptor_); }

absl::Status SocketClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return absl::OkStatus();
    } else if (errno != EINTR) {
      return SystemError("send");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<ReplyValue>> SocketClient::Read(Nanos timeout) {
  const auto deadline = SteadyClock::now() + std::chrono::nanoseconds(timeout.value);
  while (true) {
    ASSIGN_OR_RETURN(absl::optional<ReplyValue> reply, parser_.Next());
    if (reply.has_value()) return reply;
    if (!AwaitReadable(descriptor_, deadline)) {
      return absl::DeadlineExceededError(parser_.mid_reply() ? "only part of a reply came in time"
                                                             : "no reply came in time");
    }
    std::array<char, 64 * 1024> piece;
    const ssize_t received = recv(descriptor_, piece.data(), piece.size(), 0);
    if (received > 0) {
      parser_.Feed({piece.data(), static_cast<size_t>(received)});
    } else if (received == 0 || errno == ECONNRESET) {
      if (parser_.mid_reply()) return absl::DataLossError("the connection was closed in a reply");
      return absl::nullopt;
    } else if (errno != EINTR) {
      return SystemError("recv");
    }
  }
}

absl::StatusOr<ReplyValue> SocketClient::Call(const std::vector<std::string>& arguments) {
  RETURN_IF_ERROR(Send(EncodeRequest(arguments)));
  ASSIGN_OR_RETURN(absl::optional<ReplyValue> reply, Read());
  if (!reply.has_value()) {
    return absl::UnavailableError(absl::StrCat("connection closed instead of a reply to ",
                                               arguments.empty() ? "" : arguments[0]));
  }
  return *std::move(reply);
}

}  // namespace holdfast
