// Streams: bytes, back-pressure and endings, the same on both runtimes.
#include <cstring>

#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

INSTANTIATE_TEST_SUITE_P(Runtimes, StreamTest, testing::Values(Backend::kEpoll, Backend::kUring),
                         BackendName);

TEST_P(StreamTest, EchoesManyBytesInRandomPieces) {
  START_RUNTIME_OR_SKIP();
  Serve(Echo);
  Client client(address());
  constexpr size_t kTotal = 64 << 20;
  Prng content(1);
  const std::string bytes = RandomBytes(content, 1 << 20);
  std::thread writer([&] {
    Prng sizes(2);
    for (size_t sent = 0; sent < kTotal;) {
      const size_t start = sent % bytes.size();
      const size_t most = std::min(bytes.size() - start, size_t{1} << sizes.Below(18));
      const size_t piece = 1 + sizes.Below(most);
      ASSERT_TRUE(client.Send(absl::string_view(bytes).substr(start, piece)));
      sent += piece;
    }
  });
  for (size_t received = 0; received < kTotal; received += bytes.size()) {
    const std::string echoed = client.Receive(bytes.size());
    EXPECT_EQ(echoed.size(), bytes.size()) << "at " << received;
    if (echoed == bytes) continue;
    ADD_FAILURE() << "wrong bytes in the MiB at " << received;
    break;
  }
  writer.join();
  client.Close();
  EXPECT_TRUE(handler().WaitForClose().ok());
}

TEST_P(StreamTest, SendsOfOneCallbackLeaveInOrder) {
  START_RUNTIME_OR_SKIP();
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += "<" + std::to_string(i) + ">";
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      for (int i = 0; i < 1000; ++i) self.stream->Send(BufferOf("<" + std::to_string(i) + ">"));
    };
  });
  Client client(address());
  ASSERT_TRUE(client.Send("go"));
  EXPECT_EQ(client.Receive(expected.size()), expected);
}

TEST_P(StreamTest, ServesManyConnectionsOnSeveralLoops) {
  START_RUNTIME_OR_SKIP({.loops = 3, .descriptors_wanted = 3000});
  Serve(Echo);
  constexpr size_t kConnections = 1000;
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<Client>(address()));
  }
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kConnections; ++i) {
      ASSERT_TRUE(clients[i]->Send("ping " + std::to_string(i) + "\n"));
    }
    for (size_t i = 0; i < kConnections; ++i) {
      const std::string expected = "ping " + std::to_string(i) + "\n";
      ASSERT_EQ(clients[i]->Receive(expected.size()), expected);
    }
  }
  clients.clear();
  for (size_t i = 0; i < kConnections; ++i) ASSERT_TRUE(handler(i).WaitForClose().ok());
}

TEST_P(StreamTest, AnswersAPeerThatEndedItsOutput) {
  START_RUNTIME_OR_SKIP();
  Serve(Echo);
  Client client(address());
  const std::string bytes(3 << 20, 'b');
  std::thread writer([&] {
    ASSERT_TRUE(client.Send(bytes));
    client.EndOutput();
  });
  EXPECT_EQ(client.ReceiveToEnd().size(), bytes.size());
  writer.join();
  EXPECT_TRUE(handler().WaitForClose().ok());
  EXPECT_EQ(handler().notes().closings.size(), 1u);
}

TEST_P(StreamTest, ReportsAReset) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  Client client(address());
  ASSERT_TRUE(client.Send("x"));
  ASSERT_TRUE(handler().WaitForBytes(1));
  client.Reset();
  EXPECT_FALSE(handler().WaitForClose().ok());
}

TEST_P(StreamTest, CountsWhatAPeerDoesNotReadAndTellsWhenItHas) {
  START_RUNTIME_OR_SKIP();
  constexpr size_t kBytes = 32 << 20;
  Serve([](NotingHandler&) {});
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] { server.stream->Send(BufferOf(std::string(kBytes, 'd'))); });
  // More than any socket buffer holds: a turn later the rest is still here.
  const size_t unsent = On(loop(), [&] { return server.stream->unsent_bytes(); });
  EXPECT_GT(unsent, 0u);
  EXPECT_EQ(server.notes().drained, 0);
  EXPECT_EQ(client.Receive(kBytes).size(), kBytes);
  ASSERT_TRUE(server.WaitForDrain());
  EXPECT_EQ(On(loop(), [&] { return server.stream->unsent_bytes(); }), 0u);
}

