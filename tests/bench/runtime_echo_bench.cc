// What one request and its reply cost the server in CPU time, on each runtime: 50 connections send
// a 40-byte request each, the server answers every one with 70 bytes, the client collects the
// answers. The time reported is the CPU time of the server's loop per request.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <time.h>

#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/base/check.h"
#include "net/epoll/epoll_runtime.h"
#include "net/posix/socket_address.h"
#include "net/uring/uring_runtime.h"

namespace holdfast {
namespace {

constexpr int kConnections = 50;
constexpr size_t kRequestBytes = 40;
constexpr size_t kReplyBytes = 70;

class SilentLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view) override {}
};

// Answers each whole request; those that arrive together are answered in one Send.
class Responder : public StreamHandler {
 public:
  void OnReceive(absl::string_view bytes) override {
    received_ += bytes.size();
    const size_t requests = received_ / kRequestBytes;
    received_ %= kRequestBytes;
    Buffer replies;
    std::memset(replies.Extend(requests * kReplyBytes), '+', requests * kReplyBytes);
    stream->Send(std::move(replies));
  }
  void OnSendDrained() override {}
  void OnClosed(const absl::Status&) override {}

  Stream* stream = nullptr;

 private:
  size_t received_ = 0;
};

// Runs the function on the loop and returns what it returns.
template <typename Function>
auto On(EventLoop& loop, Function function) {
  std::promise<decltype(function())> promise;
  loop.Post([&] { promise.set_value(function()); });
  return promise.get_future().get();
}

class Server {
 public:
  explicit Server(std::unique_ptr<ThreadedRuntime> runtime) : runtime_(std::move(runtime)) {
    thread_ = std::thread([this] { runtime_->Run(); });
    On(runtime_->loop(0), [this] {
      auto listener = runtime_->loop(0).Listen({.host = "127.0.0.1"}, {}, [this](auto connection) {
        Responder& handler = *handlers_.emplace_back(std::make_unique<Responder>());
        handler.stream = &runtime_->loop(0).Attach(std::move(connection), handler);
      });
      CHECK(listener.ok());
      listener_ = *std::move(listener);
      return 0;
    });
  }
  ~Server() {
    runtime_->Stop();
    thread_.join();
    listener_.reset();
  }

  const Address& address() const { return listener_->local(); }
  double CpuSeconds() {
    return On(runtime_->loop(0), [] {
      timespec time;
      CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    });
  }

 private:
  std::unique_ptr<ThreadedRuntime> runtime_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Responder>> handlers_;
  std::thread thread_;
};

std::vector<UniqueFd> ConnectAll(const Address& to) {
  const SocketAddress address = ResolveToConnect(to, Lookup::kNumericOnly)->front();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.emplace_back(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK_EQ(connect(clients.back().get(), address.get(), address.length), 0);
  }
  return clients;
}

void PingPong(benchmark::State& state, absl::StatusOr<std::unique_ptr<ThreadedRuntime>> (*make)(
                                           const ThreadedRuntimeOptions&)) {
  SilentLogger logger;
  auto runtime = make({.logger = &logger});
  if (!runtime.ok()) return state.SkipWithError(std::string(runtime.status().message()).c_str());
  Server server(*std::move(runtime));
  const std::vector<UniqueFd> clients = ConnectAll(server.address());
  const size_t pipeline = static_cast<size_t>(state.range(0));
  const std::string requests(kRequestBytes * pipeline, 'r');
  std::string replies(kReplyBytes * pipeline, '\0');
  constexpr int kRounds = 20;
  for (auto _ : state) {
    const double start = server.CpuSeconds();
    for (int round = 0; round < kRounds; ++round) {
      for (const UniqueFd& client : clients) {
        CHECK_EQ(send(client.get(), requests.data(), requests.size(), 0),
                 static_cast<ssize_t>(requests.size()));
      }
      for (const UniqueFd& client : clients) {
        CHECK_EQ(recv(client.get(), replies.data(), replies.size(), MSG_WAITALL),
                 static_cast<ssize_t>(replies.size()));
      }
    }
    state.SetIterationTime(server.CpuSeconds() - start);
  }
  const int64_t per_iteration = kRounds * kConnections * static_cast<int64_t>(pipeline);
  state.counters["cpu_per_request"] =
      benchmark::Counter(static_cast<double>(state.iterations() * per_iteration),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(PingPong, epoll, &MakeEpollRuntime)->Arg(1)->Arg(16)->Arg(64)->UseManualTime();
BENCHMARK_CAPTURE(PingPong, uring, &MakeUringRuntime)->Arg(1)->Arg(16)->Arg(64)->UseManualTime();

}  // namespace
}  // namespace holdfast
