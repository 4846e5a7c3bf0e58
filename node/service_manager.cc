#include "node/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"

namespace holdfast {

ServiceManager::ServiceManager() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  path_ = path;
  if (path_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (path_[0] == '@') path_[0] = '\0';
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const char* period = std::getenv("WATCHDOG_USEC");
  const char* process = std::getenv("WATCHDOG_PID");
  int64_t microseconds = 0;
  if (period == nullptr || !absl::SimpleAtoi(period, &microseconds) || microseconds <= 0) return;
  int64_t meant = 0;
  if (process != nullptr && (!absl::SimpleAtoi(process, &meant) || meant != getpid())) return;
  watchdog_ = Nanos{microseconds * 1000 / 2};
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

bool ServiceManager::Tell(absl::string_view message) {
  if (socket_ < 0) return false;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  return sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&address),
                size) == static_cast<ssize_t>(message.size());
}

}  // namespace holdfast
