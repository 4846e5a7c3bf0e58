// Links and servers in the simulator's network: connections break, one end hears of it late or
// never, bytes arrive cut and late, processes are killed while they shake hands. Built with the C
// library's clocks and random numbers trapped, OpenSSL's use of them included.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "net/peer/link.h"
#include "net/peer/server.h"
#include "sim/sim_runtime.h"
#include "tests/net/peer/peer_drive.h"

namespace holdfast {
namespace {

using peer_drive::Self;

constexpr uint16_t kPort = 7000;
constexpr FrameType kNumber = 16;
// What a frame says: who sent it on which dial, and its number on that connection.
std::string Text(const PeerSession& session, uint64_t incarnation, uint64_t number) {
  return absl::StrCat(incarnation, "/", session.attempt, "/", number);
}

// Sends back what it hears, and checks that it hears what it may.
class Listener7000 : public SimProgram, public PeerHandler {
 public:
  Listener7000(Runtime& runtime, PeerSelf self) : self_(std::move(self)) {
    auto server = PeerServer::Listen(runtime, runtime.loop(0), self_, *this,
                                     {.address = {.host = "*", .port = kPort}});
    CHECK(server.ok());
    server_ = *std::move(server);
  }

  void OnUp(PeerConnection& connection) override {
    const PeerSession& session = connection.session();
    EXPECT_FALSE(former_.contains(session.peer.incarnation)) << "an earlier incarnation is back";
    if (session.peer.incarnation != incarnation_) {
      former_.insert(std::exchange(incarnation_, session.peer.incarnation));
      attempt_ = 0;
    }
    EXPECT_GT(session.attempt, attempt_) << "an earlier connection is back";
    attempt_ = session.attempt;
    EXPECT_EQ(speaker_, nullptr) << "the earlier connection has not ended";
    speaker_ = &connection;
    next_number_ = 0;
    ++ups;
  }
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override {
    EXPECT_EQ(&connection, speaker_);
    EXPECT_EQ(frame.payload, Text(connection.session(), incarnation_, next_number_));
    ++next_number_;
    ++frames;
    EXPECT_TRUE(connection.Send(frame.type, frame.payload));
    return absl::OkStatus();
  }
  void OnDrained(PeerConnection&) override {}
  void OnDown(PeerConnection& connection, const absl::Status&) override {
    EXPECT_EQ(&connection, speaker_);
    speaker_ = nullptr;
  }

  PeerServer& server() { return *server_; }
  int ups = 0;
  int frames = 0;

 private:
  const PeerSelf self_;
  uint64_t incarnation_ = 0;
  uint64_t attempt_ = 0;
  std::set<uint64_t> former_;
  PeerConnection* speaker_ = nullptr;
  uint64_t next_number_ = 0;
  std::unique_ptr<PeerServer> server_;
};

// Sends a number every few milliseconds and starts over when none comes back for a while.
class Talker : public SimProgram, public PeerHandler {
 public:
  Talker(Runtime& runtime, PeerSelf self) : runtime_(runtime), self_(std::move(self)) {
    self_.identity.incarnation = runtime.entropy().Next();
    link_ = std::make_unique<PeerLink>(
        runtime, runtime.loop(0), self_, *this,
        PeerLinkOptions{.address = {.host = "10.0.0.1", .port = kPort}, .expected_node = 1});
    Tick();
  }

  void OnUp(PeerConnection& connection) override {
    EXPECT_EQ(connection.session().peer.node, 1u);
    sent_ = heard_ = 0;
    heard_at_ = runtime_.clock().Monotonic();
    ++ups;
  }
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override {
    EXPECT_EQ(&connection, link_->connection());
    EXPECT_EQ(frame.payload, Text(connection.session(), self_.identity.incarnation, heard_));
    ++heard_;
    ++answers;
    heard_at_ = runtime_.clock().Monotonic();
    return absl::OkStatus();
  }
  void OnDrained(PeerConnection&) override {}
  void OnDown(PeerConnection&, const absl::Status&) override { ++downs; }

  PeerLink& link() { return *link_; }
  int ups = 0;
  int downs = 0;
  int answers = 0;

 private:
  void Tick() {
    if (link_->up()) {
      if (runtime_.clock().Monotonic() - heard_at_ > Milliseconds(300)) {
        link_->Restart(absl::UnavailableError("silence"));
      } else {
        const std::string text =
            Text(link_->connection()->session(), self_.identity.incarnation, sent_++);
        EXPECT_TRUE(link_->Send(kNumber, text));
      }
    }
    runtime_.loop(0).RunAfter(Milliseconds(5), [this] { Tick(); });
  }

