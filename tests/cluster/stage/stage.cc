#include "tests/cluster/stage/stage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast::stage {
namespace {

constexpr std::array<absl::string_view, 14> kKinds = {
    "Heartbeat", "HeartbeatAck", "Join",  "Joined",   "FullSync", "Ack",     "Release",
    "Probe",     "ProbeAck",     "Leave", "Announce", "Report",   "Records", "Snapshot"};
// More than any stage needs that comes to rest at all.
constexpr int kMovesMax = 100'000;

bool Covers(const std::vector<std::string>& kinds, absl::string_view kind) {
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const std::string& known) { return known.empty() || known == kind; });
}

void Uncover(std::vector<std::string>& kinds, absl::string_view kind) {
  std::erase_if(kinds, [&](const std::string& known) { return known == kind; });
}

}  // namespace

absl::string_view KindOf(const Packet& packet) {
  if (const auto* message = std::get_if<Message>(&packet)) return kKinds[message->body.index()];
  return std::holds_alternative<RecordsPacket>(packet) ? "Records" : "Snapshot";
}

bool IsKind(absl::string_view name) {
  return std::find(kKinds.begin(), kKinds.end(), name) != kKinds.end();
}

std::string NameOf(Identity identity) {
  const uint64_t life = identity.incarnation.value;
  return absl::StrCat("n", identity.node.value, life == 1 ? "" : absl::StrCat(".", life));
}

Identity IdentityOf(int node, uint64_t life) { return {{static_cast<uint64_t>(node)}, {life}}; }

Stage::Stage(const Casting& casting) : options_(casting.options), random_(casting.seed) {
  nodes_.resize(static_cast<size_t>(casting.nodes));
  chosen_.version = 1;
  chosen_.group.epoch = {casting.epoch};
  chosen_.group.primary = IdentityOf(casting.primary, 1);
  for (int member : casting.in_sync) Insert(chosen_.group.in_sync, IdentityOf(member, 1));
  for (int number = 1; number <= size(); ++number) {
    chosen_.data_nodes.push_back({static_cast<uint64_t>(number)});
  }
  for (int number = 1; number <= size(); ++number) {
    At(number).identity = IdentityOf(number, 0);
    At(number).known = chosen_;
    Start(number, Remains::kNothing);
  }
  Pass(Milliseconds(200));
}

bool Stage::Runs(int number) const { return node(number).group && !node(number).paused; }

bool Stage::Serves(int number) const {
  const StageNode& node = this->node(number);
  return node.group && node.group->ServeUntil() > now_ && !node.draining;
}

int Stage::NumberOf(Identity identity) const {
  for (int number = 1; number <= size(); ++number) {
    if (node(number).group && node(number).identity == identity) return number;
  }
  return 0;
}

