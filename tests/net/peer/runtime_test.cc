// Links and servers on the production runtimes, over loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "net/peer/link.h"
#include "net/peer/server.h"
#include "tests/net/peer/noting_peer.h"
#include "tests/net/peer/peer_drive.h"
#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

using peer_drive::FrameBytes;
using peer_drive::Self;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr FrameType kWord = 16;
constexpr FrameType kBulk = 17;

// Whether there were any depends on the kernel's buffers.
std::vector<std::string> WithoutDrains(NotingPeer& peer) {
  std::vector<std::string> notes = peer.notes();
  std::erase(notes, "drained");
  return notes;
}

// Node 2 listens on loop 0, node 1 dials from loop 1.
class PeerRuntimeTest : public RuntimeTest {
 protected:
  ~PeerRuntimeTest() override {
    StopRuntime();
    links_.clear();
    server_.reset();
  }

  void Serve(PeerServerOptions options = {}) {
    On(loop(0), [&] {
      options.address = {.host = "127.0.0.1", .port = port_};
      auto server = PeerServer::Listen(*runtime_, loop(0), right_, server_notes_, options);
      ASSERT_TRUE(server.ok()) << server.status();
      server_ = *std::move(server);
      port_ = server_->local().port;
    });
  }
  // Takes a port that nobody listens on.
  void ChoosePort() {
    Serve();
    On(loop(0), [&] { server_.reset(); });
  }
  PeerLink& Dial(PeerLinkOptions options = {}) {
    options.address = {.host = "127.0.0.1", .port = port_};
    options.backoff_min = Milliseconds(1);
    options.backoff_max = Milliseconds(20);
    return *On(loop(1), [&] {
      return links_
          .emplace_back(std::make_unique<PeerLink>(*runtime_, loop(1), left_, link_notes_, options))
          .get();
    });
  }
  // Why the link could not come up, once it has said so.
  absl::Status WaitForFailure(PeerLink& link) {
    std::vector<std::string> lines;
    do {
      const size_t seen = lines.size();
      lines = logger_.WaitForLines(seen + 1);
      if (lines.size() == seen) return absl::InternalError("nothing was logged");
    } while (std::none_of(lines.begin(), lines.end(), [](const std::string& line) {
      return absl::StartsWith(line, "peer link");
    }));
    return On(loop(1), [&] { return link.last_failure(); });
  }
  // Shakes hands as node 1 over a plain socket.
  absl::Status ShakeHands(Client& client) {
    Handshake handshake(left_, {.nonce = {1, 2}, .channel = PeerChannel::kControl, .attempt = 1});
    Buffer said;
    handshake.Start(said);
    while (!handshake.done()) {
      client.Send(said.view());
      said.Truncate(0);
      absl::Status status = handshake.OnFrame(ReceiveFrame(client), said);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  Frame ReceiveFrame(Client& client) {
    received_ = client.Receive(kFrameHeaderBytes);
    if (received_.size() < kFrameHeaderBytes) return {};
    const size_t length =
        static_cast<uint8_t>(received_[8]) + (size_t{static_cast<uint8_t>(received_[9])} << 8);
    received_ += client.Receive(length);
    absl::string_view input = received_;
    const auto frame = parser_.Next(input);
    CHECK(frame.ok() && frame->has_value());
    return **frame;
  }
  Address server_address() const { return {.host = "127.0.0.1", .port = port_}; }

  PeerSelf left_ = Self(1);
  PeerSelf right_ = Self(2);
  NotingPeer link_notes_;
  NotingPeer server_notes_;
  std::unique_ptr<PeerServer> server_;
  std::vector<std::unique_ptr<PeerLink>> links_;
  uint16_t port_ = 0;
  std::string received_;
  FrameParser parser_;
};

TEST_P(PeerRuntimeTest, FramesGoBothWaysOnOneConnection) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  server_notes_.on_frame = [](PeerConnection& connection, const Frame& frame) {
    EXPECT_TRUE(connection.Send(frame.type, {"answer to ", frame.payload}));
    return absl::OkStatus();
  };
  link_notes_.on_up = [](PeerConnection& connection) {
    for (absl::string_view word : {"one", "two", "three"}) {
      EXPECT_TRUE(connection.Send(kWord, word));
    }
    EXPECT_TRUE(connection.Send(kBulk, BufferOf(std::string(3'000'000, 'x'))));
    EXPECT_TRUE(connection.Send(kWord, BufferOf("last")));
  };
  Serve();
  PeerLink& link = Dial({.channel = PeerChannel::kData, .expected_node = 2});
  ASSERT_TRUE(link_notes_.WaitFor("16 answer to last"));
  EXPECT_THAT(WithoutDrains(server_notes_),
              ElementsAre("up 0000000000000001 data", "16 one", "16 two", "16 three",
                          "17 3000000 bytes", "16 last"));
  EXPECT_THAT(WithoutDrains(link_notes_),
              ElementsAre("up 0000000000000002 data", "16 answer to one", "16 answer to two",
                          "16 answer to three", "17 3000010 bytes", "16 answer to last"));
  EXPECT_TRUE(On(loop(1), [&] { return link.up() && link.last_failure().ok(); }));
  On(loop(0), [&] {
    EXPECT_NE(server_->Find(1, PeerChannel::kData), nullptr);
    EXPECT_EQ(server_->Find(1, PeerChannel::kControl), nullptr);
    EXPECT_EQ(server_->unauthenticated_count(), 0);
  });
}

TEST_P(PeerRuntimeTest, ALinkWaitsForItsPeerAndComesBackAfterIt) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  ChoosePort();
  PeerLink& link = Dial();
  EXPECT_FALSE(WaitForFailure(link).ok());
  EXPECT_FALSE(On(loop(1), [&] { return link.CanSend() || link.Send(kWord, "lost"); }));
  Serve();
  ASSERT_TRUE(link_notes_.WaitFor("up"));
  On(loop(0), [&] { server_.reset(); });
  ASSERT_TRUE(link_notes_.WaitFor("down"));
  Serve();
  ASSERT_TRUE(link_notes_.WaitFor("up", 2));
  EXPECT_EQ(server_notes_.Count("16"), 0u);
}

