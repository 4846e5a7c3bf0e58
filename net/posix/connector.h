// Connector: a connect under way: tries the addresses of a host in turn, whichever way the kernel
// is asked to connect.
#pragma once

#include <utility>
#include <vector>

#include "net/posix/socket.h"
#include "net/runtime/stream.h"

namespace holdfast {

class Connector {
 public:
  // There is at least one address.
  Connector(std::vector<SocketAddress> addresses, ConnectHandler done, SocketMode mode)
      : addresses_(std::move(addresses)), done_(std::move(done)), mode_(mode) {}
  virtual ~Connector() = default;

  // Begins with the next address. Without one, retires and reports `error`, that of the last.
  void TryNext(absl::Status error = absl::OkStatus());

 protected:
  // Begins to connect, or returns an errno value. Completed follows, not inside the call.
  virtual int Begin(int fd, const SocketAddress& to) = 0;
  // Nothing is asked of the connector any more; it may be destroyed after the current callback.
  virtual void Retire() = 0;
  // The attempt has ended with this errno value, 0 for success. May report and retire.
  void Completed(int error);
  bool is_trying() const { return fd_.is_open(); }
  int fd() const { return fd_.get(); }

 private:
  const SocketAddress& current() const { return addresses_[next_ - 1]; }
  absl::Status BeginCurrent();
  absl::Status Explain(int error) const;

  const std::vector<SocketAddress> addresses_;
  size_t next_ = 0;
  ConnectHandler done_;
  const SocketMode mode_;
  UniqueFd fd_;
};

}  // namespace holdfast
