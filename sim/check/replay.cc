#include "sim/check/replay.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "sim/check/final_log.h"
#include "sim/check/real_time.h"
#include "sim/check/snapshot_check.h"
#include "sim/model_commands.h"

namespace holdfast {
namespace {

using Outcome = Operation::Outcome;

// An operation and what its node said of it.
struct Placed {
  const Operation* operation = nullptr;
  const ReplyWitness* witness = nullptr;

  bool is_write() const { return witness->executed_at != Lsn{}; }
  Place place() const {
    return {.lsn = is_write() ? witness->executed_at : witness->depends_on,
            .is_read = !is_write(),
            .log_time = witness->log_time};
  }
};

// Its record, if it has one, says only that a key was found to have expired.
bool IsRead(const Operation& operation) {
  return std::all_of(operation.commands.begin(), operation.commands.end(),
                     [](const Command& command) { return FindModelCommand(command)->is_read; });
}

bool IsKnown(const Operation& operation) {
  return std::all_of(operation.commands.begin(), operation.commands.end(), Model::Knows);
}

class Replay {
 public:
  Replay(const History& history, const Evidence& evidence)
      : history_(history), evidence_(evidence), log_(evidence) {}

  ReplayResult Run() {
    ReplayResult result{.violation = log_.violation(), .committed = log_.committed()};
    for (auto step :
         {&Replay::MatchWitnesses, &Replay::Sort, &Replay::CheckTimes, &Replay::Execute}) {
      if (result.violation.empty()) result.violation = (this->*step)();
    }
    result.replayed = placed_.size();
    return result;
  }

 private:
  std::string MatchWitnesses();
  std::string Match(const Operation& operation, const ReplyWitness& witness);
  std::string Sort();
  std::string CheckTimes();
  std::string Execute();
  std::string ExecuteOne(const Placed& placed);
  std::vector<std::string> KeysOf(const Command& command) const;
  bool IsDue(const std::string& key, Millis now) const;

