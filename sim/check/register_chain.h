// RegisterChain: whether the register's voters stand by their word, and its values are one chain.
//
//   voter   | promise(b) leaves | accepts (b, v) | its vote leaves |   crash   | what it recovers |
//   value   J --chosen--> K --chosen--> ...          chosen: voted for by most of each set it names
//
// Judged by what voters and proposers say (net/base/witness.h), with rules of its own:
//
// 1. Whatever a voter has answered with it still knows after a crash, and it answers no older
//    ballot. One that has lost its file is silent until it is enrolled again.
// 2. A version has one chosen value. What is accepted in a higher ballot than that in which a value
//    was chosen is that value or follows it.
// 3. Before a change of voters is first accepted by anybody, each newcomer has promised the ballot.
//    The new voters alone are accepted only once that change is chosen.
// 4. A node believes only in configurations that are chosen.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "net/base/witness.h"
#include "sim/check/violation.h"

namespace holdfast {

class RegisterChain {
 public:
  explicit RegisterChain(Violation& violation) : violation_(violation) {}

  void OnVote(const VoteWitness& vote);
  void OnLearned(const ValueWitness& value);
  // The voter's file is gone, and whoever did that knows.
  void Lost(uint64_t voter);

  // The sets named by what anybody has accepted from that version on: they count, or may yet.
  std::vector<std::vector<uint64_t>> VoterSetsFrom(uint64_t version) const;

 private:
  struct Voter {
    BallotWitness answered;  // the highest that it has answered
    BallotWitness voted;     // the highest that it has said it accepted
    bool lost = false;
  };
  struct Round {
    ValueWitness value;
    std::set<uint64_t> votes;
  };
  struct Chosen {
    BallotWitness ballot;  // the lowest known
    uint64_t digest = 0;
  };

  void Recovered(const VoteWitness& vote);
  void Accepted(const VoteWitness& vote);
  void Answered(const VoteWitness& vote);
  void Choose(const BallotWitness& ballot, const Round& round);
  void CheckVotersOf(const BallotWitness& ballot, const ValueWitness& value);
  void CheckFollows(const BallotWitness& ballot, const ValueWitness& value, uint64_t version,
                    const Chosen& chosen);

  Violation& violation_;
  std::map<uint64_t, Voter> voters_;
  std::map<BallotWitness, Round> rounds_;  // in which somebody accepted something
  std::map<uint64_t, Chosen> chosen_;      // by version
};

}  // namespace holdfast
