// Accepting connections with io_uring: one multishot accept per listener.
#pragma once

#include <utility>

#include "net/posix/acceptor.h"
#include "net/uring/uring_loop.h"

namespace holdfast {

class UringAcceptor : public UringOperation, public Acceptor {
 public:
  UringAcceptor(UringLoop& loop, Logger& logger, ListeningSocket socket, AcceptHandler on_accept)
      : Acceptor(loop, logger, std::move(socket), std::move(on_accept)), loop_(loop) {}

  void Arm();
  void Close();
  void Complete(int result, bool is_last) override;
  void Discard(int result) override { const UniqueFd unwanted(result); }

 protected:
  void Resume() override { Arm(); }

 private:
  UringLoop& loop_;
  bool in_flight_ = false;
};

class UringListener : public Listener {
 public:
  explicit UringListener(UringAcceptor& acceptor) : acceptor_(acceptor), local_(acceptor.local()) {}
  ~UringListener() override { acceptor_.Close(); }
  const Address& local() const override { return local_; }

 private:
  UringAcceptor& acceptor_;
  const Address local_;
};

}  // namespace holdfast