  const History& history_;
  const Evidence& evidence_;
  const FinalLog log_;
  std::vector<Placed> placed_;
  Model model_;
};

std::string Describe(absl::string_view what, const Operation& operation,
                     const ReplyWitness& witness) {
  return absl::StrCat(what, ": ", operation.ToString(), "  (epoch ", witness.epoch.value,
                      ", executed at ", witness.executed_at.value, ", depends on ",
                      witness.depends_on.value, ", log_time ", witness.log_time.value, ")");
}

// A request that was passed on is told of by who executed it. A read without an answer is sent
// again and answered by the latest who executed it; a write is executed once.
std::string Replay::MatchWitnesses() {
  absl::flat_hash_map<std::pair<int, uint64_t>, const ReplyWitness*> witnesses;
  for (const ReplyWitness& witness : evidence_.replies) {
    const ReplyWitness*& known = witnesses[std::pair(witness.connection, witness.ordinal)];
    if (known != nullptr && known->executed_at != Lsn{} && witness.executed_at != Lsn{} &&
        log_.Holds(known->epoch, known->executed_at) &&
        log_.Holds(witness.epoch, witness.executed_at)) {
      return absl::StrCat("request ", witness.ordinal, " of connection ", witness.connection,
                          " was executed twice, at ", known->executed_at.value, " and ",
                          witness.executed_at.value);
    }
    if (known == nullptr || witness.epoch >= known->epoch) known = &witness;
  }
  for (const Operation& operation : history_) {
    if (!IsKnown(operation)) continue;
    const auto found = witnesses.find({operation.server_connection, operation.ordinal});
    if (found != witnesses.end()) {
      std::string wrong = Match(operation, *found->second);
      if (!wrong.empty()) return wrong;
    } else if (operation.outcome == Outcome::kReplied) {
      return absl::StrCat("a reply that no node knows of: ", operation.ToString());
    }
  }
  return "";
}

std::string Replay::Match(const Operation& operation, const ReplyWitness& witness) {
  const bool replied = operation.outcome == Outcome::kReplied;
  if (witness.executed_at != Lsn{}) {
    const bool survived = log_.Holds(witness.epoch, witness.executed_at);
    if (operation.outcome == Outcome::kNoEffect && survived) {
      if (IsRead(operation)) return "";
      return Describe("a refusal that had an effect", operation, witness);
    }
    if (replied && !survived) return Describe("an acknowledged write is lost", operation, witness);
    if (survived) placed_.push_back({&operation, &witness});
    return "";
  }
  if (!replied) return "";
  if (witness.epoch == Epoch{} && !witness.on_replica) {
    return Describe("answered without being executed", operation, witness);
  }
  // A replica applies what is committed, whatever the epoch it learned that in.
  const bool holds = witness.on_replica ? witness.depends_on <= log_.committed()
                                        : log_.Holds(witness.epoch, witness.depends_on);
  if (!holds) {
    return Describe("a reply shows what was undone", operation, witness);
  }
  placed_.push_back({&operation, &witness});
  return "";
}

std::string Replay::Sort() {
  std::stable_sort(placed_.begin(), placed_.end(), [](const Placed& left, const Placed& right) {
    return left.place() < right.place();
  });
  for (size_t i = 1; i < placed_.size(); ++i) {
    if (!placed_[i].is_write() || !placed_[i - 1].is_write() ||
        placed_[i].witness->executed_at != placed_[i - 1].witness->executed_at) {
      continue;
    }
    return Describe("two operations claim one record", *placed_[i].operation, *placed_[i].witness);
  }
  return "";
}

std::string Replay::CheckTimes() {
  RealTime real_time;
  for (const Placed& placed : placed_) {
    real_time.Add({.operation = placed.operation,
                   .place = placed.place(),
                   .on_replica = placed.witness->on_replica});
  }
  return real_time.Check();
}

std::string Replay::Execute() {
  SnapshotCheck snapshots(evidence_, log_);
  for (const Placed& placed : placed_) {
    // Reads stand behind the record that they show, and change nothing.
    std::string wrong = snapshots.CheckBefore(placed.place().lsn, model_);
    if (wrong.empty()) wrong = ExecuteOne(placed);
    if (!wrong.empty()) return wrong;
  }
  return snapshots.CheckRest(model_);
}

std::vector<std::string> Replay::KeysOf(const Command& command) const {
  if (!Model::IsOfAllKeys(command)) return Model::KeysOf(command);
  std::vector<std::string> keys;
  for (const auto& [key, entry] : model_.entries()) keys.push_back(key);
  return keys;
}

bool Replay::IsDue(const std::string& key, Millis now) const {
  const Model::Entry* entry = model_.Find(key);
  return entry != nullptr && entry->deadline && entry->deadline->latest <= now;
}

std::string Replay::ExecuteOne(const Placed& placed) {
  const Operation& operation = *placed.operation;
  const Millis now = placed.witness->log_time;
  const bool compared = operation.outcome == Outcome::kReplied;
  const bool is_array = operation.reply.kind == ReplyValue::Kind::kArray;
  // An EXEC that was refused did nothing.
  if (compared && operation.is_transaction && !is_array) return "";
  // What logs nothing changes nothing: a key that has expired by its time is still there for a
  // replica, whose time is an older one. On the primary it stays expired, as its time never falls.
  std::optional<Model> unchanged;
  std::map<std::string, uint64_t> before;
  for (const Command& command : operation.commands) {
    for (const std::string& key : KeysOf(command)) {
      if (!placed.is_write() && !unchanged && IsDue(key, now)) unchanged = model_;
      model_.EraseIfDue(key, now);
      if (!placed.is_write()) before.emplace(key, model_.HashOf(key));
    }
  }
  std::vector<ReplyValue> replies;
  for (const Command& command : operation.commands) {
    // Within a transaction a deadline may be set that has passed already.
    for (const std::string& key : Model::KeysOf(command)) model_.EraseIfDue(key, now);
    replies.push_back(model_.Execute(command, {now, now}));
  }
  ReplyValue expected;
  if (operation.is_transaction) {
    expected = {.kind = ReplyValue::Kind::kArray, .children = std::move(replies)};
  } else {
    expected = std::move(replies[0]);
  }
  if (compared && !SameReply(expected, operation.reply)) {
    return Describe(absl::StrCat("the log says ", expected.ToString()), operation, *placed.witness);
  }
  for (const auto& [key, hash] : before) {
    // Setting a deadline that has passed on a key that was not there changes nothing.
    model_.EraseIfDue(key, now);
    if (model_.HashOf(key) == hash) continue;
    return Describe("a change without a record", operation, *placed.witness);
  }
  if (unchanged) model_ = *std::move(unchanged);
  return "";
}

}  // namespace

ReplayResult CheckReplay(const History& history, const Evidence& evidence) {
  return Replay(history, evidence).Run();
}

}  // namespace holdfast
