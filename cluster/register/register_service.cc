#include "cluster/register/register_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cluster/register/register_witness.h"
#include "cluster/wire/configuration_codec.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/witness.h"

namespace holdfast {

RegisterService::RegisterService(World world, Options options, Hooks hooks)
    : world_(world),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      store_(world_.loop.disk(),
             {.directory = options_.directory,
              .on_fatal = [this](absl::Status status) { Fatal(std::move(status)); }}),
      proposer_(options_.self, options_.proposer) {}

void RegisterService::Open(StatusHandler done) {
  store_.Load(
      [this, done = std::move(done)](absl::StatusOr<RegisterStore::Contents> contents) mutable {
        if (!contents.ok()) return done(contents.status());
        const NodeId self = options_.self.node;
        if (contents->voter.has_value() && contents->voter->node != self) {
          return done(absl::FailedPreconditionError(
              absl::StrFormat("%s/voter is of node %016x, this is %016x", options_.directory,
                              contents->voter->node.value, self.value)));
        }
        acceptor_.emplace(self, std::move(contents->voter));
        TellRecovered(self, acceptor_->state());
        if (contents->configuration.version > 0) Learn(contents->configuration);
        done(absl::OkStatus());
      });
}

void RegisterService::Bootstrap(const ClusterConfiguration& initial, StatusHandler done) {
  CHECK(acceptor_.has_value());
  const auto refuse = [&](absl::Status status) {
    world_.loop.Post([done = std::move(done), status = std::move(status)]() mutable {
      done(std::move(status));
    });
  };
  if (initial.version != 1 || initial.cluster_id == 0 || initial.voters.empty() ||
      !initial.next_voters.empty()) {
    return refuse(
        absl::InvalidArgumentError("a new cluster starts with version 1, an id and its voters"));
  }
  if (absl::Status status = CheckWellFormed(initial); !status.ok()) return refuse(status);
  const bool elsewhere = is_voter() && acceptor_->state()->value != initial;
  if (elsewhere || (known_.version > 0 && known_ != initial)) {
    return refuse(absl::AlreadyExistsError(
        absl::StrFormat("this node belongs to cluster %016x already",
                        elsewhere ? acceptor_->state()->cluster_id : known_.cluster_id)));
  }
  if (!is_voter() && VoterRules(initial).Includes(options_.self.node)) {
    CHECK(acceptor_->Bootstrap(initial).ok());
    ++generation_;
  }
  auto finish = [this, initial, done = std::move(done)](absl::Status status) mutable {
    if (!status.ok()) return done(std::move(status));
    store_.SaveConfiguration(initial,
                             [this, initial, done = std::move(done)](absl::Status saved) mutable {
                               if (saved.ok()) Learn(initial);
                               done(std::move(saved));
                             });
  };
  if (!is_voter()) return finish(absl::OkStatus());
  store_.SaveVoter(*acceptor_->state(), [this, generation = generation_,
                                         finish = std::move(finish)](absl::Status status) mutable {
    if (status.ok()) durable_generation_ = std::max(durable_generation_, generation);
    finish(std::move(status));
  });
}

void RegisterService::OnMessage(NodeId from, const RegisterMessage& message) {
  if (failed_ || !acceptor_.has_value()) return;
  const bool waits = proposer_.backing_off();
  const bool was_accepting = proposer_.accepting();
  if (const auto* prepare = std::get_if<PrepareRequest>(&message)) {
    const bool enrols = prepare->enrol && !acceptor_->state().has_value();
    OnRequest(from, acceptor_->Step(*prepare));
    if (enrols && !held_.empty()) held_.back().enrolled = true;
  } else if (const auto* accept = std::get_if<AcceptRequest>(&message)) {
    OnRequest(from, acceptor_->Step(*accept));
  } else if (const auto* promise = std::get_if<PrepareReply>(&message)) {
    Carry(proposer_.Step(from, *promise, Moment()));
  } else if (const auto* accepted = std::get_if<AcceptReply>(&message)) {
    Carry(proposer_.Step(from, *accepted, Moment()));
  } else {
    OnLearned(std::get<ChosenNotice>(message).value);
  }
  if (!was_accepting && proposer_.accepting()) WitnessVulnerable(Vulnerable::kAsksForVotes);
  if (!waits && proposer_.backing_off()) {
    TellBackOff(proposer_.wake_at() - world_.clock.Monotonic());
  }
}

void RegisterService::OnRequest(NodeId from, absl::StatusOr<Acceptor::Answer> answer) {
  if (!answer.ok()) {
    world_.logger.Write(LogLevel::kVerbose, absl::StrFormat("No vote for node %016x: %s",
                                                            from.value, answer.status().message()));
    return;
  }
  TellAccepted(*acceptor_->state(), answer->reply);
  if (answer->persist) ++generation_;
  held_.push_back({from, std::move(answer->reply), generation_});
  // Also when nothing changed now: an earlier save may have failed.
  if (durable_generation_ < generation_) {
    SaveVoter();
  } else {
    ReleaseReplies();
  }
}

void RegisterService::SaveVoter() {
  store_.SaveVoter(*acceptor_->state(), [this, generation = generation_](absl::Status status) {
    if (failed_) return;
    if (status.ok()) {
      durable_generation_ = std::max(durable_generation_, generation);
      return ReleaseReplies();
    }
    world_.logger.Write(LogLevel::kWarning,
                        absl::StrCat("Cannot vote for now: ", status.message()));
    // Lost like messages: the proposers will ask again, and then the state is saved again.
    std::erase_if(held_, [&](const HeldReply& held) { return held.generation <= generation; });
  });
}

void RegisterService::ReleaseReplies() {
  while (!held_.empty() && held_.front().generation <= durable_generation_) {
    HeldReply held = std::move(held_.front());
    held_.pop_front();
    TellAnswered(options_.self.node, held.message, held.enrolled);
    Deliver(held.to, held.message);
  }
}

void RegisterService::Deliver(NodeId to, const RegisterMessage& message) {
  if (to != options_.self.node) return hooks_.send(to, message);
  world_.loop.Post([this, message] { OnMessage(options_.self.node, message); });
}

void RegisterService::OnLearned(const ClusterConfiguration& chosen) {
  if (known_.version > 0 && chosen.cluster_id != known_.cluster_id) {
    world_.logger.Write(LogLevel::kWarning,
                        absl::StrFormat("Ignored a configuration of cluster %016x, this is %016x",
                                        chosen.cluster_id, known_.cluster_id));
    return;
  }
  if (chosen.version == known_.version && chosen != known_) {
    return Fatal(absl::InternalError(
        absl::StrFormat("two configurations were chosen as version %d", chosen.version)));
  }
  if (chosen.version <= known_.version) return;
  // Losing this file's news costs a question after a restart, no more.
  store_.SaveConfiguration(chosen, [this](const absl::Status& status) {
    if (status.ok()) return;
    world_.logger.Write(LogLevel::kWarning, std::string(status.message()));
  });
  Learn(chosen);
}

void RegisterService::Learn(const ClusterConfiguration& chosen) {
  if (chosen.version <= known_.version) return;
  TellLearned(chosen);
  known_ = chosen;
  for (RegisterWatcher* watcher : watchers_) {
    world_.loop.Post([watcher, chosen] { watcher->OnConfiguration(chosen); });
  }
}

void RegisterService::Tell(const ClusterConfiguration& chosen, const ClusterConfiguration& before) {
  WitnessVulnerable(Vulnerable::kChosen);
  std::vector<NodeId> told = {options_.self.node};
  for (const ClusterConfiguration* configuration : {&chosen, &before}) {
    for (const NodeDescription& node : configuration->nodes) {
      if (std::find(told.begin(), told.end(), node.id) != told.end()) continue;
      told.push_back(node.id);
      hooks_.send(node.id, ChosenNotice{chosen});
    }
  }
}

const ClusterConfiguration& RegisterService::hint() const {
  return known_.version > 0 || !is_voter() ? known_ : acceptor_->state()->value;
}

void RegisterService::Read(Done done) { Enqueue({.done = std::move(done)}); }

void RegisterService::CompareAndSet(uint64_t expected, ClusterConfiguration value, Done done) {
  if (absl::Status status = CheckWellFormed(value); !status.ok()) {
    world_.loop.Post([done = std::move(done), status]() mutable {
      done({.outcome = RegisterOutcome::kRefused, .reason = std::string(status.message())});
    });
    return;
  }
  Enqueue({.expected = expected, .proposal = std::move(value), .done = std::move(done)});
}

void RegisterService::Enqueue(Operation operation) {
  if (failed_ || operations_.size() >= limits::kRegisterOperationsMax) {
    world_.loop.Post([done = std::move(operation.done)]() mutable {
      done({.outcome = RegisterOutcome::kUnavailable, .reason = "too many operations wait"});
    });
    return;
  }
  operations_.push_back(std::move(operation));
  if (operations_.size() == 1) world_.loop.Post([this] { StartNext(); });
}

void RegisterService::StartNext() {
  if (failed_ || operations_.empty() || proposer_.busy()) return;
  TellAsking();
  Operation& next = operations_.front();
  Carry(next.proposal.has_value()
            ? proposer_.CompareAndSet(hint(), next.expected, *std::move(next.proposal), Moment())
            : proposer_.Read(hint(), Moment()));
}

void RegisterService::Carry(Proposer::Output output) {
  for (const Proposer::Envelope& envelope : output.messages) {
    Deliver(envelope.to, envelope.message);
  }
  SetTimer();
  if (!output.result.has_value()) return;
  const ClusterConfiguration current = output.result->current;
  Operation ended = std::move(operations_.front());
  operations_.pop_front();
  if (current.version > 0) {
    const ClusterConfiguration before = known_;
    OnLearned(current);
    if (known_ != before && !failed_) Tell(current, before);
  }
  if (output.settled) {
    for (RegisterWatcher* watcher : watchers_) watcher->OnOutcomesSettled(current);
  }
  ended.done(*std::move(output.result));
  if (!operations_.empty()) world_.loop.Post([this] { StartNext(); });
}

void RegisterService::SetTimer() {
  if (timer_ != TimerId{}) world_.loop.Cancel(std::exchange(timer_, TimerId{}));
  if (!proposer_.busy()) return;
  const Nanos now = world_.clock.Monotonic();
  const Nanos delay = std::max(Nanos{}, proposer_.wake_at() - now);
  timer_ = world_.loop.RunAfter(delay, [this] {
    timer_ = TimerId{};
    if (!failed_) Carry(proposer_.Tick(Moment()));
  });
}

void RegisterService::Watch(RegisterWatcher& watcher) {
  watchers_.push_back(&watcher);
  if (known_.version == 0) return;
  world_.loop.Post([&watcher, known = known_] { watcher.OnConfiguration(known); });
}

Proposer::Moment RegisterService::Moment() {
  return {.now = world_.clock.Monotonic(), .random = world_.entropy.Next()};
}

void RegisterService::Fatal(absl::Status status) {
  if (std::exchange(failed_, true)) return;
  held_.clear();
  hooks_.on_fatal(std::move(status));
}

}  // namespace holdfast
