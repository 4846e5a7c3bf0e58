// Listening, accepting and connecting: addresses, errors, files of UNIX sockets.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>

#include "net/runtime/patient_listen.h"
#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

using testing::Values;
namespace files = std::filesystem;

class ListenTest : public StreamTest {
 protected:
  ListenTest() {
    const auto number = std::to_string(getpid()) + "-" + std::to_string(next_folder_++);
    folder_ = files::temp_directory_path() / ("holdfast-listen-" + number);
    files::create_directories(folder_);
  }
  ~ListenTest() override { files::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<Listener>> TryListen(const Address& address,
                                                      const ListenOptions& options = {}) {
    return On(loop(), [&] { return loop().Listen(address, options, [](auto) {}); });
  }
  bool CanListen(const Address& address) {
    return On(loop(), [&] { return loop().Listen(address, {}, [](auto) {}).ok(); });
  }
  void Destroy(std::unique_ptr<Listener> listener) {
    On(loop(), [&] { listener.reset(); });
  }
  absl::StatusOr<std::unique_ptr<Connection>> TryConnect(const Address& to) {
    std::promise<absl::StatusOr<std::unique_ptr<Connection>>> done;
    loop().Post([&] {
      loop().Connect(to, [&](auto connection) { done.set_value(std::move(connection)); });
    });
    return done.get_future().get();
  }

  static inline int next_folder_ = 0;
  files::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Runtimes, ListenTest, Values(Backend::kEpoll, Backend::kUring),
                         BackendName);

TEST_P(ListenTest, NamesBothEndsOfAConnection) {
  START_RUNTIME_OR_SKIP();
  Serve(Echo);
  EXPECT_NE(address().port, 0);
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] {
    EXPECT_EQ(server.stream->local().ToString(), address().ToString());
    EXPECT_EQ(server.stream->peer().ToString(), client.local().ToString());
    EXPECT_GT(server.stream->descriptor(), 2);
  });
}

TEST_P(ListenTest, PatienceOutlastsAPredecessor) {
  START_RUNTIME_OR_SKIP();
  auto predecessor = TryListen({.host = "127.0.0.1"});
  ASSERT_TRUE(predecessor.ok());
  const Address address = (*predecessor)->local();
  std::unique_ptr<Listener> successor;
  int attempts = 0;
  std::promise<absl::Status> done;
  loop().Post([&] {
    ListenPatiently(loop(), runtime_->clock(),
                    {.listen = [&]() -> absl::Status {
                       // It leaves between the second attempt and the third.
                       if (++attempts == 3) predecessor->reset();
                       auto listener = loop().Listen(address, {}, [](auto) {});
                       if (listener.ok()) successor = *std::move(listener);
                       return listener.status();
                     },
                     .done = [&](absl::Status status) { done.set_value(std::move(status)); },
                     .patience = Seconds(30)});
  });
  const absl::Status status = done.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GE(attempts, 3);
  Destroy(std::move(successor));
}

TEST_P(ListenTest, PatienceEnds) {
  START_RUNTIME_OR_SKIP();
  auto other = TryListen({.host = "127.0.0.1"});
  ASSERT_TRUE(other.ok());
  std::promise<absl::Status> done;
  loop().Post([&] {
    ListenPatiently(
        loop(), runtime_->clock(),
        {.listen = [&] { return loop().Listen((*other)->local(), {}, [](auto) {}).status(); },
         .done = [&](absl::Status status) { done.set_value(std::move(status)); },
         .patience = Milliseconds(20)});
  });
  EXPECT_EQ(done.get_future().get().code(), absl::StatusCode::kAlreadyExists);
  Destroy(*std::move(other));
}

TEST_P(ListenTest, APortInUseIsNamed) {
  START_RUNTIME_OR_SKIP();
  Serve(Echo);
  const auto second = TryListen(address());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            "cannot listen on 127.0.0.1:" + std::to_string(address().port) +
                ": bind: Address already in use");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(ListenTest, AnAddressOfAnotherMachineIsUnavailable) {
  START_RUNTIME_OR_SKIP();
  // Set aside for documentation, so nobody's (RFC 5737).
  const auto listener = TryListen({.host = "192.0.2.1"});
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kUnavailable) << listener.status();
}

TEST_P(ListenTest, ADestroyedListenerFreesItsPort) {
  START_RUNTIME_OR_SKIP();
  auto first = TryListen({.host = "127.0.0.1"});
  ASSERT_TRUE(first.ok()) << first.status();
  const Address bound = (*first)->local();
  On(loop(), [&] {
    first->reset();
    auto again = loop().Listen(bound, {}, [](auto) {});
    EXPECT_TRUE(again.ok()) << again.status();
  });
}

TEST_P(ListenTest, AListenerMayEndWithItsFirstConnection) {
  START_RUNTIME_OR_SKIP();
  std::unique_ptr<Listener> listener;
  std::promise<void> accepted;
  const Address bound = On(loop(), [&] {
    listener = *loop().Listen({.host = "127.0.0.1"}, {}, [&](auto) {
      listener.reset();
      accepted.set_value();
    });
    return listener->local();
  });
  Client client(bound);
  accepted.get_future().get();
  EXPECT_EQ(client.ReceiveToEnd(), "");
  EXPECT_EQ(TryConnect(bound).status().code(), absl::ErrnoToStatusCode(ECONNREFUSED));
}