TEST_P(StreamTest, TellsWhenMuchHasBeenTakenAtOnce) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] { server.stream->Send(BufferOf("a little")); });
  EXPECT_EQ(client.Receive(8), "a little");
  EXPECT_EQ(server.notes().drained, 0);
  // A socket buffer has room for this.
  On(loop(), [&] { server.stream->Send(BufferOf(std::string(100'000, 'm'))); });
  ASSERT_TRUE(server.WaitForDrain());
  EXPECT_EQ(client.Receive(100'000).size(), 100'000u);
}

TEST_P(StreamTest, AProducerGoesOnWhenDrained) {
  START_RUNTIME_OR_SKIP();
  constexpr size_t kPiece = 8 << 20;
  Serve([](NotingHandler& handler) {
    handler.on_drained = [left = 3](NotingHandler& self) mutable {
      if (--left > 0) {
        self.stream->Send(BufferOf(std::string(kPiece, 'p')));
      } else {
        self.stream->Close(CloseMode::kAfterSend);
      }
    };
  });
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] { server.stream->Send(BufferOf(std::string(kPiece, 'p'))); });
  EXPECT_EQ(client.ReceiveToEnd().size(), 3 * kPiece);
  EXPECT_TRUE(server.WaitForClose().ok());
}

TEST_P(StreamTest, HoldsBytesWhileReceivingIsOff) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->SetReceiving(false);
    };
  });
  Client client(address());
  Prng prng(3);
  const std::string bytes = RandomBytes(prng, 2 << 20);
  std::thread writer([&] { EXPECT_TRUE(client.Send(bytes)); });
  NotingHandler& server = handler();
  for (;;) {
    // Each switch lets at least one more piece through, and only then.
    const size_t before = server.notes().received_bytes;
    On(loop(), [&] { server.stream->SetReceiving(true); });
    if (before == bytes.size()) break;
    ASSERT_TRUE(server.WaitForBytes(before + 1));
    const size_t after = server.notes().received_bytes;
    On(loop(), [] {});
    EXPECT_EQ(server.notes().received_bytes, after);
  }
  writer.join();
  EXPECT_TRUE(server.notes().received == bytes);
  client.Close();
  EXPECT_TRUE(server.WaitForClose().ok());
}

TEST_P(StreamTest, SwitchingOffAndOnAtOnceLosesNothing) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->SetReceiving(false);
      self.stream->SetReceiving(true);
      self.stream->SetReceiving(false);
      self.stream->SetReceiving(true);
    };
  });
  Client client(address());
  Prng prng(4);
  const std::string bytes = RandomBytes(prng, 1 << 20);
  ASSERT_TRUE(client.Send(bytes));
  ASSERT_TRUE(handler().WaitForBytes(bytes.size()));
  EXPECT_TRUE(handler().notes().received == bytes);
}

TEST_P(StreamTest, NoticesTheEndOfAnIdlePeerWhileReceivingIsOff) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] { server.stream->SetReceiving(false); });
  client.Close();
  EXPECT_TRUE(server.WaitForClose().ok());
}

TEST_P(StreamTest, DeliversWhatCameBeforeAnEndOnceReceivingIsOn) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] { server.stream->SetReceiving(false); });
  ASSERT_TRUE(client.Send("last words"));
  client.Close();
  Client other(address());  // accepted after the first client's end has arrived
  handler(1);
  EXPECT_EQ(server.notes().received, "");
  EXPECT_TRUE(server.notes().closings.empty());
  On(loop(), [&] { server.stream->SetReceiving(true); });
  EXPECT_TRUE(server.WaitForClose().ok());
  EXPECT_EQ(server.notes().received, "last words");
}

TEST_P(StreamTest, ClosesAfterSendingWhatIsQueued) {
  START_RUNTIME_OR_SKIP();
  constexpr size_t kBytes = 16 << 20;
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->Send(BufferOf(std::string(kBytes, 'e')));
      self.stream->Close(CloseMode::kAfterSend);
      self.stream->Send(BufferOf("ignored"));
      self.stream->Close(CloseMode::kAfterSend);
    };
  });
  Client client(address());
  ASSERT_TRUE(client.Send("go"));
  const std::string all = client.ReceiveToEnd();
  EXPECT_EQ(all, std::string(kBytes, 'e'));
  EXPECT_TRUE(handler().WaitForClose().ok());
  EXPECT_EQ(handler().notes().closings.size(), 1u);
}

TEST_P(StreamTest, LastWordsArriveAlthoughThePeerIsStillSending) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->Send(BufferOf("-ERR Protocol error\r\n"));
      self.stream->Close(CloseMode::kAfterSend);
    };
  });
  Client client(address());
  ASSERT_TRUE(client.Send(std::string(100'000, 'x')));
  EXPECT_EQ(client.Receive(21), "-ERR Protocol error\r\n");
  EXPECT_TRUE(handler().WaitForClose().ok());
}

TEST_P(StreamTest, GivesUpAPeerThatNeverTakesTheLastBytes) {
  START_RUNTIME_OR_SKIP({.close_patience = Milliseconds(20)});
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->Send(BufferOf(std::string(32 << 20, 'f')));
      self.stream->Close(CloseMode::kAfterSend);
    };
  });
  Client client(address());
  ASSERT_TRUE(client.Send("go"));
  EXPECT_EQ(handler().WaitForClose().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(StreamTest, AbortOverridesAnUnfinishedClose) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  Client client(address());
  NotingHandler& server = handler();
  On(loop(), [&] {
    server.stream->Send(BufferOf(std::string(32 << 20, 'g')));
    server.stream->Close(CloseMode::kAfterSend);
  });
  On(loop(), [] {});
  EXPECT_TRUE(server.notes().closings.empty());
  On(loop(), [&] { server.stream->Close(CloseMode::kAbort); });
  EXPECT_TRUE(server.WaitForClose().ok());
  EXPECT_LT(client.ReceiveToEnd().size(), size_t{32 << 20});
}

