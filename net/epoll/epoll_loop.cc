#include "net/epoll/epoll_loop.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/base/check.h"
#include "net/base/status.h"
#include "net/epoll/epoll_connector.h"
#include "net/epoll/epoll_listener.h"
#include "net/epoll/epoll_stream.h"

namespace holdfast {
namespace {

constexpr uintptr_t kDescriptorTag = 1;

template <typename Target>
Target& TargetOf(const epoll_event& event) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how a pointer travels with an event.
  return *reinterpret_cast<Target*>(event.data.u64 & ~kDescriptorTag);
}

class Readable : public EpollDescriptor {
 public:
  explicit Readable(Task on_readable) : on_readable_(std::move(on_readable)) {}
  void OnReady(uint32_t) override { on_readable_(); }

 private:
  Task on_readable_;
};

// epoll counts in milliseconds; a timer must not fire early.
int ToWaitMillis(Nanos timeout) {
  if (timeout.value < 0) return -1;
  return static_cast<int>(std::min<int64_t>((timeout.value + 999'999) / 1'000'000, 1 << 30));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PosixLoop>> EpollLoop::Make(const LoopServices& services) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return ErrnoStatus(errno, "create an epoll instance");
  auto loop = std::unique_ptr<EpollLoop>(new EpollLoop(services, std::move(epoll)));
  // Waking up is all that the eventfd is for.
  loop->WatchReadable(loop->wake_descriptor(), [] {});
  return loop;
}

EpollLoop::EpollLoop(const LoopServices& services, UniqueFd epoll)
    : PosixLoop(services),
      epoll_(std::move(epoll)),
      disk_(*this, services.files),
      receive_room_(new char[kReceiveRoom]) {}

void EpollLoop::Wait(Nanos timeout) {
  const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                               ToWaitMillis(timeout));
  CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    if ((event.data.u64 & kDescriptorTag) == 0) {
      TargetOf<EpollStream>(event).OnReady(event.events);
    } else {
      TargetOf<EpollDescriptor>(event).OnReady(event.events);
    }
  }
  retired_.clear();
}

absl::Status EpollLoop::Register(int fd, uint32_t events, uintptr_t target) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.u64 = target;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "watch a descriptor with epoll");
}

absl::Status EpollLoop::Watch(int fd, EpollStream& stream) {
  return Register(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, reinterpret_cast<uintptr_t>(&stream));
}

absl::Status EpollLoop::Watch(int fd, EpollDescriptor& descriptor) {
  return Register(fd, EPOLLIN | EPOLLOUT,
                  reinterpret_cast<uintptr_t>(&descriptor) | kDescriptorTag);
}

void EpollLoop::Unwatch(int fd) {
  CHECK_EQ(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr), 0);
}

void EpollLoop::Own(std::unique_ptr<EpollDescriptor> descriptor) {
  descriptors_.push_back(std::move(descriptor));
}

void EpollLoop::Retire(EpollDescriptor& descriptor) {
  const auto found = std::find_if(descriptors_.begin(), descriptors_.end(),
                                  [&](const auto& each) { return each.get() == &descriptor; });
  CHECK(found != descriptors_.end());
  retired_.push_back(std::move(*found));
  descriptors_.erase(found);
}

void EpollLoop::WatchReadable(int fd, Task on_readable) {
  auto readable = std::make_unique<Readable>(std::move(on_readable));
  const absl::Status watched = Watch(fd, *readable);
  CHECK(watched.ok());
  Own(std::move(readable));
}

absl::StatusOr<std::unique_ptr<Listener>> EpollLoop::Listen(const Address& address,
                                                            const ListenOptions& options,
                                                            AcceptHandler on_accept) {
  ASSIGN_OR_RETURN(ListeningSocket socket,
                   ListeningSocket::Open(address, options, SocketMode::kNonBlocking));
  const int fd = socket.fd();
  auto acceptor = std::make_unique<EpollAcceptor>(*this, services().logger, std::move(socket),
                                                  std::move(on_accept));
  EpollAcceptor& watched = *acceptor;
  Own(std::move(acceptor));
  auto listener = std::make_unique<EpollListener>(watched);
  RETURN_IF_ERROR(Watch(fd, watched));
  return listener;
}

Stream& EpollLoop::Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) {
  auto stream = std::make_unique<EpollStream>(*this, std::move(connection), handler);
  EpollStream& attached = *stream;
  Stream& result = AddStream(std::move(stream));
  attached.Start();
  return result;
}

void EpollLoop::ConnectToAny(std::vector<SocketAddress> addresses, ConnectHandler done) {
  auto connector = std::make_unique<EpollConnector>(*this, std::move(addresses), std::move(done));
  EpollConnector& started = *connector;
  Own(std::move(connector));
  // Some addresses answer at once, but no handler may run inside the caller's call.
  Post([&started] { started.TryNext(); });
}

}  // namespace holdfast
