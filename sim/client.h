// SimClient: one simulated client: sends operations in pipelines, keeps what it saw, and
// misbehaves.
//
//   connect -> think -> send a batch -> read all replies -> think ...     until there is no more to
//   do
//
// It is a program on a machine of its own and speaks RESP over a simulated connection. What it did
// and saw goes into a history shared by all clients. It may stop reading for a while, leave in the
// middle of a pipeline, and comes back when it loses its connection. A node that refuses to serve
// it is left for the next one.
//
// 1. Each reply answers the oldest operation without one. A reply that nobody asked for, or bytes
// that
//    are not RESP, are a fault of the server and end the client.
// 2. Operations whose connection closes before their reply stay unknown; `Lost` tells which
// connection
//    they were on, so that their latest possible effect can be known.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "net/resp/reply_parser.h"
#include "net/resp/writer.h"
#include "sim/check/history.h"
#include "sim/sim_runtime.h"

namespace holdfast {

struct PlannedOperation {
  Operation operation;
  bool sent = true;
};

struct ClientProfile {
  int pipeline_max = 16;
  Nanos think_mean = Milliseconds(200);
  // Per batch.
  Ratio slow_reader{1, 50};
  Ratio disconnect{1, 50};
  // No reply for so long: give the connection up.
  Nanos patience = Seconds(20);
  bool resp3 = false;
  // Reads whatever node it is connected to, also replicas.
  bool reads_replicas = false;
};

class SimClient : public SimProgram, public StreamHandler {
 public:
  struct Options {
    Kernel* kernel = nullptr;
    // Where to connect, in turn.
    std::vector<Address> servers;
    ClientProfile profile;
    uint64_t entity = 0;
    // The next operation to send, with `sent` false for one that only passes the time; nothing more
    // to do: nullopt.
    std::function<std::optional<PlannedOperation>()> next;
    History* history = nullptr;
    // Told of each operation that has its reply; may be null.
    std::function<void(const Operation&)> on_answer;
    // Numbers connections over all clients of a history.
    uint32_t* next_connection = nullptr;
  };
  SimClient(Runtime& runtime, Options options);

  // Everything asked for was sent and answered, or its connection lost.
  bool finished() const { return finished_; }
  // What the server did wrong; empty if nothing.
  const std::string& fault() const { return fault_; }

  struct Lost {
    size_t history_index = 0;
    SocketId server_socket = 0;
  };
  const std::vector<Lost>& lost() const { return lost_; }

  void OnReceive(absl::string_view bytes) override;
  void OnSendDrained() override {}
  void OnClosed(const absl::Status& reason) override;

 private:
  // An operation without its last reply; history_index nullopt: HELLO.
  struct Pending {
    std::optional<size_t> history_index;
    size_t replies_left = 1;
  };

  void Connect();
  void Greet();
  void LeaveForNext();
  void Think();
  void SendBatch();
  void AppendOperation(const Operation& operation, Buffer& out);
  void Misbehave();
  void TakeReply(ReplyValue reply);
  void Conclude(Operation& operation, ReplyValue reply);
  void Fail(std::string fault);
  void WatchForSilence();

  EventLoop& loop_;
  Options options_;
  Draws draws_;
  Stream* stream_ = nullptr;
  SocketId socket_ = 0;
  ReplyParser parser_;
  std::deque<Pending> pending_;
  std::vector<Lost> lost_;
  uint32_t connection_ = 0;
  uint64_t requests_ = 0;  // sent on this connection
  uint64_t replies_ = 0;
  size_t server_ = 0;
  bool refused_ = false;  // since the last batch began
  TimerId silence_;
  bool finished_ = false;
  std::string fault_;
};

}  // namespace holdfast
