// Search: the search for an order of one group's operations (sim/check/linearizability.h).
//
//   chains    operations of one connection, in order; only a chain's head can come next
//   frame     positions in all chains, the model's state, the latest begin so far (the floor);
//             what is left to try
//   memory    hashes of (positions, state) whose frames are done or under way, and their least
//   floor
//
// 1. A frame differs from the one below by one operation and one of its possible outcomes.
// 2. An operation has several outcomes if it meets keys of which it cannot be told whether they had
//    expired. Each such choice says something about when the operation ran, which holds for the
//    commands after it in the same transaction.
// 3. An operation without a reply took effect once or never: to get past it is a choice of two.
//    When no reply is left to explain the search has succeeded.
// 4. An operation that is legal now, changes nothing and does not raise the floor is taken at once.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
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
  // A state after an operation, and what is known of the time at which it ran.
  struct Outcome {
    Model model;
    Model::Window now;
  };
  // What came of an operation: it ran, or it never did.
  struct Effect {
    Model model;
    bool ran = true;
  };
  struct Frame {
    std::vector<uint32_t> positions;
    Model model;
    Nanos floor{};  // the operations that ran so far began at or before this
    // Chains whose head may be next, the likeliest last, and what is left of the outcomes of
    // `tried`.
    std::vector<uint32_t> heads;
    uint32_t tried = 0;
    std::vector<Effect> outcomes;
  };

  const Operation* Head(const Frame& frame, uint32_t chain) const;
  // The first operation from the chain's head on that has a reply, or null.
  const Operation* FirstReplied(const Frame& frame, uint32_t chain) const;
  // By when the next operation has to take effect: no reply comes before its operation.
  Nanos Ceiling(const Frame& frame) const;
  bool Done(const Frame& frame) const;
  void ListHeads(Frame& frame) const;
  // Puts the outcomes of the likeliest head that is left into the frame; false if none is.
  bool TryNextHead(Frame& frame) const;
  std::vector<Effect> OutcomesOf(const Frame& frame, const Operation& operation) const;
  // Splits the outcomes in which the key may have expired or not, and erases it where it has.
  static void DecideExpiry(const std::string& key, std::vector<Outcome>& outcomes);
  bool SeenBefore(const Frame& frame);
  void NoteDeadEnd(Frame frame);

  const std::vector<std::vector<const Operation*>> chains_;
  // Of each place in a chain: the first one from there on that has a reply.
  std::vector<std::vector<uint32_t>> replied_from_;
  const LogTimeBounds& bounds_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, Nanos> seen_;
  uint64_t states_ = 0;
  uint64_t furthest_ = 0;
  Frame furthest_frame_;
};

}  // namespace holdfast
