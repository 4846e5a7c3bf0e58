// What the process tells the service manager that started it (systemd's sd_notify(3)): one datagram
// per message to the socket that $NOTIFY_SOCKET names.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

class ServiceManager {
 public:
  // Reads the environment: $NOTIFY_SOCKET, $WATCHDOG_USEC, $WATCHDOG_PID. If nobody is to be told,
  // all messages are dropped.
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". Whether it was taken.
  bool Tell(absl::string_view message);
  // How often it wants to hear WATCHDOG=1, twice as often as it must; nothing: not at all.
  std::optional<Nanos> watchdog() const { return watchdog_; }

 private:
  int socket_ = -1;
  std::string path_;  // of the socket; an abstract one begins with a zero byte
  std::optional<Nanos> watchdog_;
};

}  // namespace holdfast
