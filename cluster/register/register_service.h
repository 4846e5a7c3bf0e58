// RegisterService: the register as a node runs it, voter and proposer on one event loop.
//
//    Read, CompareAndSet --> queue --> Proposer ---------------- send ---> voters
//                                         ^                        |
//    OnMessage ---------------------------+--> Acceptor --> store -+
//        |
//        +-- ChosenNotice, OnLearned --> known() --> watchers, configuration file
//
// 1. A voter's answer leaves after everything it rests on is durable, in the order of the requests.
// 2. A node's own voter is asked like any other, only without the network.
// 3. known() is a chosen configuration; its version never falls. Whoever completes a round tells
//    the other nodes; what they hear updates known() and closes no operation.
// 4. Operations run one at a time, in order; at most limits::kRegisterOperationsMax wait.
// 5. No handler runs inside the call that gave it.
//
// Messages to a process that has ended must never reach its successor: the network's promise (a
// connection's bytes die with it), and what makes enrolment safe.
//
// It lives as long as its loop runs, on that loop's thread alone.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/register/acceptor.h"
#include "cluster/register/config_register.h"
#include "cluster/register/proposer.h"
#include "cluster/register/register_store.h"
#include "net/runtime/clock.h"
#include "net/runtime/entropy.h"
#include "net/runtime/event_loop.h"
#include "net/runtime/logger.h"

namespace holdfast {

class RegisterService final : public ConfigRegister {
 public:
  struct Options {
    Identity self;
    std::string directory;  // exists
    ProposerOptions proposer;
  };
  struct World {
    EventLoop& loop;
    const Clock& clock;
    Entropy& entropy;
    Logger& logger;
  };
  struct Hooks {
    // Sends to another node, or drops: messages may be lost.
    absl::AnyInvocable<void(NodeId to, const RegisterMessage&)> send;
    // The node must stop: a sync failed, or two values were chosen for one version.
    StatusHandler on_fatal;
  };

  RegisterService(World world, Options options, Hooks hooks);

  // Reads the files; everything else comes after `done` was called with OK. The error names file
  // and offset, or says that the voter file is another node's.
  void Open(StatusHandler done);

  // Makes this node part of a new cluster whose first value is `initial` (version 1): as one of its
  // voters, or as a node that knows where they are. Refused if this node belongs to a cluster. The
  // same value again is OK as long as no other has followed it.
  void Bootstrap(const ClusterConfiguration& initial, StatusHandler done);

  // Dropped before Open has ended.
  void OnMessage(NodeId from, const RegisterMessage& message);
  // A chosen configuration that came by another way, such as with a heartbeat.
  void OnLearned(const ClusterConfiguration& chosen);

  void Read(Done done) override;
  void CompareAndSet(uint64_t expected, ClusterConfiguration value, Done done) override;
  void Watch(RegisterWatcher& watcher) override;

  // The newest configuration known to be chosen; version 0: none.
  const ClusterConfiguration& known() const { return known_; }
  bool is_voter() const { return acceptor_.has_value() && acceptor_->state().has_value(); }
  // Whether an operation that ended with kUnknown may still take effect.
  bool has_open_outcome() const { return proposer_.open(); }

 private:
  struct Operation {
    uint64_t expected = 0;
    std::optional<ClusterConfiguration> proposal;  // none: a read
    Done done;
  };
  struct HeldReply {
    NodeId to;
    RegisterMessage message;
    uint64_t generation;  // of the voter's state that must be durable first
    bool enrolled = false;
  };

  Proposer::Moment Moment();
  void Deliver(NodeId to, const RegisterMessage& message);
  void OnRequest(NodeId from, absl::StatusOr<Acceptor::Answer> answer);
  void SaveVoter();
  void ReleaseReplies();
  void Enqueue(Operation operation);
  void StartNext();
  void Carry(Proposer::Output output);
  void SetTimer();
  void Learn(const ClusterConfiguration& chosen);
  // Tells every other node of either configuration: those removed, too, should know.
  void Tell(const ClusterConfiguration& chosen, const ClusterConfiguration& before);
  // Whose voters to ask: before anything is known to be chosen, those of what was accepted here.
  const ClusterConfiguration& hint() const;
  void Fatal(absl::Status status);

  World world_;
  Options options_;
  Hooks hooks_;
  RegisterStore store_;
  std::optional<Acceptor> acceptor_;  // once the files are read
  Proposer proposer_;
  ClusterConfiguration known_;
  std::deque<Operation> operations_;  // the first one is under way
  std::deque<HeldReply> held_;
  uint64_t generation_ = 0;  // of the voter's state; rises with each change
  uint64_t durable_generation_ = 0;
  std::vector<RegisterWatcher*> watchers_;
  TimerId timer_;
  bool failed_ = false;
};

}  // namespace holdfast
