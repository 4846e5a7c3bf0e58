// History: what clients did and saw, in true time. The checker knows nothing else.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "net/base/types.h"
#include "net/resp/reply_value.h"
#include "sim/model.h"

namespace holdfast {

inline constexpr Nanos kForever{std::numeric_limits<int64_t>::max()};

struct Operation {
  // Which client asked for it, and how many operations that client had planned before it.
  uint32_t client = 0;
  uint64_t number = 0;
  // Operations of one connection take effect in the order they were sent.
  uint32_t connection = 0;
  // The connection as its server calls it, and how many requests were sent on it before this one
  // (before EXEC, if it is a transaction).
  int server_connection = 0;
  uint64_t ordinal = 0;
  // Sent to a replica, which may answer with an older state.
  bool may_be_stale = false;
  // One command, or those between MULTI and EXEC, which take effect together.
  std::vector<Command> commands;
  bool is_transaction = false;

  enum class Outcome {
    kReplied,
    kUnknown,   // no reply came: it took effect once, before `end`, or never
    kNoEffect,  // a definite refusal: it must not have had an effect
  };
  Outcome outcome = Outcome::kUnknown;
  // When the first byte was sent, and when the reply was there; if unknown, when the operation can
  // take effect no more.
  Nanos begin{};
  Nanos end = kForever;
  // Of EXEC, if it is a transaction.
  ReplyValue reply;

  std::string ToString() const;
};

using History = std::vector<Operation>;

// What an error reply says about the command it answers.
Operation::Outcome OutcomeOf(const ReplyValue& reply);

}  // namespace holdfast
