#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/base/limits.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "tests/sim/echo.h"

namespace holdfast {
namespace {

struct EchoWorld {
  explicit EchoWorld(uint64_t seed, const NetworkProfile& profile = {})
      : kernel(seed),
        network(kernel, profile),
        server(kernel, network, {.ip = "10.0.0.1"}),
        client(kernel, network, {.ip = "10.0.0.2"}) {}

  void BootServer(int loop_count = 3) {
    server.Boot(loop_count, [](Runtime& runtime) { return std::make_unique<EchoServer>(runtime); });
    kernel.RunUntil(kernel.now() + Milliseconds(1));
  }
  void BootClient(std::string text, std::string ip = "10.0.0.1") {
    client.Boot(1, [text, ip](Runtime& runtime) {
      return std::make_unique<EchoClient>(runtime, ip, text);
    });
  }
  void RunFor(Nanos time) { kernel.RunUntil(kernel.now() + time); }
  EchoServer& echo_server() { return *static_cast<EchoServer*>(server.program()); }
  EchoClient& echo_client() { return *static_cast<EchoClient*>(client.program()); }

  Kernel kernel;
  SimNetwork network;
  SimMachine server;
  SimMachine client;
};

TEST(SimNetwork, BytesComeBackInOrderWhateverTheSeedCuts) {
  int pieces = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EchoWorld world(seed);
    world.BootServer();
    const std::string text = EchoText(5000);
    world.BootClient(text);
    world.RunFor(Seconds(5));
    EXPECT_EQ(world.echo_client().received(), text);
    EXPECT_TRUE(world.echo_client().closed());
    EXPECT_TRUE(world.echo_client().reason().ok());
    EXPECT_EQ(world.echo_server().session_count(), 0u);
    EXPECT_TRUE(world.network.open_sockets().empty());
    pieces += world.echo_client().pieces();
  }
  EXPECT_GT(pieces, 40) << "deliveries are cut";
}

TEST(SimNetwork, ATransferLargerThanTheWindowIsHeldBackAndDrains) {
  EchoWorld world(1, {.window_bytes = 1000});
  world.BootServer();
  const std::string text = EchoText(50'000);
  world.BootClient(text);
  world.RunFor(Seconds(20));
  EXPECT_EQ(world.echo_client().received(), text);
  EXPECT_GT(world.echo_client().drained(), 0);
}

TEST(SimNetwork, ABandwidthCapTakesItsTime) {
  EchoWorld world(1, {.bytes_per_second = 100'000});
  world.BootServer();
  world.BootClient(EchoText(100'000));
  world.RunFor(Milliseconds(900));
  EXPECT_LT(world.echo_client().received().size(), 95'000u);
  world.RunFor(Seconds(2));
  EXPECT_EQ(world.echo_client().received().size(), 100'001u);
}

TEST(SimNetwork, AReaderThatPausesSlowsItsPeerDown) {
  EchoWorld world(2, {.window_bytes = 1000});
  world.BootServer();
  std::string text = EchoText(20'000);
  text.pop_back();  // the connection stays open
  world.BootClient(text);
  world.RunFor(Milliseconds(5));
  const size_t before = world.echo_client().received().size();
  EXPECT_LT(before, text.size());
  world.echo_client().stream()->SetReceiving(false);
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_client().received().size(), before);
  world.echo_client().stream()->SetReceiving(true);
  world.RunFor(Seconds(10));
  EXPECT_EQ(world.echo_client().received(), text);
}

TEST(SimNetwork, MuchToSendGivesADrainNoticeAlsoWhenNothingIsRefused) {
  EchoWorld world(1, {.short_write = {0, 1}, .window_bytes = 10'000'000});
  world.BootServer();
  world.BootClient("x");
  world.RunFor(Seconds(1));
  const auto send = [&](size_t count) {
    Buffer bytes;
    bytes.Append(std::string(count, 'x'));
    world.echo_client().stream()->Send(std::move(bytes));
    world.RunFor(Seconds(1));
    return world.echo_client().drained();
  };
  EXPECT_EQ(send(limits::kDrainNoticeBytes), 0);
  EXPECT_EQ(send(limits::kDrainNoticeBytes + 1), 1);
  EXPECT_EQ(send(limits::kDrainNoticeBytes), 1);
}

TEST(SimNetwork, WhoDoesNotReceiveLearnsThatThePeerHasClosed) {
  EchoWorld world(5);
  world.BootServer();
  world.BootClient("hello");
  world.RunFor(Seconds(1));
  ASSERT_EQ(world.echo_client().received(), "hello");
  world.echo_client().stream()->SetReceiving(false);
  world.server.Crash(SimMachine::CrashKind::kProcess);
  world.RunFor(Seconds(1));
  EXPECT_TRUE(world.echo_client().closed());
}

TEST(SimNetwork, WhatArrivedBeforeThePeerClosedWaitsForWhoDoesNotReceive) {
  EchoWorld world(6);
  world.BootServer();
  world.BootClient("hello");
  world.RunFor(Seconds(1));
  Stream& stream = *world.echo_client().stream();
  stream.SetReceiving(false);
  Buffer last;
  last.Append(" and goodbye.");
  stream.Send(std::move(last));
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_server().session_count(), 0u) << "the server has closed";
  EXPECT_EQ(world.echo_client().received(), "hello");
  ASSERT_FALSE(world.echo_client().closed());
  stream.SetReceiving(true);
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_client().received(), "hello and goodbye.");
  EXPECT_TRUE(world.echo_client().closed());
}

TEST(SimNetwork, NobodyListening) {
  EchoWorld world(1);
  world.BootClient("x.");
  world.RunFor(Seconds(1));
  EXPECT_THAT(world.echo_client().connected().message(),
              ::testing::HasSubstr("Connection refused"));
}

TEST(SimNetwork, AnUnknownHostTimesOut) {
  EchoWorld world(1);
  world.BootClient("x.", "10.9.9.9");
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_client().connected().code(), absl::StatusCode::kUnknown);
  world.RunFor(Seconds(10));
  EXPECT_EQ(world.echo_client().connected().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(SimNetwork, AKilledServerResetsOrEndsItsConnections) {
  EchoWorld world(3);
  world.BootServer();
  world.BootClient("hello");
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_client().received(), "hello");
  world.server.Crash(SimMachine::CrashKind::kProcess);
  world.RunFor(Seconds(1));
  EXPECT_TRUE(world.echo_client().closed());
  EXPECT_TRUE(world.network.open_sockets().empty());
}

TEST(SimNetwork, PowerLossIsSilentUntilTheMachineIsBack) {
  EchoWorld world(3);
  world.BootServer();
  world.BootClient("hello");
  world.RunFor(Seconds(1));
  world.server.Crash(SimMachine::CrashKind::kPower);
  Buffer into_the_void;
  into_the_void.Append("anyone?");
  world.echo_client().stream()->Send(std::move(into_the_void));
  world.RunFor(Seconds(10));
  EXPECT_FALSE(world.echo_client().closed());
  world.BootServer();
  Buffer again;
  again.Append("anyone now?");
  world.echo_client().stream()->Send(std::move(again));
  world.RunFor(Seconds(1));
  EXPECT_TRUE(world.echo_client().closed()) << "the new process does not know the connection";
  EXPECT_FALSE(world.echo_client().reason().ok());
}

TEST(SimNetwork, ABlockedLinkHoldsBytesBackAndLosesNone) {
  EchoWorld world(4);
  world.BootServer();
  std::string text = EchoText(3000);
  world.BootClient(text);
  world.RunFor(Nanos{});
  while (!world.echo_client().connected().ok()) ASSERT_TRUE(world.kernel.RunOne());
  world.network.SetLinkBlocked(world.server.host(), world.client.host(), true);
  world.RunFor(Seconds(3));
  EXPECT_LT(world.echo_client().received().size(), text.size());
  EXPECT_FALSE(world.echo_client().closed());
  world.network.SetLinkBlocked(world.server.host(), world.client.host(), false);
  world.RunFor(Seconds(1));
  EXPECT_EQ(world.echo_client().received(), text);
  EXPECT_TRUE(world.echo_client().closed());
  EXPECT_TRUE(world.network.open_sockets().empty());
}

TEST(SimNetwork, EndsOfABrokenConnectionLearnSoonLateOrNever) {
  int never = 0;
  int late = 0;
  constexpr int kSeeds = 100;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EchoWorld world(seed);
    world.BootServer();
    world.BootClient("hello");
    world.RunFor(Seconds(1));
    world.network.Break(SimNetwork::IdOf(*world.echo_client().stream()));
    Buffer lost;
    lost.Append("lost");
    world.echo_client().stream()->Send(std::move(lost));
    world.RunFor(Milliseconds(500));
    const bool soon = world.echo_client().closed();
    world.RunFor(Seconds(100));
    EXPECT_EQ(world.echo_client().received(), "hello");
    if (!world.echo_client().closed()) ++never;
    if (world.echo_client().closed() && !soon) ++late;
  }
  EXPECT_GT(never, 2);
  EXPECT_GT(late, 5);
  EXPECT_LT(never + late, 60);
}

TEST(SimNetwork, SendsOfOneCallbackAndTheCloseAfterThemAllArrive) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EchoWorld world(seed);
    world.BootServer();
    world.BootClient("12345.");
    world.RunFor(Seconds(1));
    EXPECT_EQ(world.echo_client().received(), "12345.");
    EXPECT_TRUE(world.echo_client().reason().ok());
  }
}

TEST(SimNetwork, AddressesAreTakenOnceAndFreedByTheirListener) {
  EchoWorld world(1);
  const Address address{.host = "10.0.0.1", .port = 80};
  const auto ignore = [](std::unique_ptr<Connection>) {};
  auto first =
      world.network.Listen(world.server.actor(), nullptr, world.server.host(), address, ignore);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(
      world.network.Listen(world.server.actor(), nullptr, world.server.host(), address, ignore)
          .status()
          .code(),
      absl::StatusCode::kAlreadyExists);
  first->reset();
  EXPECT_TRUE(
      world.network.Listen(world.server.actor(), nullptr, world.server.host(), address, ignore)
          .ok());
  EXPECT_FALSE(world.network
                   .Listen(world.server.actor(), nullptr, world.server.host(),
                           {.host = "10.0.0.9", .port = 80}, ignore)
                   .ok());
}

TEST(SimNetwork, TheSocketOfACallOnTheWrongLoopDies) {
  struct Wrong : SimProgram {
    explicit Wrong(Runtime& runtime) {
      runtime.loop(1).Post([&runtime] { runtime.loop(0).RunAfter(Nanos{}, [] {}); });
    }
  };
  EchoWorld world(1);
  world.server.Boot(2, [](Runtime& runtime) { return std::make_unique<Wrong>(runtime); });
  EXPECT_DEATH(world.RunFor(Seconds(1)), "CHECK failed");
}

TEST(SimNetwork, ABlackHoleSwallowsAndTellsNobody) {
  EchoWorld world(6);
  world.BootServer();
  world.BootClient("hello");
  world.RunFor(Seconds(1));
  world.network.BlackHole(SimNetwork::IdOf(*world.echo_client().stream()));
  Buffer more;
  more.Append("more");
  world.echo_client().stream()->Send(std::move(more));
  world.RunFor(Seconds(100));
  EXPECT_EQ(world.echo_client().received(), "hello");
  EXPECT_FALSE(world.echo_client().closed());
}

TEST(SimNetwork, LateBytesArriveAfterTheirSenderHasGivenUp) {
  int late = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EchoWorld world(seed);
    world.BootServer();
    world.BootClient("hello");
    world.RunFor(Seconds(1));
    const SocketId client = SimNetwork::IdOf(*world.echo_client().stream());
    world.network.Linger(client, Seconds(2));
    Buffer more;
    more.Append("more");
    world.echo_client().stream()->Send(std::move(more));
    world.RunFor(Seconds(1));
    EXPECT_TRUE(world.echo_client().closed());
    const bool server_still_there = !world.network.gone_at(PeerOf(client)).has_value();
    world.RunFor(Seconds(5));
    EXPECT_TRUE(world.network.gone_at(PeerOf(client)).has_value());
    late += server_still_there;
  }
  EXPECT_GT(late, 15);
}

TEST(SimNetwork, ASlowLinkIsSlowOneWayOnly) {
  EchoWorld world(7);
  world.BootServer();
  world.BootClient("a");
  world.RunFor(Seconds(1));
  const auto echo = [&] {
    Buffer more;
    more.Append("b");
    const size_t before = world.echo_client().received().size();
    world.echo_client().stream()->Send(std::move(more));
    const Nanos begin = world.kernel.now();
    while (world.echo_client().received().size() == before) world.RunFor(Milliseconds(1));
    return world.kernel.now() - begin;
  };
  EXPECT_LT(echo(), Milliseconds(500));
  world.network.SetLinkDelay(world.client.host(), world.server.host(), Seconds(1));
  const Nanos slow = echo();
  EXPECT_GT(slow, Seconds(1));
  EXPECT_LT(slow, Milliseconds(1500));
}

}  // namespace
}  // namespace holdfast
