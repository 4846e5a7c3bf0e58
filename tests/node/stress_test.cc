// Real threads on one node: several workers on one hot slot and on many, with commands that stop
// the world in between. Built with ThreadSanitizer it looks for races; everywhere it checks that
// what is atomic looks atomic and that nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "net/epoll/epoll_runtime.h"
#include "net/uring/uring_runtime.h"
#include "node/node.h"
#include "node/session.h"
#include "tests/support/server_process.h"
#include "tests/support/socket_client.h"

namespace holdfast {
namespace {

constexpr int kWorkers = 4;
constexpr int kClients = 6;
constexpr int kRounds = 400;

class SilentLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view) override {}
};

class NodeUnderStress {
 public:
  explicit NodeUnderStress(bool uring) : port_(FreePort().value_or(0)) {
    CHECK(port_ != 0);
    const ThreadedRuntimeOptions options{.loops = kWorkers + 2, .logger = &logger_};
    auto runtime = uring ? MakeUringRuntime(options) : MakeEpollRuntime(options);
    if (!runtime.ok()) return;
    runtime_ = *std::move(runtime);
    auto config = Config::Load({.arguments = {"--port", absl::StrCat(port_), "--bind", "127.0.0.1",
                                              "--save", "", "--enable-debug-command", "yes"},
                                .environment = {},
                                .working_directory = testing::TempDir(),
                                .read_files = nullptr});
    CHECK(config.ok());
    node_ = std::make_unique<Node>(*runtime_,
                                   Node::Options{.config = *std::move(config),
                                                 .config_path = "",
                                                 .on_stopped = [this] { runtime_->Stop(); }});
    node_->Start([this](absl::Status status) {
      CHECK(status.ok());
      started_ = true;
      started_.notify_all();
    });
    thread_ = std::thread([this] { runtime_->Run(); });
    started_.wait(false);
  }
  ~NodeUnderStress() {
    if (runtime_ == nullptr) return;
    node_->Stop();
    thread_.join();
    node_.reset();
  }
  bool running() const { return runtime_ != nullptr; }
  std::unique_ptr<SocketClient> Connect() const {
    auto client = SocketClient::Connect(port_);
    CHECK(client.ok());
    return *std::move(client);
  }

 private:
  SilentLogger logger_;
  const int port_;
  std::unique_ptr<ThreadedRuntime> runtime_;
  std::unique_ptr<Node> node_;
  std::atomic<bool> started_{false};
  std::thread thread_;
};

ReplyValue Call(SocketClient& client, const std::vector<std::string>& arguments) {
  auto reply = client.Call(arguments);
  CHECK(reply.ok());
  return *std::move(reply);
}