std::optional<std::string> Stage::Answer(uint64_t request) const {
  const auto found = answers_.find(request);
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

void Stage::Accuse(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

// ---- time ----

void Stage::Pass(Nanos span) {
  const Nanos end = now_ + span;
  while (now_ < end && violation_.empty()) {
    now_ = std::min(now_ + kTurn, end);
    for (int number = 1; number <= size(); ++number) {
      if (!Runs(number)) continue;
      Step(number,
           Tick{.random = static_cast<uint32_t>(random_.Next()), .log_time = ToMillis(now_)});
    }
    Settle();
  }
}

void Stage::Settle() {
  int moves = 0;
  while (violation_.empty() && (ServeRegister() || DeliverOne())) {
    if (++moves > kMovesMax) Accuse("the stage never comes to rest");
  }
}

// ---- links ----

void Stage::Hold(Link link, absl::string_view kind) { WireOf(link).held.emplace_back(kind); }

void Stage::Drop(Link link, absl::string_view kind) { WireOf(link).dropped.emplace_back(kind); }

void Stage::Release(Link link, absl::string_view kind) {
  Wire& wire = WireOf(link);
  Uncover(wire.held, kind);
  Uncover(wire.dropped, kind);
  Settle();
}

void Stage::Break(int left, int right) {
  for (Link link : {Link{left, right}, Link{right, left}}) {
    Wire& wire = WireOf(link);
    std::erase_if(wire.letters,
                  [&](const Letter& letter) { return !Covers(wire.held, KindOf(letter.packet)); });
  }
  Connect(left, right);
  Settle();
}

void Stage::Heal() {
  std::vector<Link> renewed;
  for (auto& [link, wire] : wires_) {
    wire.held.clear();
    wire.dropped.clear();
    if (std::exchange(wire.lossy, false)) renewed.push_back(std::minmax(link.first, link.second));
  }
  std::sort(renewed.begin(), renewed.end());
  renewed.erase(std::unique(renewed.begin(), renewed.end()), renewed.end());
  for (Link link : renewed) Connect(link.first, link.second);
  for (StageNode& node : nodes_) node.treatment = Treatment::kAnswers;
  Settle();
}

bool Stage::Repeat(Link link, absl::string_view kind) {
  const auto& last = WireOf(link).last;
  const auto found = last.find(std::string(kind));
  if (found == last.end() || !Runs(link.second)) return false;
  Arrive(link.second, Letter(found->second));
  Settle();
  return true;
}

void Stage::Connect(int left, int right) {
  if (!node(left).group || !node(right).group) return;
  Step(left, Connected{node(right).identity});
  Step(right, Connected{node(left).identity});
}

void Stage::Send(int from, int to, Packet packet) {
  Wire& wire = WireOf({from, to});
  if (Covers(wire.dropped, KindOf(packet))) {
    wire.lossy = true;
    return;
  }
  wire.letters.push_back({At(from).identity, std::move(packet)});
}

bool Stage::DeliverOne() {
  for (auto& [link, wire] : wires_) {
    if (!Runs(link.second)) continue;
    const auto is_free = [&held = wire.held](const Letter& letter) {
      return !Covers(held, KindOf(letter.packet));
    };
    const auto next = std::find_if(wire.letters.begin(), wire.letters.end(), is_free);
    if (next == wire.letters.end()) continue;
    const Letter letter = std::move(*next);
    wire.letters.erase(next);
    wire.last.insert_or_assign(std::string(KindOf(letter.packet)), letter);
    Arrive(link.second, letter);
    return true;
  }
  return false;
}

void Stage::Arrive(int to, const Letter& letter) {
  const absl::string_view kind = KindOf(letter.packet);
  const bool usual = kind == "Heartbeat" || kind == "HeartbeatAck";
  if (!usual) {
    Tell(absl::StrCat(NameOf(letter.from), " -> ", NameOf(At(to).identity), " ", kind));
  }
  if (const auto* message = std::get_if<Message>(&letter.packet)) {
    Step(to, MessageArrived{letter.from, *message});
  } else if (const auto* records = std::get_if<RecordsPacket>(&letter.packet)) {
    incoming_ = &records->records;
    Step(to, RecordsArrived{letter.from, records->header});
    incoming_ = nullptr;
  } else {
    Install(to, std::get<SnapshotPacket>(letter.packet));
  }
}

// ---- the register ----

void Stage::Treat(int node, Treatment treatment) {
  At(node).treatment = treatment;
  Settle();
}

void Stage::CarryOutDelayed() {
  for (const Delayed& late : std::exchange(delayed_, {})) CompareAndSet(late.proposal);
  Judge();
  Settle();
}

bool Stage::CompareAndSet(const Propose& proposal) {
  if (proposal.expected_version != chosen_.version) return false;
  ++chosen_.version;
  chosen_.group = proposal.group;
  std::string set;
  for (Identity member : chosen_.group.in_sync) absl::StrAppend(&set, " ", NameOf(member));
  Tell(absl::StrCat("register: version ", chosen_.version, " epoch ", chosen_.group.epoch.value,
                    " primary ", NameOf(chosen_.group.primary), " set", set,
                    chosen_.group.status == GroupStatus::kLost ? " LOST" : ""));
  return true;
}

bool Stage::ServeRegister() {
  for (int number = 1; number <= size(); ++number) {
    StageNode& node = At(number);
    if (!Runs(number) || node.treatment == Treatment::kWaits) continue;
    if (node.proposal) {
      const Propose proposal = *std::exchange(node.proposal, std::nullopt);
      ProposalEnded ended;
      if (node.treatment == Treatment::kAnswers) {
        const bool chosen = CompareAndSet(proposal);
        ended = {chosen ? ProposalEnded::Outcome::kChosen : ProposalEnded::Outcome::kConflict,
                 chosen_};
      }
      if (node.treatment == Treatment::kForgets) CompareAndSet(proposal);
      if (node.treatment == Treatment::kDelays) delayed_.push_back({number, proposal});
      Step(number, ended);
      return true;
    }
    if (!std::exchange(node.reading_register, false)) continue;
    RegisterRead read;
    if (node.treatment == Treatment::kAnswers) {
      // A full round: whatever this node left behind is overtaken.
      std::erase_if(delayed_, [&](const Delayed& late) { return late.node == number; });
      read.view = chosen_;
    }
    Step(number, read);
    return true;
  }
  return false;
}

// ---- nodes ----

void Stage::Start(int number, Remains remains) {
  StageNode& node = At(number);
  CHECK(!node.group);
  const Incarnation earlier = node.identity.incarnation;
  node.identity = IdentityOf(number, earlier.value + 1);
  GroupStart start{.self = node.identity};
  if (remains == Remains::kNothing || node.claim.empty()) {
    node.log = {};
    node.executed.clear();
    node.claim.clear();
  } else {
    start.recovery = {.lives = node.claim, .tail = node.log.Tail()};
    if (remains == Remains::kWholeLog) start.recovery.complete_for = earlier;
    start.tail = node.log.Tail();
    start.applied = start.commit = node.recorded_commit;
    // The rest is undecided.
    node.executed.resize(node.recorded_commit.value);
  }
  node.claim.push_back(node.identity.incarnation);
  node.group.emplace(options_, start, now_);
  Tell(absl::StrCat(NameOf(node.identity), " starts"));
  Step(number, ViewLearned{node.known});
  for (int other = 1; other <= size(); ++other) {
    if (other == number) continue;
    WireOf({other, number}).letters.clear();
    Connect(number, other);
  }
  Settle();
}

void Stage::Crash(int number) {
  StageNode& node = At(number);
  EndReign(node);
  node.known = node.group->view();
  node.recorded_commit = node.group->commit();
  node.group.reset();
  node.log_open = false;
  node.proposal.reset();
  node.reading_register = false;
  node.paused = false;
  node.loading_session = 0;
  node.confirmed = 0;
  Settle();
}

void Stage::SetPaused(int node, bool paused) {
  At(node).paused = paused;
  Settle();
}

bool Stage::Append(int number) {
  StageNode& node = At(number);
  if (!Serves(number) || node.paused || !node.group->MayWrite()) return false;
  CHECK_LT(last_write_, kWritesMax);
  const auto value = static_cast<uint8_t>(++last_write_);
  node.log.Append({node.group->view().group.epoch, value});
  states_[value] = WriteState::kHeld;
  node.pending.emplace_back(node.log.Tail().lsn, value);
  Execute(number, node.log.Tail().lsn);
  Tell(absl::StrCat(NameOf(node.identity), " executes write ", last_write_));
  Step(number, LogAppended{node.log.Tail()});
  Settle();
  return true;
}

void Stage::Give(int node, const Input& input) {
  if (const auto* recover = std::get_if<Recover>(&input)) recovery_request_ = recover->request;
  Step(node, input);
  Settle();
}

bool Stage::Trim(int number, Lsn lsn) {
  StageNode& node = At(number);
  if (lsn < node.log.Base().lsn || lsn > node.group->commit()) return false;
  node.log.ForgetUpTo(lsn);
  return true;
}

}  // namespace holdfast::stage
