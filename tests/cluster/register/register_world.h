// RegisterWorld: voters, proposers and the messages between them as one value that can be copied,
// hashed and moved on by one event at a time. Who chooses the events, chooses the schedule.
//
// A request and the answer to it are one event, or the answer is lost: an answer that comes late is
// like one that never comes, since a proposer ignores what it no longer waits for. A request that
// nobody has delivered stays in flight for ever and may arrive at any later time.
//
// Judged is what proposers report, by the values' names. A value is named after the one it was
// derived from, with two letters of its own added, so that
//
// 1. of two values reported as the register's, one's name begins with the other's: one chain, one
//    value per version, each derived from the one before;
// 2. an operation that begins after another has reported a value reports no older one: what was
//    chosen stays chosen.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/register/acceptor.h"
#include "cluster/register/proposer.h"

namespace holdfast {

struct RegisterStep {
  enum class Kind : uint8_t {
    kRead,
    kChange,  // follows the newest value that the node knows
    kBegin,   // the same, and names `voters` to follow the present ones
    kFinish,  // lets them, if the newest value the node knows is joint
  };
  Kind kind = Kind::kRead;
  std::vector<NodeId> voters;
};

struct RegisterScope {
  std::string name;
  int nodes = 3;                                   // numbered from 1
  std::vector<NodeId> voters;                      // at first
  std::vector<std::vector<RegisterStep>> scripts;  // one proposer each, on nodes 1, 2, ...
  std::vector<int> retries;  // of each operation of a proposer: by time-out, or after a back-off
  // Leaves out events that cannot decide anything: requests that would be refused, prepares that
  // nobody waits for, lost promises. In return each round starts above all others.
  bool reduced = false;
  // A node that does not know what became of its joint value takes it for chosen.
  bool guess = false;
  bool duplicate = false;  // requests may arrive again
  bool gossip = false;     // proposers hear of what was chosen
  int crashes = 0;         // of voters: they keep what was persisted
  int wipes = 0;           // of voters: they keep nothing, and their id is never enrolled again
  int proposer_crashes = 0;
};

struct RegisterEvent {
  enum class Kind : uint8_t {
    kStart,           // proposer `index` begins its next operation
    kDeliver,         // request `index` and its answer
    kDeliverUnheard,  // the answer is lost
    kDeliverAgain,    // the request stays in flight
    kRetry,           // proposer `index` stops waiting and starts a round
    kGiveUp,          // its operation's time is over
    kForget,          // it starts again in a new incarnation
    kLearn,           // it hears of the newest value reported
    kCrash,           // voter `index`
    kWipe,
  };
  Kind kind = Kind::kStart;
  size_t index = 0;
};

class RegisterWorld {
 public:
  // `scope` must outlive the world and its copies.
  explicit RegisterWorld(const RegisterScope& scope);

  // In an order that depends on the state alone.
  std::vector<RegisterEvent> Enabled() const;
  void Apply(const RegisterEvent& event);
  // Equal for states from which the same can happen: only the order of ballots counts, and voters
  // of the same sets may stand for one another.
  uint64_t Hash() const;

  // What has gone wrong; empty while nothing has.
  const std::string& violation() const { return violation_; }
  // Names of the values that were reported, by version.
  const std::map<uint64_t, std::string>& reported() const { return reported_; }
  // Reports so far that showed a value.
  int reports() const { return reports_; }
  // As a person would tell the event, in the state before it.
  std::string Describe(const RegisterEvent& event) const;

  // The oldest request to that voter, which exists, and its answer.
  void DeliverTo(NodeId voter);
  // What is in flight is lost.
  void LoseRequests() { requests_.clear(); }
  // Delivers everything until nothing is left to do, with time-outs where that is needed, and
  // begins what the scripts still hold. Whether every operation came to an end.
  bool Settle();

 private:
  struct Voter {
    Acceptor acceptor;
    std::optional<VoterState> durable;
    bool wiped = false;
  };
  struct Client {
    Proposer proposer;
    Identity identity;
    size_t next_step = 0;
    int retries = 0;  // of this operation
    Nanos now;
    ClusterConfiguration known;
    ClusterConfiguration proposed;  // by the last operation
    uint64_t floor = 0;             // newest version reported when the operation began
  };
  struct Request {
    size_t client = 0;
    NodeId to;
    RegisterMessage message;
  };

  static const Ballot& BallotOf(const Request& request);
  static bool Before(const Request& left, const Request& right);

  void Start(Client& client);
  void Deliver(const RegisterEvent& event);
  void Carry(Client& client, Proposer::Output output);
  void Report(Client& client, const RegisterResult& result);
  void DropStaleRequests();
  bool IsStale(const Request& request) const;
  bool IsRefused(const Request& request) const;
  // Lets the proposer know of the newest round that anybody does.
  void Raise(Client& client);
  std::vector<Ballot> Ballots() const;
  Proposer::Moment MomentOf(const Client& client) const { return {.now = client.now, .random = 0}; }
  Voter& voter(NodeId node) { return voters_[node.value - 1]; }
  const Voter& voter(NodeId node) const { return voters_[node.value - 1]; }

  const RegisterScope* scope_;
  std::vector<Voter> voters_;
  std::vector<Client> clients_;
  std::vector<Request> requests_;  // in flight, ordered by Before
  int crashes_ = 0;
  int wipes_ = 0;
  int proposer_crashes_ = 0;
  int reports_ = 0;
  ClusterConfiguration newest_;  // reported
  std::map<uint64_t, std::string> reported_;
  std::string violation_;
};

}  // namespace holdfast
