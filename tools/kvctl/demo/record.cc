#include "tools/kvctl/demo/record.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast::kvctl {
namespace {

// Reads look for what may still be on its way to a replica.
constexpr size_t kRecentKeys = 400;

bool IsWrite(const Operation& operation) { return operation.commands[0][0] == "SET"; }

bool IsAcknowledged(const Operation& operation) {
  return IsWrite(operation) && operation.outcome == Operation::Outcome::kReplied &&
         !operation.reply.is_error();
}

// What became of a key's one write.
struct Written {
  std::string value;
  bool maybe = false;         // it may have been done
  bool acknowledged = false;  // to its writer
  Nanos known = kForever;     // since when: acknowledged, or shown to a reader
};
using Writes = std::map<std::string, Written>;

bool Shows(const Operation& operation, const Written& written) {
  return operation.outcome == Operation::Outcome::kReplied && !operation.reply.is_null() &&
         operation.reply.text == written.value;
}

Writes CollectWrites(const History& history, Tally* tally) {
  Writes writes;
  for (const Operation& operation : history) {
    if (operation.client != kLastReader) ++tally->operations;
    if (!IsWrite(operation)) continue;
    Written& written = writes[operation.commands[0][1]];
    written.value = operation.commands[0][2];
    written.maybe = operation.outcome != Operation::Outcome::kNoEffect;
    if (IsAcknowledged(operation)) {
      ++tally->acknowledged;
      written.acknowledged = true;
      written.known = operation.end;
    } else if (operation.outcome == Operation::Outcome::kUnknown) {
      ++tally->indeterminate;
    }
  }
  for (const Operation& operation : history) {
    if (IsWrite(operation)) continue;
    const auto found = writes.find(operation.commands[0][1]);
    if (found == writes.end() || !Shows(operation, found->second)) continue;
    found->second.known = std::min(found->second.known, operation.end);
  }
  return writes;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  operations += other.operations;
  acknowledged += other.acknowledged;
  lost += other.lost;
  stale += other.stale;
  phantom += other.phantom;
  indeterminate += other.indeterminate;
  return *this;
}

Tally Count(const History& history) {
  Tally tally;
  const Writes writes = CollectWrites(history, &tally);
  for (const Operation& operation : history) {
    if (IsWrite(operation) || operation.outcome != Operation::Outcome::kReplied) continue;
    const auto found = writes.find(operation.commands[0][1]);
    if (found == writes.end()) continue;
    const Written& written = found->second;
    if (!operation.reply.is_null()) {
      if (!written.maybe || !Shows(operation, written)) ++tally.phantom;
    } else if (operation.client == kLastReader) {
      if (written.acknowledged) ++tally.lost;
    } else if (written.known < operation.begin) {
      ++tally.stale;
    }
  }
  return tally;
}

std::string Record::NewKey(uint32_t client) {
  keys_.push_back(absl::StrCat(prefix_, ":", client, ":", keys_.size()));
  return keys_.back();
}

const std::string& Record::RecentKey(uint64_t number) const {
  CHECK(!keys_.empty());
  const size_t recent = std::min(keys_.size(), kRecentKeys);
  return keys_[keys_.size() - 1 - number % recent];
}

size_t Record::NoteRequest(uint32_t client, uint32_t connection, Nanos now, Command command) {
  history_.push_back({.client = client,
                      .number = history_.size(),
                      .connection = connection,
                      .commands = {std::move(command)},
                      .begin = now});
  return history_.size() - 1;
}

void Record::NoteReply(size_t place, Nanos now, ReplyValue reply) {
  Operation& operation = history_[place];
  operation.reply = std::move(reply);
  operation.outcome = OutcomeOf(operation.reply);
  if (operation.outcome == Operation::Outcome::kUnknown) return;
  operation.end = now;
  if (IsAcknowledged(operation)) acknowledgements_.push_back(now);
}

Nanos Record::LongestGap(Nanos since, Nanos until) const {
  Nanos longest{0}, last = since;
  for (const Nanos at : acknowledgements_) {
    if (at < since || at > until) continue;
    longest = std::max(longest, at - last);
    last = at;
  }
  return std::max(longest, until - last);
}

uint64_t Record::AcknowledgedSince(Nanos since) const {
  return static_cast<uint64_t>(acknowledgements_.end() - std::lower_bound(acknowledgements_.begin(),
                                                                          acknowledgements_.end(),
                                                                          since));
}

}  // namespace holdfast::kvctl
