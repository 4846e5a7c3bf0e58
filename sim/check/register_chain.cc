#include "sim/check/register_chain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast {
namespace {

constexpr int kRegister = 14;  // the invariant's number
// With this one a cluster is founded, before anybody votes.
constexpr uint64_t kFirstVersion = 1;

std::string Name(uint64_t voter) { return absl::StrFormat("voter %016x", voter); }

bool IsMajority(const std::vector<uint64_t>& set, const std::set<uint64_t>& votes) {
  const auto count =
      std::count_if(set.begin(), set.end(), [&](uint64_t voter) { return votes.contains(voter); });
  return 2 * static_cast<size_t>(count) > set.size();
}

bool Holds(const std::vector<uint64_t>& set, uint64_t voter) {
  return std::find(set.begin(), set.end(), voter) != set.end();
}

}  // namespace

void RegisterChain::Lost(uint64_t voter) { voters_[voter] = {.lost = true}; }

std::vector<std::vector<uint64_t>> RegisterChain::VoterSetsFrom(uint64_t version) const {
  std::vector<std::vector<uint64_t>> sets;
  for (const auto& [ballot, round] : rounds_) {
    if (round.value.version < version) continue;
    sets.push_back(round.value.voters);
    if (!round.value.next_voters.empty()) sets.push_back(round.value.next_voters);
  }
  return sets;
}

void RegisterChain::OnVote(const VoteWitness& vote) {
  switch (vote.kind) {
    case VoteWitness::Kind::kRecovered:
      return Recovered(vote);
    case VoteWitness::Kind::kAccepted:
      return Accepted(vote);
    case VoteWitness::Kind::kPromise:
    case VoteWitness::Kind::kVote:
      return Answered(vote);
  }
}

void RegisterChain::Recovered(const VoteWitness& vote) {
  const Voter& voter = voters_[vote.voter];
  if (voter.lost) return;
  if (vote.promised < voter.answered) {
    violation_.Add(kRegister,
                   absl::StrCat(Name(vote.voter), " has answered round ", voter.answered.round,
                                " and recovers a promise of ", vote.promised.round));
  }
  if (vote.ballot < voter.voted) {
    violation_.Add(kRegister,
                   absl::StrCat(Name(vote.voter), " has voted in round ", voter.voted.round,
                                " and recovers a vote of round ", vote.ballot.round));
  }
}

void RegisterChain::Accepted(const VoteWitness& vote) {
  const auto [found, is_new] = rounds_.emplace(vote.ballot, Round{.value = vote.value});
  if (!is_new) {
    if (found->second.value.digest != vote.value.digest) {
      violation_.Add(kRegister, absl::StrCat("round ", vote.ballot.round, " has two values"));
    }
    return;
  }
  CheckVotersOf(vote.ballot, vote.value);
  for (const auto& [version, chosen] : chosen_) {
    CheckFollows(vote.ballot, vote.value, version, chosen);
  }
}

void RegisterChain::CheckVotersOf(const BallotWitness& ballot, const ValueWitness& value) {
  // The same value again, or another one while the change is under way: it began before.
  const bool accepted_before = std::any_of(rounds_.begin(), rounds_.end(), [&](const auto& round) {
    const ValueWitness& other = round.second.value;
    const bool precedes = other.version + 1 == value.version && other.voters == value.voters &&
                          other.next_voters == value.next_voters;
    return round.first < ballot && (other.digest == value.digest || precedes);
  });
  if (accepted_before) return;
  for (uint64_t newcomer : value.next_voters) {
    if (Holds(value.voters, newcomer) || voters_[newcomer].answered >= ballot) continue;
    violation_.Add(kRegister, absl::StrCat("version ", value.version, " is accepted, which makes ",
                                           Name(newcomer), " vote, and that one has not promised"));
  }
  if (!value.next_voters.empty() || chosen_.contains(value.version - 1)) return;
  for (const auto& [earlier, round] : rounds_) {
    const ValueWitness& joint = round.value;
    if (joint.version + 1 != value.version || joint.next_voters.empty()) continue;
    violation_.Add(kRegister, absl::StrCat("version ", value.version,
                                           " is accepted, which ends a change of voters that is "
                                           "not chosen"));
  }
}

void RegisterChain::CheckFollows(const BallotWitness& ballot, const ValueWitness& value,
                                 uint64_t version, const Chosen& chosen) {
  if (ballot <= chosen.ballot) return;
  const bool follows =
      value.version > version || (value.version == version && value.digest == chosen.digest);
  if (follows) return;
  violation_.Add(kRegister, absl::StrCat("version ", version, " was chosen in round ",
                                         chosen.ballot.round, ", and in round ", ballot.round,
                                         value.version == version ? " another " : " version ",
                                         value.version, " is accepted"));
}

void RegisterChain::Answered(const VoteWitness& vote) {
  Voter& voter = voters_[vote.voter];
  if (voter.lost && vote.enrolled) voter.lost = false;
  if (voter.lost) {
    violation_.Add(kRegister, absl::StrCat(Name(vote.voter), " has lost its file and answers"));
  }
  const bool votes = vote.kind == VoteWitness::Kind::kVote;
  // Answers leave in the order in which they were given.
  if (vote.ballot < voter.answered) {
    violation_.Add(
        kRegister,
        absl::StrCat(Name(vote.voter), " has answered round ", voter.answered.round, " and now ",
                     votes ? "votes in" : "promises", " round ", vote.ballot.round));
  }
  voter.answered = std::max(voter.answered, vote.ballot);
  if (!votes) return;
  voter.voted = std::max(voter.voted, vote.ballot);
  const auto round = rounds_.find(vote.ballot);
  if (round == rounds_.end()) return;
  round->second.votes.insert(vote.voter);
  Choose(vote.ballot, round->second);
}

void RegisterChain::Choose(const BallotWitness& ballot, const Round& round) {
  const ValueWitness& value = round.value;
  if (!IsMajority(value.voters, round.votes)) return;
  if (!value.next_voters.empty() && !IsMajority(value.next_voters, round.votes)) return;
  const auto [found, is_new] =
      chosen_.emplace(value.version, Chosen{.ballot = ballot, .digest = value.digest});
  if (found->second.digest != value.digest) {
    violation_.Add(kRegister, absl::StrCat("version ", value.version, " has two chosen values"));
  }
  if (!is_new && found->second.ballot <= ballot) return;
  found->second.ballot = ballot;
  for (const auto& [later, accepted] : rounds_) {
    CheckFollows(later, accepted.value, value.version, found->second);
  }
}

void RegisterChain::OnLearned(const ValueWitness& value) {
  if (value.version <= kFirstVersion) return;
  const auto found = chosen_.find(value.version);
  if (found != chosen_.end() && found->second.digest == value.digest) return;
  violation_.Add(kRegister, absl::StrCat("version ", value.version,
                                         " is believed in, and most voters have not accepted it"));
}

}  // namespace holdfast
