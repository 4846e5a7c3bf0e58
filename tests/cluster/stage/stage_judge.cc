// The judge of the stage: what holds after every step.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/cluster/stage/stage.h"

namespace holdfast::stage {
namespace {

Writes AsSet(const std::vector<uint8_t>& values, size_t count) {
  Writes writes;
  for (size_t at = 0; at < std::min(count, values.size()); ++at) {
    if (values[at] != 0) writes.set(values[at]);
  }
  return writes;
}

}  // namespace

Writes Stage::Held(int number) const {
  const std::vector<uint8_t> history = node(number).History();
  return AsSet(history, history.size());
}

Writes Stage::Executed(int number) const {
  const std::vector<uint8_t>& executed = node(number).executed;
  return AsSet(executed, executed.size());
}

void Stage::Judge() {
  int serving = 0;
  for (int number = 1; number <= size(); ++number) {
    if (!node(number).group) continue;
    JudgeNode(number);
    serving += Serves(number);
  }
  if (serving > 1) Accuse("two nodes serve at once");
  for (Identity member : chosen_.group.in_sync) {
    if (const int number = NumberOf(member); number != 0) JudgeMember(number);
  }
}

void Stage::JudgeNode(int number) {
  const StageNode& node = this->node(number);
  const std::string name = NameOf(node.identity);
  const std::vector<uint8_t> history = node.History();
  if (node.executed.size() > history.size() ||
      !std::equal(node.executed.begin(), node.executed.end(), history.begin())) {
    return Accuse(absl::StrCat(name, " has executed what its log does not hold"));
  }
  if (!Serves(number)) return;
  if ((promised_ & ~Executed(number)).any()) {
    Accuse(absl::StrCat(name, " serves without an acknowledged write"));
  }
  // Someone may have read what is committed.
  if (!node.paused) promised_ |= AsSet(history, node.group->commit().value);
}

void Stage::JudgeMember(int number) {
  const std::string name = NameOf(node(number).identity);
  if ((promised_ & ~Held(number)).any()) {
    Accuse(absl::StrCat("member ", name, " lacks an acknowledged write"));
  }
  const explorer::ModelLog& log = node(number).log;
  for (int other = 1; other <= size(); ++other) {
    if (!node(other).group) continue;
    const Lsn commit = node(other).group->commit();
    const auto theirs = node(other).log.PositionAt(commit);
    if (!theirs || commit < log.Base().lsn) continue;
    if (log.PositionAt(commit) == theirs) continue;
    Accuse(absl::StrCat("member ", name, " lacks what ", NameOf(node(other).identity),
                        " has committed"));
  }
}

// Whoever crashed after its ack did hold it.
void Stage::JudgeCopies(int number, uint8_t write) {
  if (node(number).group->view().group.epoch != chosen_.group.epoch) return;
  size_t copies = 0;
  for (Identity member : chosen_.group.in_sync) {
    const int other = NumberOf(member);
    copies += other == 0 || Held(other).test(write);
  }
  const int wanted = options_.min_in_sync;
  const size_t needed = wanted > 0 ? static_cast<size_t>(wanted) : size() >= 3 ? 2 : 1;
  if (copies < needed) Accuse("a write is acknowledged with too few copies");
}

}  // namespace holdfast::stage
