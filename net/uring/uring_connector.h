// Connecting with io_uring.
#pragma once

#include <utility>
#include <vector>

#include "net/posix/connector.h"
#include "net/uring/uring_loop.h"

namespace holdfast {

class UringConnector : public UringOperation, public Connector {
 public:
  UringConnector(UringLoop& loop, std::vector<SocketAddress> addresses, ConnectHandler done)
      : Connector(std::move(addresses), std::move(done), SocketMode::kBlocking), loop_(loop) {}

  void Complete(int result, bool) override { Completed(-result); }

 protected:
  int Begin(int fd, const SocketAddress& to) override {
    io_uring_prep_connect(loop_.Request(*this), fd, to.get(), to.length);
    return 0;
  }
  void Retire() override { loop_.Retire(*this); }

 private:
  UringLoop& loop_;
};

}  // namespace holdfast
