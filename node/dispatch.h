// From a parsed request to an executed command: which one it is, whether it may run, under which
// locks, and what it took.
#pragma once

#include <optional>

#include "node/command.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

// What is known of a request before it is its turn.
struct PreparedRequest {
  const CommandSpec* spec = nullptr;  // null: unknown command
  // The first key, if the command has one at a fixed place and the arity is right.
  Key first_key;
  bool has_first_key = false;
};

// Looks the command up and hashes its first key. `arguments` must outlive the result.
PreparedRequest Prepare(Node& node, Arguments arguments);

enum class DispatchResult {
  kDone,    // replied, or queued, or refused
  kPaused,  // not executed: CLIENT PAUSE holds it back
};

// Checks and executes one request; replies go to the session's writer. Inside the worker's gate.
DispatchResult Dispatch(Session& session, Arguments arguments, const PreparedRequest& prepared);

// Ends the timing of the last executed command: counters, histogram, slow log. Must be called
// before that command's arguments die.
void FinishTiming(Worker& worker);

// Adds how long an execution took to the counters, to the histogram and, if it was long, to the
// slow log and the latency monitor. Inside the worker's gate.
void CountDuration(Session& session, const CommandSpec& spec, Arguments arguments, Nanos duration);

// EXEC: runs the session's queue as one atomic step, or replies why not. Called by its handler.
void ExecuteTransaction(CommandContext& context);

}  // namespace holdfast
