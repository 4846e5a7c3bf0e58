// What the runtime tests share: a runtime that runs on a thread of its own, a handler that notes
// what happens to its stream, and a client on a plain blocking socket.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/base/random.h"
#include "net/epoll/epoll_runtime.h"
#include "net/posix/socket_address.h"
#include "net/uring/uring_runtime.h"

namespace holdfast {

// Longer than any machine needs; only a failing test waits for it.
inline constexpr std::chrono::seconds kTestPatience{30};

enum class Backend { kEpoll, kUring };

inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kEpoll ? "epoll" : "uring";
}

class MemoryLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view line) override {
    std::lock_guard<std::mutex> lock(mutex_);
    lines_.emplace_back(line);
    changed_.notify_all();
  }
  std::vector<std::string> WaitForLines(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kTestPatience, [&] { return lines_.size() >= count; });
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

class RuntimeTest : public testing::TestWithParam<Backend> {
 protected:
  ~RuntimeTest() override { StopRuntime(); }

  // Makes and runs the runtime; skips the test where the kernel refuses io_uring.
  void StartRuntime(ThreadedRuntimeOptions options = {}) {
    MakeRuntime(options);
    if (runtime_ != nullptr) thread_ = std::thread([this] { runtime_->Run(); });
  }
  void MakeRuntime(ThreadedRuntimeOptions options = {}) {
    options.logger = &logger_;
    auto made =
        GetParam() == Backend::kEpoll ? MakeEpollRuntime(options) : MakeUringRuntime(options);
    if (!made.ok() && GetParam() == Backend::kUring) GTEST_SKIP() << made.status();
    ASSERT_TRUE(made.ok()) << made.status();
    runtime_ = *std::move(made);
  }
  void StopRuntime() {
    if (!thread_.joinable()) return;
    runtime_->Stop();
    thread_.join();
  }

  EventLoop& loop(int index = 0) { return runtime_->loop(index); }

  // Runs the function on a loop and returns what it returns.
  template <typename Function>
  auto On(EventLoop& loop, Function function) {
    using Result = decltype(function());
    std::promise<Result> promise;
    loop.Post([&] {
      if constexpr (std::is_void_v<Result>) {
        function();
        promise.set_value();
      } else {
        promise.set_value(function());
      }
    });
    return promise.get_future().get();
  }

  MemoryLogger logger_;
  std::unique_ptr<ThreadedRuntime> runtime_;
  std::thread thread_;
};

#define START_RUNTIME_OR_SKIP(...) \
  StartRuntime(__VA_ARGS__);       \
  if (IsSkipped() || HasFatalFailure()) return

// Notes what happens; its fields are read under Watch from other threads.
class NotingHandler : public StreamHandler {
 public:
  // Runs on the loop after bytes have been noted.
  std::function<void(NotingHandler&, absl::string_view)> on_receive;
  std::function<void(NotingHandler&)> on_drained;
  std::function<void(NotingHandler&)> on_closed;
  Stream* stream = nullptr;  // used on its loop only
  bool keeps_bytes = true;

  void OnReceive(absl::string_view bytes) override {
    Note([&] {
      received_bytes_ += bytes.size();
      if (keeps_bytes) received_.append(bytes.data(), bytes.size());
    });
    if (on_receive) on_receive(*this, bytes);
  }
  void OnSendDrained() override {
    Note([&] { ++drained_; });
    if (on_drained) on_drained(*this);
  }
  void OnClosed(const absl::Status& reason) override {
    if (on_closed) on_closed(*this);
    Note([&] { closings_.push_back(reason); });
  }

  struct Notes {
    std::string received;
    size_t received_bytes = 0;
    int drained = 0;
    std::vector<absl::Status> closings;
  };
  Notes notes() {
    std::lock_guard<std::mutex> lock(mutex_);
    return {received_, received_bytes_, drained_, closings_};
  }
  bool WaitForBytes(size_t count) {
    return Wait([&] { return received_bytes_ >= count; });
  }
  bool WaitForDrain() {
    return Wait([&] { return drained_ > 0; });
  }
  // The reason, once closed; an error of its own if that takes too long.
  absl::Status WaitForClose() {
    if (!Wait([&] { return !closings_.empty(); })) return absl::InternalError("never closed");
    return notes().closings.front();
  }

 private:
  template <typename Change>
  void Note(const Change& change) {
    std::lock_guard<std::mutex> lock(mutex_);
    change();
    changed_.notify_all();
  }
  template <typename Condition>
  bool Wait(const Condition& condition) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kTestPatience, condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string received_;
  size_t received_bytes_ = 0;
  int drained_ = 0;
  std::vector<absl::Status> closings_;
};

