// EpollStream: a connection whose system calls are made when an edge or the owner gives reason to.
//
//   readable_  an edge said that there is something to receive and no receive has found the end
//   writable_  the kernel has not refused a send since the last edge
//
// A receive that does not fill the buffer has emptied the socket: whatever comes later makes a new
// edge. Sends are tried without asking first; only after a refusal is an edge awaited.
#pragma once

#include "net/epoll/epoll_loop.h"
#include "net/posix/socket_stream.h"

namespace holdfast {

class EpollStream : public SocketStream {
 public:
  EpollStream(EpollLoop& loop, std::unique_ptr<Connection> connection, StreamHandler& handler)
      : SocketStream(loop, std::move(connection), handler), loop_(loop) {}

  void Start();
  void OnReady(uint32_t events);
  void Settle() override;

 private:
  void Receive();
  // Notices, while no bytes are wanted, that no byte stands before the end of the input.
  void LookForEnd();
  void Flush();
  // The bytes the kernel took, or -1 with errno.
  ssize_t SendOnce();

  EpollLoop& loop_;
  bool readable_ = false;
  bool hung_up_ = false;  // the peer's end of input has arrived, perhaps behind other bytes
  bool writable_ = true;
};

}  // namespace holdfast