TEST_P(ListenTest, ServesIpv6) {
  START_RUNTIME_OR_SKIP();
  if (!CanListen({.host = "::1"})) GTEST_SKIP() << "this machine has no IPv6";
  Serve(Echo, {.host = "::1"});
  EXPECT_EQ(address().ToString(), "[::1]:" + std::to_string(address().port));
  Client client(address());
  ASSERT_TRUE(client.Send("six"));
  EXPECT_EQ(client.Receive(3), "six");
}

TEST_P(ListenTest, EveryIpv4AndEveryIpv6AddressShareAPort) {
  START_RUNTIME_OR_SKIP();
  if (!CanListen({.host = "::1"})) GTEST_SKIP() << "this machine has no IPv6";
  Serve(Echo, {.host = "*"});
  auto six = TryListen({.host = "::*", .port = address().port});
  EXPECT_TRUE(six.ok()) << six.status();
  Client client({.host = "127.0.0.1", .port = address().port});
  NotingHandler& server = handler();
  EXPECT_EQ(On(loop(), [&] { return server.stream->local().host; }), "127.0.0.1");
  Destroy(*std::move(six));
}

TEST_P(ListenTest, ServesAUnixSocketAndRemovesItsFile) {
  START_RUNTIME_OR_SKIP();
  const std::string path = folder_ / "server.sock";
  auto listener = TryListen({.unix_path = path}, {.unix_permissions = 0600});
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ((*listener)->local().ToString(), path + ":0");
  struct stat file;
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  Destroy(*std::move(listener));
  EXPECT_FALSE(files::exists(path));

  Serve(Echo, {.unix_path = path});
  Client client(address());
  const std::string bytes(1 << 20, 'u');
  std::thread writer([&] { EXPECT_TRUE(client.Send(bytes)); });
  EXPECT_EQ(client.Receive(bytes.size()), bytes);
  writer.join();
  EXPECT_EQ(On(loop(), [&] { return handler().stream->peer().ToString(); }), path + ":0");
}

TEST_P(ListenTest, ReplacesOnlyAnAbandonedUnixSocket) {
  START_RUNTIME_OR_SKIP();
  const std::string path = folder_ / "server.sock";
  auto alive = TryListen({.unix_path = path});
  ASSERT_TRUE(alive.ok()) << alive.status();
  EXPECT_FALSE(CanListen({.unix_path = path}));
  // A second name for the socket's file outlives the listener, as the first would after a crash.
  const std::string left_over = folder_ / "crashed.sock";
  files::create_hard_link(path, left_over);
  Destroy(*std::move(alive));
  EXPECT_TRUE(CanListen({.unix_path = left_over}));
  const std::string no_socket = folder_ / "notes.txt";
  std::fclose(std::fopen(no_socket.c_str(), "w"));
  EXPECT_FALSE(CanListen({.unix_path = no_socket}));
  EXPECT_TRUE(files::exists(no_socket));
}

TEST_P(ListenTest, AddressesThatCannotBeAreErrors) {
  START_RUNTIME_OR_SKIP();
  EXPECT_FALSE(CanListen({.host = "192.0.2.1"}));
  EXPECT_FALSE(CanListen({.host = "no.such.host.invalid"}));
  EXPECT_FALSE(CanListen({.unix_path = folder_ / "missing" / "server.sock"}));
  EXPECT_FALSE(CanListen({.unix_path = std::string(200, 'p')}));
  EXPECT_FALSE(TryConnect({.host = "no.such.host.invalid", .port = 1}).ok());
  EXPECT_FALSE(TryConnect({.unix_path = folder_ / "missing.sock"}).ok());
}

TEST_P(ListenTest, ARefusedConnectNamesTheAddress) {
  START_RUNTIME_OR_SKIP();
  auto listener = TryListen({.host = "127.0.0.1"});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const Address gone = (*listener)->local();
  Destroy(*std::move(listener));
  const auto refused = TryConnect(gone);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().message(), "connect to " + gone.ToString() + ": Connection refused");
}

TEST_P(ListenTest, ConnectsByNameTryingEachAddress) {
  START_RUNTIME_OR_SKIP();
  Serve(Echo);
  const auto connection = TryConnect({.host = "localhost", .port = address().port});
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->peer().ToString(), address().ToString());
}

TEST_P(ListenTest, PausesWhenDescriptorsRunOut) {
#ifdef HOLDFAST_SANITIZED
  GTEST_SKIP() << "sanitizers need descriptors of their own";
#endif
  START_RUNTIME_OR_SKIP();
  // Two descriptors are left: the listener and the client take them.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  const rlimit scarce{static_cast<rlim_t>(next) + 2, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &scarce), 0);
  Serve(Echo);
  Client client(address());
  ASSERT_TRUE(client.Send("patience"));
  const auto lines = logger_.WaitForLines(1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "Cannot accept connections on " + address().ToString() +
                          " for now: Too many open files");
  EXPECT_EQ(client.Receive(8), "patience");
}

}  // namespace
}  // namespace holdfast