inline Buffer BufferOf(absl::string_view bytes) {
  Buffer buffer;
  buffer.Append(bytes);
  return buffer;
}

inline std::string RandomBytes(Prng& prng, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(prng.Next());
  return bytes;
}

// A blocking client. Its calls repeat after EINTR: a ring that this thread has closed may still
// interrupt a call with a time limit.
class Client {
 public:
  explicit Client(const Address& to) {
    const auto addresses = ResolveToConnect(to, Lookup::kNumericOnly);
    EXPECT_TRUE(addresses.ok()) << addresses.status();
    const SocketAddress& address = addresses->front();
    fd_ = UniqueFd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = kTestPatience.count(), .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd_.get(), address.get(), address.length) != 0) {
      EXPECT_EQ(errno, EINTR) << std::strerror(errno);
      AwaitConnected();
    }
  }

  // False if the connection broke first.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // Fewer bytes only at the end of the stream.
  std::string Receive(size_t size) {
    std::string bytes(size, '\0');
    size_t filled = 0;
    while (filled < size) {
      const ssize_t got = recv(fd_.get(), bytes.data() + filled, size - filled, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }
  // 0 if the stream ended in good order.
  int ErrorAtTheEnd() {
    char piece[4096];
    for (;;) {
      const ssize_t got = recv(fd_.get(), piece, sizeof(piece), 0);
      if (got == 0) return 0;
      if (got < 0 && errno != EINTR) return errno;
    }
  }
  std::string ReceiveToEnd() {
    std::string all;
    for (;;) {
      const std::string piece = Receive(4096);
      all += piece;
      if (piece.size() < 4096) return all;
    }
  }
  void EndOutput() { shutdown(fd_.get(), SHUT_WR); }
  void Close() { fd_.Close(); }
  // Closes with a reset instead of an orderly end.
  void Reset() {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    fd_.Close();
  }
  void SetReceiveBuffer(int bytes) {
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
  Address local() const { return LocalOf(fd_.get()); }

 private:
  void AwaitConnected() {
    pollfd connected{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
    while (poll(&connected, 1, -1) < 0) EXPECT_EQ(errno, EINTR);
    EXPECT_EQ(connected.revents, POLLOUT);
  }

  UniqueFd fd_;
};

// A listener on loop 0 whose connections are given handlers on any loop.
class StreamTest : public RuntimeTest {
 protected:
  ~StreamTest() override {
    StopRuntime();
    listener_.reset();
  }

  // Listens on loopback; every connection gets a handler made by `prepare`, on the loops in turn.
  void Serve(std::function<void(NotingHandler&)> prepare,
             const Address& address = {.host = "127.0.0.1"}) {
    On(loop(), [&] {
      auto listener = loop().Listen(
          address, {}, [this, prepare](auto connection) { Adopt(std::move(connection), prepare); });
      ASSERT_TRUE(listener.ok()) << listener.status();
      listener_ = *std::move(listener);
    });
  }
  const Address& address() const { return listener_->local(); }

  // The handler of the n-th connection, once it is attached.
  NotingHandler& handler(size_t n = 0) {
    std::unique_lock<std::mutex> lock(mutex_);
    CHECK(attached_changed_.wait_for(lock, kTestPatience, [&] { return attached_ > n; }));
    return *handlers_[n];
  }
  // The loop of the n-th connection.
  EventLoop& loop_of(size_t n = 0) { return loop(static_cast<int>(n) % runtime_->loop_count()); }

 private:
  void Adopt(std::unique_ptr<Connection> connection,
             const std::function<void(NotingHandler&)>& prepare) {
    std::unique_lock<std::mutex> lock(mutex_);
    EventLoop& target = loop_of(handlers_.size());
    NotingHandler& handler = *handlers_.emplace_back(std::make_unique<NotingHandler>());
    lock.unlock();
    prepare(handler);
    target.Post([this, &target, &handler, connection = std::move(connection)]() mutable {
      handler.stream = &target.Attach(std::move(connection), handler);
      std::lock_guard<std::mutex> lock(mutex_);
      ++attached_;
      attached_changed_.notify_all();
    });
  }

  std::unique_ptr<Listener> listener_;
  std::mutex mutex_;
  std::condition_variable attached_changed_;
  std::vector<std::unique_ptr<NotingHandler>> handlers_;  // in the order of acceptance
  size_t attached_ = 0;
};

inline void Echo(NotingHandler& handler) {
  handler.keeps_bytes = false;
  handler.on_receive = [](NotingHandler& self, absl::string_view bytes) {
    self.stream->Send(BufferOf(bytes));
  };
}

}  // namespace holdfast