TEST_P(PeerRuntimeTest, ARefusedLinkSaysWhy) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  left_.secret = "another";
  Serve();
  const absl::Status failure = WaitForFailure(Dial());
  EXPECT_EQ(failure.code(), absl::StatusCode::kUnauthenticated) << failure;
  EXPECT_THAT(failure.message(), HasSubstr("refused by the peer: wrong cluster-secret"));
  EXPECT_THAT(logger_.WaitForLines(2), Contains(HasSubstr("handshake: wrong cluster-secret")));
  EXPECT_GE(On(loop(0), [&] { return server_->refused_count(); }), 1u);
  EXPECT_TRUE(server_notes_.notes().empty());
  EXPECT_TRUE(link_notes_.notes().empty());
}

TEST_P(PeerRuntimeTest, ANodeThatDialsItselfIsTold) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  right_ = left_;
  Serve();
  EXPECT_EQ(WaitForFailure(Dial()).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(PeerRuntimeTest, ASlowReaderHoldsTheSenderBack) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  server_notes_.on_up = [](PeerConnection& connection) { connection.SetReceiving(false); };
  Serve();
  PeerLink& link = Dial({.connection = {.send_queue_bytes_max = 1'000'000}});
  ASSERT_TRUE(link_notes_.WaitFor("up"));
  ASSERT_TRUE(server_notes_.WaitFor("up"));
  // Socket buffers take some megabytes before anything is held back.
  const size_t sent = On(loop(1), [&] {
    size_t count = 0;
    while (link.Send(kBulk, BufferOf(std::string(100'000, 'x')))) ++count;
    EXPECT_FALSE(link.CanSend());
    EXPECT_LT(link.connection()->unsent_bytes(), 1'000'000u + 110'000u);
    return count;
  });
  EXPECT_GE(sent, 10u);
  On(loop(0), [&] { server_->Find(1, PeerChannel::kControl)->SetReceiving(true); });
  ASSERT_TRUE(link_notes_.WaitFor("drained"));
  ASSERT_TRUE(server_notes_.WaitFor("17 100000 bytes", sent));
  EXPECT_TRUE(On(loop(1), [&] { return link.Send(kWord, "again"); }));
  EXPECT_TRUE(server_notes_.WaitFor("16 again"));
  EXPECT_EQ(server_notes_.Count("17"), sent);
}

TEST_P(PeerRuntimeTest, GarbageIsRefusedAndLogged) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("*1\r\n$4\r\nPING\r\n"),
        std::string("HFP\x02rest"), FrameBytes(kWord, "frame without a handshake"),
        FrameBytes(kHelloFrame, std::string(limits::kPeerHandshakeFrameBytesMax + 1, 'x'))}) {
    Client client(server_address());
    client.Send(garbage);
    const Frame answer = ReceiveFrame(client);
    EXPECT_EQ(answer.type, kRefuseFrame);
    EXPECT_EQ(ReadRefusal(answer.payload).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(client.ReceiveToEnd(), "");
  }
  EXPECT_THAT(logger_.WaitForLines(5), Contains(HasSubstr("not a frame, it begins with")));
  EXPECT_EQ(On(loop(0), [&] { return server_->connection_count(); }), 0u);
  EXPECT_TRUE(server_notes_.notes().empty());
}

TEST_P(PeerRuntimeTest, ATornFrameEndsTheConnectionWithoutEffect) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  Client client(server_address());
  ASSERT_TRUE(ShakeHands(client).ok());
  std::string torn = FrameBytes(kWord, "torn");
  torn.back() ^= 1;
  client.Send(FrameBytes(kWord, "whole") + torn + FrameBytes(kWord, "never seen"));
  EXPECT_EQ(ReadRefusal(ReceiveFrame(client).payload).code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(server_notes_.WaitFor("down DATA_LOSS"));
  EXPECT_EQ(server_notes_.Count("16"), 1u);
  EXPECT_THAT(logger_.WaitForLines(2), Contains(HasSubstr("frame of type 16 and 4 bytes: CRC")));
}

TEST_P(PeerRuntimeTest, AFrameThatItsHandlerRefusesEndsTheConnection) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  server_notes_.on_frame = [](PeerConnection&, const Frame& frame) {
    return absl::InvalidArgumentError(absl::StrCat("type ", frame.type, " is not known"));
  };
  link_notes_.on_up = [](PeerConnection& connection) {
    connection.Send(99, "what");
    connection.Send(99, "not looked at");
  };
  Serve();
  Dial();
  ASSERT_TRUE(link_notes_.WaitFor("down INVALID_ARGUMENT: refused by the peer: type 99"));
  ASSERT_TRUE(server_notes_.WaitFor("down INVALID_ARGUMENT: type 99"));
  EXPECT_EQ(server_notes_.Count("99 not"), 0u);
}

TEST_P(PeerRuntimeTest, StrangersHaveLittleTimeAndRoom) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve({.unauthenticated_max = 2, .connection = {.handshake_timeout = Milliseconds(200)}});
  Client first(server_address());
  Client second(server_address());
  Client third(server_address());
  EXPECT_EQ(third.ReceiveToEnd(), "");
  EXPECT_EQ(ReadRefusal(ReceiveFrame(first).payload).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReadRefusal(ReceiveFrame(second).payload).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(On(loop(0), [&] { return server_->refused_count(); }), 3u);
  Dial();
  EXPECT_TRUE(link_notes_.WaitFor("up"));
}

TEST_P(PeerRuntimeTest, ALaterConnectionTakesTheSeat) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  Client client(server_address());
  ASSERT_TRUE(ShakeHands(client).ok());
  client.Send(FrameBytes(kWord, "early"));
  ASSERT_TRUE(server_notes_.WaitFor("16 early"));
  Dial();
  ASSERT_TRUE(server_notes_.WaitFor("up", 2));
  client.Send(FrameBytes(kWord, "late"));
  EXPECT_EQ(ReadRefusal(ReceiveFrame(client).payload).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(server_notes_.notes(), ElementsAre("up 0000000000000001 control", "16 early",
                                                 HasSubstr("down ABORTED: a later connection"),
                                                 "up 0000000000000001 control"));
  // And the earlier attempt cannot come back.
  Client again(server_address());
  EXPECT_EQ(ShakeHands(again).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(link_notes_.Count("down"), 0u);
}

TEST_P(PeerRuntimeTest, AnEarlierIncarnationStaysOut) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  Client earlier(server_address());
  ASSERT_TRUE(ShakeHands(earlier).ok());
  ASSERT_TRUE(server_notes_.WaitFor("up"));
  left_.identity.incarnation = 4711;
  Dial({.channel = PeerChannel::kData});
  ASSERT_TRUE(server_notes_.WaitFor("down ABORTED: a later incarnation"));
  ASSERT_TRUE(server_notes_.WaitFor("up 0000000000000001 data"));
  EXPECT_EQ(On(loop(0), [&] { return server_->Find(1, PeerChannel::kControl); }), nullptr);
  const PeerSelf former = Self(1);
  On(loop(1), [&] { left_ = former; });
  Client again(server_address());
  EXPECT_EQ(ShakeHands(again).code(), absl::StatusCode::kAborted);
}

TEST_P(PeerRuntimeTest, ALinkMayBeDestroyedInsideItsCallbacks) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  server_notes_.on_up = [](PeerConnection& connection) {
    EXPECT_TRUE(connection.Send(kWord, "first"));
    EXPECT_TRUE(connection.Send(kWord, "second"));
  };
  link_notes_.on_up = [&](PeerConnection&) { links_.clear(); };
  Dial();
  ASSERT_TRUE(server_notes_.WaitFor("down", 1));
  EXPECT_EQ(link_notes_.Count("16"), 0u);

  link_notes_.on_up = nullptr;
  link_notes_.on_frame = [&](PeerConnection&, const Frame&) {
    links_.clear();
    return absl::InternalError("of no interest any more");
  };
  Dial();
  ASSERT_TRUE(server_notes_.WaitFor("down", 2));
  EXPECT_EQ(link_notes_.Count("16"), 1u);

  link_notes_.on_frame = [](PeerConnection&, const Frame&) {
    return absl::InternalError("enough");
  };
  link_notes_.on_down = [&](PeerConnection&) { links_.clear(); };
  Dial();
  ASSERT_TRUE(link_notes_.WaitFor("down INTERNAL: enough"));
  ASSERT_TRUE(server_notes_.WaitFor("down INTERNAL: refused by the peer: enough"));
}

TEST_P(PeerRuntimeTest, ARestartedLinkDialsAgain) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  PeerLink& link = Dial();
  ASSERT_TRUE(link_notes_.WaitFor("up"));
  On(loop(1), [&] { link.Restart(absl::UnavailableError("no heartbeat")); });
  ASSERT_TRUE(link_notes_.WaitFor("up", 2));
  ASSERT_TRUE(server_notes_.WaitFor("down"));
  EXPECT_EQ(link_notes_.Count("down"), 0u);
}

TEST_P(PeerRuntimeTest, AServerMayEndAConnection) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve();
  Dial();
  ASSERT_TRUE(server_notes_.WaitFor("up"));
  On(loop(0), [&] {
    server_->Close(*server_->Find(1, PeerChannel::kControl), absl::NotFoundError("removed"));
    EXPECT_EQ(server_->Find(1, PeerChannel::kControl), nullptr);
  });
  ASSERT_TRUE(link_notes_.WaitFor("down NOT_FOUND: refused by the peer: removed"));
  EXPECT_TRUE(link_notes_.WaitFor("up", 2));
  EXPECT_EQ(server_notes_.Count("down"), 0u);
}

INSTANTIATE_TEST_SUITE_P(Runtimes, PeerRuntimeTest,
                         testing::Values(Backend::kEpoll, Backend::kUring), BackendName);

}  // namespace
}  // namespace holdfast
