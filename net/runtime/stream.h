// Byte-stream connections: TCP over IPv4 and IPv6, and UNIX sockets.
//
//   Listen/Connect --> Connection --Attach--> Stream <--> StreamHandler
//
// A Connection is an open socket that no loop watches yet: the loop that accepted it may hand it to
// another loop's thread, which attaches a handler and from then on owns the traffic.
//
// 1. Every call on a Stream, and every callback, happens on the thread of the loop it is attached
// to.
// 2. No callback runs inside a call that the handler's owner makes: completions come later.
// 3. OnClosed comes exactly once for every attached stream, after Close as well, and is the last
//    callback; the Stream dies when it returns.
// 4. Bytes arrive in order, in pieces cut anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"

namespace holdfast {

// Where a socket listens or connects. A non-empty unix_path makes it a UNIX socket; otherwise host
// is a numeric IPv4 or IPv6 address or a host name ("" and "*" mean every address, when listening).
struct Address {
  std::string host;
  uint16_t port = 0;
  std::string unix_path;

  // "127.0.0.1:6379", "[::1]:6379" or "/path:0", as CLIENT LIST prints them.
  std::string ToString() const;
  bool is_unix() const { return !unix_path.empty(); }
};

class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // The next bytes of the stream, at least one; the view dies with the call.
  virtual void OnReceive(absl::string_view bytes) = 0;
  // Everything given to Send so far has been taken by the kernel, so that a producer may go on.
  // Comes when the kernel had refused some of it, and always when unsent_bytes() has exceeded
  // limits::kDrainNoticeBytes since the last time.
  virtual void OnSendDrained() = 0;
  // OK: the peer closed, or we did. Otherwise what failed (reset, broken pipe).
  virtual void OnClosed(const absl::Status& reason) = 0;
};

enum class CloseMode {
  kAfterSend,  // stop receiving, send what is queued, then close
  kAbort,      // drop what is queued and close now
  kReset,      // also what the system has taken: what has not arrived by now never does
};

class Stream {
 public:
  virtual ~Stream() = default;
  // Queues bytes; they leave in order. Sends of one callback leave in as few system calls as
  // possible. Ignored after Close.
  virtual void Send(Buffer bytes) = 0;
  // Bytes that Send took and the kernel has not.
  virtual size_t unsent_bytes() const = 0;
  // While off, no OnReceive comes and the peer is slowed down by its own socket buffer once what
  // was already on its way is taken in; that part is delivered when switched on again. A peer that
  // closes with nothing left to deliver is noticed also while off. Starts on.
  virtual void SetReceiving(bool on) = 0;
  // Idempotent; a later kAbort or kReset overrides kAfterSend.
  virtual void Close(CloseMode mode) = 0;
  virtual const Address& peer() const = 0;
  virtual const Address& local() const = 0;
  // The descriptor number for CLIENT LIST; invented in simulation.
  virtual int descriptor() const = 0;
};

// An open socket that is not attached to a loop. Destroying it closes it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual const Address& peer() const = 0;
  virtual const Address& local() const = 0;
};

struct ListenOptions {
  int backlog = 511;
  // Permission bits of a UNIX socket's file; 0 leaves what the umask gives.
  uint32_t unix_permissions = 0;
  // Seconds of TCP keep-alive for accepted connections; 0 switches it off.
  int tcp_keepalive_seconds = 300;
};

// Accepts until destroyed. Destroying a UNIX listener removes its file.
class Listener {
 public:
  virtual ~Listener() = default;
  // The bound address, with the port the kernel chose if 0 was asked for.
  virtual const Address& local() const = 0;
};

using AcceptHandler = absl::AnyInvocable<void(std::unique_ptr<Connection>)>;
using ConnectHandler = absl::AnyInvocable<void(absl::StatusOr<std::unique_ptr<Connection>>)>;

}  // namespace holdfast
