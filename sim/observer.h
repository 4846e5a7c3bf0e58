// Observer: collects what a run shows while it goes on, and holds it against the invariants.
//
// It hears what the nodes say of themselves, looks at all of them every now and then, and keeps the
// bounds of log_time. What it collects is judged again when all is over (sim/world.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sim/check/evidence.h"
#include "sim/check/history.h"
#include "sim/check/invariants.h"
#include "sim/check/log_time_bounds.h"
#include "sim/check/register_chain.h"
#include "sim/check/reign_rules.h"
#include "sim/deployment.h"
#include "sim/nemesis.h"
#include "sim/story.h"
#include "sim/witness_sink.h"

namespace holdfast {

class Observer : public WitnessSink {
 public:
  struct Options {
    Kernel* kernel = nullptr;
    const Deployment* deployment = nullptr;
    Knobs knobs;
    Story* story = nullptr;  // may be null
  };
  explicit Observer(const Options& options);
  ~Observer() override { SetWitnessSink(nullptr); }

  // Log_time begins now, on some machine.
  void StartClocks();
  // The clocks are about to be bent, or were.
  void SampleClocks();
  void Paused(int node, Nanos until);
  // Looks at all nodes.
  void Sample();
  void SampleDigests();
  // `core` has a bit for each node that is to be at rest.
  void SampleAtRest(uint64_t core);
  // A client has its reply.
  void OnAnswer(const Operation& operation);
  // The node's disk has failed a sync: it has to stop, and may.
  void SyncFailed(int node);
  // The node, which does not run, has forgotten what it promised as a voter.
  void VoteLost(int node);
  // Whom to tell of vulnerable moments; may be null.
  void set_nemesis(Nemesis* nemesis) { nemesis_ = nemesis; }
  void Tell(int node, std::string what);

  const LogTimeBounds& bounds() const { return bounds_; }
  const Evidence& evidence() const { return evidence_; }
  const RegisterChain& register_chain() const { return register_chain_; }
  const std::string& violation() const { return invariants_.violation(); }
  std::vector<NodeSample> Nodes() const;

  void OnReply(const ReplyWitness& reply) override;
  void OnRecord(const RecordWitness& record) override;
  void OnCommit(const CommitWitness& commit) override;
  void OnVulnerable(Vulnerable moment) override;
  void OnAck(const AckWitness& ack) override { reigns_.OnAck(ack); }
  void OnRelease(const ReleaseWitness& release) override { reigns_.OnRelease(release); }
  void OnSnapshot(const SnapshotWitness& snapshot) override;
  void OnVote(const VoteWitness& vote) override;
  void OnLearned(const ValueWitness& value) override { register_chain_.OnLearned(value); }
  void OnProposal(const ProposalWitness& proposal) override;
  void OnAsking() override { outdated_.erase(options_.kernel->running()); }
  void OnBackOff(Nanos pause) override;
  void OnHalt(absl::string_view reason) override;

 private:
  std::vector<LogTimeBounds::Reading> Readings() const;
  void TellRoles(const std::vector<NodeSample>& nodes);
  int Speaker() const { return options_.deployment->IndexOf(options_.kernel->running()); }

  const Options options_;
  void CheckFailed();

  Invariants invariants_;
  ReignRules reigns_;
  RegisterChain register_chain_;
  LogTimeBounds bounds_;
  bool clocks_started_ = false;
  std::vector<Nanos> paused_until_;
  int records_ = 0;  // appended in that event since its last reply
  uint64_t records_event_ = 0;
  Evidence evidence_;
  // What each reply shows, by connection and ordinal, until it has arrived.
  struct Shown {
    Epoch epoch;
    Lsn lsn;
    bool deposed = false;  // a read by who led before an epoch that had committed by then
  };
  absl::flat_hash_map<std::pair<int, uint64_t>, Shown> shown_;
  Epoch newest_epoch_;
  Epoch committed_epoch_;  // the newest that has committed anything
  Nemesis* nemesis_ = nullptr;
  std::map<int, uint64_t> voters_;  // by node
  std::set<Actor> outdated_;        // have proposed what they cannot know to be up to date
  int short_pauses_ = 0;            // one after another
  std::map<Actor, Nanos> failed_;   // lives whose disk has failed, and since when
  std::map<int, std::string> roles_;
};

}  // namespace holdfast
