// SimOperator: somebody who administers the nodes: one command at a time, each over a connection of
// its own, to a node of choice.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/resp/reply_parser.h"
#include "sim/sim_runtime.h"

namespace holdfast {

class SimOperator : public SimProgram, public StreamHandler {
 public:
  // The reply, or nothing if none came.
  using Answer = std::function<void(std::optional<ReplyValue> reply)>;

  explicit SimOperator(Runtime& runtime) : loop_(runtime.loop(0)) {}

  // Sends the command once those asked for before are answered or given up.
  void Ask(const Address& node, std::vector<std::string> command, Answer answer);
  bool idle() const { return requests_.empty(); }

  void OnReceive(absl::string_view bytes) override;
  void OnSendDrained() override {}
  void OnClosed(const absl::Status& reason) override;

 private:
  struct Request {
    Address node;
    std::vector<std::string> command;
    Answer answer;
  };
  void Begin();
  void Finish(std::optional<ReplyValue> reply);

  EventLoop& loop_;
  std::deque<Request> requests_;
  Stream* stream_ = nullptr;
  ReplyParser parser_;
  TimerId patience_;
};

}  // namespace holdfast
