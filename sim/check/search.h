// Search: the search for an order of one group's operations (sim/check/linearizability.h).
//
//   chains    operations of one connection, in order; only a chain's head can come next
//   frame     positions in all chains, the model's state, the latest begin so far; next choice to
//   try memory    hashes of (positions, state) whose frames are done or under way
//
// 1. Frames differ from the one below by one operation and one choice of which keys had expired.
// 2. Heads without a reply constrain nobody; when only they are left the search has succeeded.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "sim/check/history.h"
#include "sim/check/log_time_bounds.h"

namespace holdfast {

class Search {
 public:
  // `chains` are non-empty and hold operations of one connection each, in order.
  Search(std::vector<std::vector<const Operation*>> chains, const LogTimeBounds& bounds);

  enum class Verdict { kLegal, kIllegal, kUndecided };
  Verdict Run(uint64_t states_max);
  uint64_t states() const { return states_; }
  // After kIllegal: the furthest dead end, in words.
  std::string Explain() const;

 private:
  // An operation to be next, and those of its keys that are taken to have expired.
  struct Choice {
    uint32_t chain = 0;
    std::vector<std::string> expired;
  };
  struct Frame {
    std::vector<uint32_t> positions;
    Model model;
    Nanos floor{};  // the operations ordered so far began at or before this
    std::vector<Choice> choices;
    size_t next_choice = 0;
  };

  const Operation* Head(const Frame& frame, uint32_t chain) const;
  // By when the next operation has to take effect: no reply comes before its operation.
  Nanos Ceiling(const Frame& frame) const;
  bool Done(const Frame& frame) const;
  void ListChoices(Frame& frame) const;
  void ListBranches(const Frame& frame, uint32_t chain, Nanos ceiling,
                    std::vector<Choice>& choices) const;
  // The frame after a choice, if the operation could have replied as it did.
  bool Apply(const Frame& frame, const Choice& choice, Frame& next) const;
  bool SeenBefore(const Frame& frame);
  void NoteDeadEnd(Frame frame);

  const std::vector<std::vector<const Operation*>> chains_;
  const LogTimeBounds& bounds_;
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> seen_;
  uint64_t states_ = 0;
  uint64_t furthest_ = 0;
  Frame furthest_frame_;
};

}  // namespace holdfast