  Runtime& runtime_;
  PeerSelf self_;
  std::unique_ptr<PeerLink> link_;
  uint64_t sent_ = 0;
  uint64_t heard_ = 0;
  Nanos heard_at_;
};

struct PeerWorld {
  explicit PeerWorld(uint64_t seed, const NetworkProfile& profile = {})
      : kernel(seed),
        network(kernel, profile),
        server(kernel, network, {.ip = "10.0.0.1"}),
        client(kernel, network, {.ip = "10.0.0.2"}) {}

  void BootServer() {
    server.Boot(1,
                [](Runtime& runtime) { return std::make_unique<Listener7000>(runtime, Self(1)); });
    RunFor(Milliseconds(1));
  }
  void BootClient(absl::string_view secret = "hush") {
    client.Boot(1, [self = Self(2, secret)](Runtime& runtime) {
      return std::make_unique<Talker>(runtime, self);
    });
    RunFor(Milliseconds(1));
  }
  void BlockTalk(bool blocked) { network.SetLinkBlocked(client.host(), server.host(), blocked); }
  void RunFor(Nanos time) { kernel.RunUntil(kernel.now() + time); }
  Listener7000& listener() { return *static_cast<Listener7000*>(server.program()); }
  Talker& talker() { return *static_cast<Talker*>(client.program()); }

  Kernel kernel;
  SimNetwork network;
  SimMachine server;
  SimMachine client;
};

TEST(PeerSim, FramesArriveOnceAndInOrderWhateverBreaks) {
  int downs = 0;
  int restarts = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PeerWorld world(seed, {.broken_per_segment = {1, 100}, .connect_failure = {1, 20}});
    world.BootServer();
    world.BootClient();
    world.RunFor(Seconds(20));
    EXPECT_GT(world.listener().frames, 200);
    EXPECT_GT(world.talker().answers, 200);
    EXPECT_GT(world.listener().ups, 3);
    downs += world.talker().downs;
    restarts += world.talker().ups - world.talker().downs;
    EXPECT_LE(world.listener().server().connection_count(), 2u);
  }
  EXPECT_GT(downs, 20);
  EXPECT_GT(restarts, 20) << "connections that were silent";
}

// Processes are killed and started again while what they said is held back on the way, so that the
// handshakes of several of them are completed in any order.
TEST(PeerSim, WhatIsReplacedIsNotHeardAgain) {
  uint64_t refused = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    PeerWorld world(seed);
    Prng prng(seed);
    world.BootServer();
    world.BootClient();
    for (int round = 0; round < 20; ++round) {
      world.BlockTalk(prng.Chance(1, 2));
      world.RunFor(Microseconds(static_cast<int64_t>(prng.Below(2'000))));
      if (prng.Chance(1, 3)) {
        world.client.Crash(SimMachine::CrashKind::kProcess);
        world.BootClient();
      }
      if (prng.Chance(1, 3)) world.talker().link().Restart(absl::UnavailableError("a whim"));
      world.RunFor(Microseconds(static_cast<int64_t>(prng.Below(40'000))));
    }
    world.BlockTalk(false);
    const int frames = world.listener().frames;
    world.RunFor(Seconds(5));
    EXPECT_TRUE(world.talker().link().up());
    EXPECT_GT(world.listener().frames, frames + 500);
    EXPECT_EQ(world.listener().server().connection_count(), 1u);
    refused += world.listener().server().refused_count();
  }
  EXPECT_GT(refused, 20u);
}

TEST(PeerSim, ALinkFindsItsPeerAgainAfterALongSilence) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    PeerWorld world(seed);
    world.BootServer();
    world.BootClient();
    world.RunFor(Seconds(1));
    world.server.Crash(SimMachine::CrashKind::kPower);
    world.RunFor(Seconds(60));
    EXPECT_FALSE(world.talker().link().up());
    EXPECT_EQ(world.talker().link().last_failure().code(), absl::StatusCode::kDeadlineExceeded);
    world.BootServer();
    world.RunFor(Seconds(3));
    EXPECT_TRUE(world.talker().link().up());
    EXPECT_GT(world.listener().frames, 100);
  }
}

TEST(PeerSim, BackOffGrowsToItsBound) {
  PeerWorld world(1);
  world.BootServer();
  world.BootClient("wrong");
  world.RunFor(Seconds(10));
  const uint64_t first = world.listener().server().refused_count();
  EXPECT_GT(first, 10u);
  EXPECT_LT(first, 35u);
  world.RunFor(Seconds(100));
  const uint64_t later = world.listener().server().refused_count() - first;
  EXPECT_GE(later, 95u);
  EXPECT_LT(later, 205u);
  EXPECT_EQ(world.listener().server().connection_count(), 0u);
  EXPECT_LE(world.network.open_sockets().size(), 2u);
}

}  // namespace
}  // namespace holdfast
