#include "tools/kvctl/demo/wire.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/posix/system.h"

namespace holdfast::kvctl {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

bool IsForLater(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

void Wire::ContextDeleter::operator()(redisContext* context) const { redisFree(context); }

Wire::Wire(const Endpoint& to) : to_(to), context_(redisConnectNonBlock(to.host.c_str(), to.port)) {
  CHECK(context_ != nullptr);
}

Wire::~Wire() = default;

pollfd Wire::Wanted() const {
  // A socket that could not be made is reported by Move, at once.
  if (context_->err != 0) return {-1, 0, 0};
  const bool writes = connecting_ || !unsent_.empty();
  return {context_->fd, static_cast<int16_t>(writes ? POLLIN | POLLOUT : POLLIN), 0};
}

void Wire::Send(const Request& request) {
  absl::StrAppend(&unsent_, "*", request.size(), "\r\n");
  for (const std::string& word : request) {
    absl::StrAppend(&unsent_, "$", word.size(), "\r\n", word, "\r\n");
  }
}

bool Wire::FinishConnecting() {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return false;
  const int on = 1;
  setsockopt(context_->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connecting_ = false;
  return true;
}

bool Wire::Flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = send(context_->fd, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return IsForLater(errno);
    unsent_.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

bool Wire::Move(std::vector<ReplyValue>* replies) {
  if (context_->err != 0) return false;
  if (connecting_ && !FinishConnecting()) return false;
  if (!Flush()) return false;
  bool open = true;
  char bytes[kReadBytes];
  while (true) {
    const ssize_t got = recv(context_->fd, bytes, sizeof(bytes), 0);
    if (got > 0) parser_.Feed({bytes, static_cast<size_t>(got)});
    if (got == static_cast<ssize_t>(sizeof(bytes))) continue;
    open = got > 0 || (got < 0 && IsForLater(errno));
    break;
  }
  while (true) {
    absl::StatusOr<absl::optional<ReplyValue>> reply = parser_.Next();
    if (!reply.ok()) return false;
    if (!reply->has_value()) return open;
    replies->push_back(*std::move(*reply));
  }
}

std::vector<ReplyValue> Converse(const Endpoint& to, const std::vector<Request>& requests,
                                 Nanos patience) {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + patience;
  Wire wire(to);
  for (const Request& request : requests) wire.Send(request);
  std::vector<ReplyValue> replies;
  while (replies.size() < requests.size()) {
    const Nanos left = end - clock.Monotonic();
    if (left.value <= 0) break;
    pollfd waited = wire.Wanted();
    if (poll(&waited, 1, static_cast<int>(ToMillis(left).value + 1)) <= 0 && waited.fd >= 0)
      continue;
    if (!wire.Move(&replies)) break;
  }
  return replies;
}

}  // namespace holdfast::kvctl
