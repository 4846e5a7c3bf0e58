// The mistakes that can be switched on in net/peer: each changes what can be seen.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "net/base/planted_bug.h"
#include "net/peer/link.h"
#include "net/peer/server.h"
#include "sim/sim_runtime.h"
#include "tests/net/peer/peer_drive.h"

namespace holdfast {
namespace {

absl::string_view planted;

}  // namespace

bool IsPlanted(absl::string_view bug) { return bug == planted; }

namespace {

using peer_drive::FrameBytes;
using peer_drive::ParseFrames;
using peer_drive::Self;

class PeerPlanted : public testing::Test {
 protected:
  ~PeerPlanted() override { planted = {}; }
};

TEST_F(PeerPlanted, TornFrameCrcUnchecked) {
  std::string torn = FrameBytes(16, "payload");
  torn.back() ^= 1;
  EXPECT_TRUE(ParseFrames(torn, {}).frames.empty());
  planted = "torn-frame-crc-unchecked";
  EXPECT_EQ(ParseFrames(torn, {}).frames.size(), 1u);
}

// Counts what it hears on connections that have lost their seat.
class SeatWatcher : public SimProgram, public PeerHandler {
 public:
  explicit SeatWatcher(Runtime& runtime) {
    auto server = PeerServer::Listen(runtime, runtime.loop(0), self_, *this,
                                     {.address = {.host = "*", .port = 7000}});
    CHECK(server.ok());
    server_ = *std::move(server);
  }
  void OnUp(PeerConnection&) override {}
  absl::Status OnFrame(PeerConnection& connection, const Frame&) override {
    const PeerSession& session = connection.session();
    ++(server_->Find(session.peer.node, session.channel) == &connection ? seated : unseated);
    return absl::OkStatus();
  }
  void OnDrained(PeerConnection&) override {}
  void OnDown(PeerConnection&, const absl::Status&) override {}
  int seated = 0;
  int unseated = 0;

 private:
  const PeerSelf self_ = Self(1);
  std::unique_ptr<PeerServer> server_;
};

// Two links that claim the same seat and talk all the time.
class Rivals : public SimProgram, public PeerHandler {
 public:
  explicit Rivals(Runtime& runtime) : runtime_(runtime) {
    const PeerLinkOptions options = {.address = {.host = "10.0.0.1", .port = 7000}};
    for (auto& link : links_) {
      link = std::make_unique<PeerLink>(runtime, runtime.loop(0), self_, *this, options);
    }
    Tick();
  }
  void OnUp(PeerConnection&) override {}
  absl::Status OnFrame(PeerConnection&, const Frame&) override { return absl::OkStatus(); }
  void OnDrained(PeerConnection&) override {}
  void OnDown(PeerConnection&, const absl::Status&) override {}

 private:
  void Tick() {
    for (auto& link : links_) link->Send(16, "me");
    runtime_.loop(0).RunAfter(Milliseconds(1), [this] { Tick(); });
  }

  Runtime& runtime_;
  const PeerSelf self_ = Self(2);
  std::unique_ptr<PeerLink> links_[2];
};

int HeardWithoutSeat() {
  Kernel kernel(1);
  SimNetwork network(kernel, {});
  SimMachine server(kernel, network, {.ip = "10.0.0.1"});
  SimMachine client(kernel, network, {.ip = "10.0.0.2"});
  server.Boot(1, [](Runtime& runtime) { return std::make_unique<SeatWatcher>(runtime); });
  kernel.RunUntil(Milliseconds(1));
  client.Boot(1, [](Runtime& runtime) { return std::make_unique<Rivals>(runtime); });
  kernel.RunUntil(Seconds(2));
  const auto& watcher = *static_cast<SeatWatcher*>(server.program());
  EXPECT_GT(watcher.seated, 50);
  return watcher.unseated;
}

TEST_F(PeerPlanted, ReplacedConnectionStillHeard) {
  EXPECT_EQ(HeardWithoutSeat(), 0);
  planted = "replaced-connection-still-heard";
  EXPECT_GT(HeardWithoutSeat(), 50);
}

}  // namespace
}  // namespace holdfast
