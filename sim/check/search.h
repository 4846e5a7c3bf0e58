// Search: the search for an order of one group's operations (sim/check/linearizability.h).
//
//   chains    operations of one connection, in order; only a chain's head can come next
//   object    a key, or several, numbered; two operations depend on each other if they share one
//   frame     positions in all chains, the model's state, what is left to try, and each object's
//             floor: the latest begin of what led to its state
//   memory    hashes of (positions, state) whose frames are done or under way, and their floors
//
// 1. A frame differs from the one below by one operation that ran, and one of its possible
// outcomes.
// 2. An operation has several outcomes if it meets keys of which it cannot be told whether they had
//    expired. Each such choice says something about when the operation ran, which holds for the
//    commands after it in the same transaction.
// 3. An operation without a reply took effect once or never: whatever comes behind it on its
//    connection, up to the next one with a reply, may be the next to run. If it changes nothing it
//    may as well not have run. When no reply is left to explain the search has succeeded.
// 4. An operation that is legal now, changes nothing and does not raise a floor is taken at once.
// 5. What a later reply shows must still be able to come about (sim/check/sightings.h).
// 6. Somebody replies first. Only a chain is tried that may matter to that reply: it is that
//    operation's chain, or has, of what may run before that reply, something that depends on what
//    may be next of another such chain. Whatever an order has before the first operation of these
//    chains does not depend on it and can as well stand behind it.
// 7. What runs before that reply matters to it: something behind it depends on it, and on that
//    something else, and so on up to the operation that replies first. Everything else can as well
//    stand behind that one, since nothing else has to have happened by then.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sim/check/history.h"
#include "sim/check/log_time_bounds.h"
#include "sim/check/sightings.h"

namespace holdfast {

class Search {
 public:
  // `chains` are non-empty and hold operations of one connection each, in order.
  Search(std::vector<std::vector<const Operation*>> chains, const LogTimeBounds& bounds);

  enum class Verdict { kLegal, kIllegal, kUndecided };
  Verdict Run(uint64_t states_max);
  uint64_t states() const { return states_; }
  // After kIllegal and kUndecided: the furthest dead end, in words.
  std::string Explain() const;

 private:
  // A state after an operation, and what is known of the time at which it ran.
  struct Outcome {
    Model model;
    Model::Window now;
  };
  // An operation that may be next; those before it on its connection never ran.
  struct Move {
    uint32_t chain = 0;
    uint32_t place = 0;
  };
  // Ran, and nothing behind it has depended on it yet.
  struct Loose {
    uint64_t objects = 0;
    uint32_t chain = 0;
    auto operator<=>(const Loose&) const = default;
  };
  struct Frame {
    std::vector<uint32_t> positions;
    Model model;
    std::vector<Nanos> floors;  // by object: what it holds is of this moment or later
    std::vector<Loose> loose;   // since somebody replied first
    // What may be next, the likeliest last, and what is left of the outcomes of `tried`.
    std::vector<Move> moves;
    Move tried;
    bool is_settled = false;  // it is taken at once, and nothing else is tried
    std::vector<Model> outcomes;
  };

  // One search through all orders, likelier ones first as this attempt sees it.
  Verdict Attempt(uint64_t states_max);
  // The objects of an operation, a bit each.
  uint64_t ObjectsOf(const Operation& operation) const;
  void NumberObjects();
  const Operation& At(const Move& move) const { return *chains_[move.chain][move.place]; }
  uint64_t ObjectsAt(const Move& move) const { return objects_[move.chain][move.place]; }
  // The end of what may be next of a chain: behind its first operation with a reply.
  uint32_t MovesEnd(const Frame& frame, uint32_t chain, Nanos ceiling) const;
  // Nothing on these objects may take effect before this any more.
  static Nanos Floor(const Frame& frame, uint64_t objects);
  // The objects of what the chain may run before the moment, and of what may be next of it.
  uint64_t ObjectsBefore(const Frame& frame, uint32_t chain, Nanos moment) const;
  uint64_t ObjectsNext(const Frame& frame, uint32_t chain, Nanos moment) const;
  // A bit per chain that is worth a try.
  std::vector<bool> ChainsThatMatter(const Frame& frame, Nanos ceiling) const;
  // False if the move is the first reply and something ran that does not matter to it.
  bool TakeIn(const Frame& frame, std::vector<Loose>& loose) const;
  // The frame after one of the outcomes, if there can be more behind it.
  std::optional<Frame> Advance(const Frame& frame, Model model);
  // The first operation from the chain's head on that has a reply, or null.
  const Operation* FirstReplied(const Frame& frame, uint32_t chain) const;
  // By when the next operation has to take effect: no reply comes before its operation.
  Nanos Ceiling(const Frame& frame) const;
  bool Done(const Frame& frame) const;
  void ListMoves(Frame& frame) const;
  // Puts the outcomes of the likeliest move that is left into the frame; false if none is.
  bool TryNextMove(Frame& frame) const;
  std::vector<Model> OutcomesOf(const Frame& frame, const Operation& operation) const;
  // Splits the outcomes in which the key may have expired or not, and erases it where it has.
  static void DecideExpiry(const std::string& key, std::vector<Outcome>& outcomes);
  bool SeenBefore(const Frame& frame);
  void NoteDeadEnd(Frame frame);

  const std::vector<std::vector<const Operation*>> chains_;
  // Of each place in a chain: the first one from there on that has a reply.
  std::vector<std::vector<uint32_t>> replied_from_;
  const LogTimeBounds& bounds_;
  const Sightings sightings_;
  std::map<std::string, uint64_t> numbers_;  // of keys
  uint64_t object_count_ = 0;
  std::vector<std::vector<uint64_t>> objects_;  // of each place in a chain
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, std::vector<Nanos>> seen_;
  uint64_t attempt_ = 0;
  uint64_t states_ = 0;
  uint64_t furthest_ = 0;
  Frame furthest_frame_;
};

}  // namespace holdfast