TEST_P(StreamTest, AResetTakesBackWhatTheSystemStillHolds) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler&) {});
  for (const auto& [mode, error] :
       {std::pair(CloseMode::kAbort, 0), std::pair(CloseMode::kReset, ECONNRESET)}) {
    Client client(address());
    NotingHandler& server = handler(error == 0 ? 0 : 1);
    On(loop(), [&] { server.stream->Send(BufferOf(std::string(32 << 20, 'h'))); });
    // The system has taken as much as it wants.
    On(loop(), [] {});
    On(loop(), [&, mode = mode] { server.stream->Close(mode); });
    EXPECT_TRUE(server.WaitForClose().ok());
    EXPECT_EQ(client.ErrorAtTheEnd(), error);
  }
}

TEST_P(StreamTest, CloseInsideCallbacksReportsOnceAndLater) {
  START_RUNTIME_OR_SKIP();
  Serve([](NotingHandler& handler) {
    handler.on_receive = [](NotingHandler& self, absl::string_view) {
      self.stream->Close(CloseMode::kAbort);
      // Not from inside Close.
      EXPECT_TRUE(self.notes().closings.empty());
      self.stream->Close(CloseMode::kAbort);
      self.stream->Send(BufferOf("ignored"));
      EXPECT_EQ(self.stream->unsent_bytes(), 0u);
    };
    handler.on_closed = [](NotingHandler& self) {
      self.stream->Close(CloseMode::kAbort);
      self.stream->Close(CloseMode::kAfterSend);
      self.stream->Send(BufferOf("ignored"));
      self.stream->SetReceiving(false);
    };
  });
  Client client(address());
  ASSERT_TRUE(client.Send(std::string(100'000, 'x')));
  EXPECT_TRUE(handler().WaitForClose().ok());
  EXPECT_EQ(client.ReceiveToEnd(), "");
  On(loop(), [] {});
  EXPECT_EQ(handler().notes().closings.size(), 1u);
}

TEST_P(StreamTest, OneHandlerMayCloseAnother) {
  START_RUNTIME_OR_SKIP();
  Serve([this](NotingHandler& prepared) {
    prepared.on_receive = [this](NotingHandler& self, absl::string_view) {
      for (size_t i = 0; i < 8; ++i) {
        if (&handler(i) != &self) handler(i).stream->Close(CloseMode::kAbort);
      }
    };
  });
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(address()));
    handler(i);
  }
  ASSERT_TRUE(clients[3]->Send("close the others"));
  for (size_t i = 0; i < 8; ++i) {
    if (i != 3) {
      EXPECT_TRUE(handler(i).WaitForClose().ok());
      EXPECT_EQ(clients[i]->ReceiveToEnd(), "");
    }
  }
  EXPECT_TRUE(handler(3).notes().closings.empty());
}

TEST_P(StreamTest, ConnectsToItself) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve(Echo);
  NotingHandler client;
  std::promise<absl::Status> connected;
  On(loop(1), [&] {
    loop(1).Connect(address(), [&](absl::StatusOr<std::unique_ptr<Connection>> connection) {
      connected.set_value(connection.status());
      if (!connection.ok()) return;
      EXPECT_EQ((*connection)->peer().ToString(), address().ToString());
      client.stream = &loop(1).Attach(*std::move(connection), client);
      client.stream->Send(BufferOf("hello"));
    });
  });
  const absl::Status status = connected.get_future().get();
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(client.WaitForBytes(5));
  EXPECT_EQ(client.notes().received, "hello");
  On(loop(1), [&] { client.stream->Close(CloseMode::kAfterSend); });
  EXPECT_TRUE(client.WaitForClose().ok());
  EXPECT_TRUE(handler().WaitForClose().ok());
}

TEST_P(StreamTest, StopLeavesOpenConnectionsToTheRuntime) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  Serve([](NotingHandler&) {});
  Client first(address());
  Client second(address());
  NotingHandler& open = handler(0);
  handler(1);
  StopRuntime();
  // Nothing runs any more, and calls do no harm.
  open.stream->Send(BufferOf("ignored"));
  open.stream->Close(CloseMode::kAbort);
  EXPECT_TRUE(open.notes().closings.empty());
}

}  // namespace
}  // namespace holdfast