class StressTest : public testing::TestWithParam<bool> {
 protected:
  // Runs `body(client, index)` on kClients threads.
  template <typename Body>
  void OnAllClients(const NodeUnderStress& node, Body body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        auto client = node.Connect();
        body(*client, i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_P(StressTest, CountersLoseNoIncrementOnHotAndManySlots) {
  NodeUnderStress node(GetParam());
  if (!node.running()) GTEST_SKIP() << "this kernel refuses io_uring";
  OnAllClients(node, [](SocketClient& client, int index) {
    Prng prng(static_cast<uint64_t>(index));
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_FALSE(Call(client, {"INCR", "{hot}counter"}).is_error());
      EXPECT_FALSE(Call(client, {"INCRBY", absl::StrCat("many:", prng.Below(50)), "1"}).is_error());
      EXPECT_FALSE(
          Call(client, {"SET", absl::StrCat("{hot}", prng.Below(100)), "v", "PX", "3"}).is_error());
    }
  });
  auto client = node.Connect();
  EXPECT_EQ(Call(*client, {"GET", "{hot}counter"}).text, absl::StrCat(kClients * kRounds));
  int64_t sum = 0;
  for (int i = 0; i < 50; ++i) {
    sum += Call(*client, {"INCRBY", absl::StrCat("many:", i), "0"}).integer;
  }
  EXPECT_EQ(sum, kClients * kRounds);
}

TEST_P(StressTest, MultiKeyCommandsAndTransactionsAreAtomic) {
  NodeUnderStress node(GetParam());
  if (!node.running()) GTEST_SKIP() << "this kernel refuses io_uring";
  OnAllClients(node, [](SocketClient& client, int index) {
    for (int i = 0; i < kRounds; ++i) {
      const std::string value = absl::StrCat(index, ":", i);
      switch ((index + i) % 3) {
        case 0:
          Call(client, {"MSET", "a", value, "b", value, "c", value});
          break;
        case 1: {
          Call(client, {"MULTI"});
          Call(client, {"SET", "c", value});
          Call(client, {"SET", "b", value});
          Call(client, {"SET", "a", value});
          EXPECT_EQ(Call(client, {"EXEC"}).children.size(), 3u);
          break;
        }
        default: {
          const ReplyValue values = Call(client, {"MGET", "b", "a", "c"});
          ASSERT_EQ(values.children.size(), 3u);
          EXPECT_EQ(values.children[0], values.children[1]);
          EXPECT_EQ(values.children[1], values.children[2]);
        }
      }
    }
  });
}

TEST_P(StressTest, ElementsMoveBetweenListsWithoutLossWhileTheWorldIsStopped) {
  NodeUnderStress node(GetParam());
  if (!node.running()) GTEST_SKIP() << "this kernel refuses io_uring";
  {
    auto client = node.Connect();
    for (int i = 0; i < 200; ++i) Call(*client, {"RPUSH", "list:0", absl::StrCat("element ", i)});
  }
  OnAllClients(node, [](SocketClient& client, int index) {
    Prng prng(static_cast<uint64_t>(index) + 100);
    for (int i = 0; i < kRounds; ++i) {
      const std::string from = absl::StrCat("list:", prng.Below(8));
      const std::string to = absl::StrCat("list:", prng.Below(8));
      Call(client, {"LMOVE", from, to, "LEFT", "RIGHT"});
      if (i % 20 == 3) Call(client, {"CLIENT", "LIST"});
      if (i % 20 == 7) Call(client, {"INFO", "everything"});
      if (i % 20 == 11) Call(client, {"SCAN", "0", "COUNT", "100"});
      if (i % 50 == 13) Call(client, {"CONFIG", "SET", "maxclients", absl::StrCat(1000 + i)});
      if (i % 50 == 17) Call(client, {"SWAPDB", "0", "0"});
    }
  });
  auto client = node.Connect();
  int64_t left = 0;
  for (int i = 0; i < 8; ++i) left += Call(*client, {"LLEN", absl::StrCat("list:", i)}).integer;
  EXPECT_EQ(left, 200);
}

TEST_P(StressTest, WatchSeesEveryChangeOfOthers) {
  NodeUnderStress node(GetParam());
  if (!node.running()) GTEST_SKIP() << "this kernel refuses io_uring";
  std::atomic<int> committed{0};
  OnAllClients(node, [&](SocketClient& client, int) {
    for (int i = 0; i < kRounds / 4; ++i) {
      Call(client, {"WATCH", "balance"});
      const ReplyValue before = Call(client, {"GET", "balance"});
      const int64_t balance = before.is_null() ? 0 : std::stoll(before.text);
      Call(client, {"MULTI"});
      Call(client, {"SET", "balance", absl::StrCat(balance + 1)});
      if (!Call(client, {"EXEC"}).is_null()) ++committed;
    }
  });
  auto client = node.Connect();
  EXPECT_EQ(Call(*client, {"GET", "balance"}).text, absl::StrCat(committed.load()));
}

INSTANTIATE_TEST_SUITE_P(Runtimes, StressTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "uring" : "epoll"; });

}  // namespace
}  // namespace holdfast
