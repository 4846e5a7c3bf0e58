#include "node/forwarder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/driver/peer_frames.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"
#include "node/forward_desk.h"
#include "node/membership.h"
#include "node/node.h"

namespace holdfast {
namespace {

// Takes what makes a frame off the front of the queue; mostly that is one buffer.
Buffer NextFrame(std::deque<Buffer>& queue) {
  Buffer frame = std::move(queue.front());
  queue.pop_front();
  while (!queue.empty() && frame.size() < limits::kForwardFrameBytes) {
    frame.Append(queue.front().view());
    queue.pop_front();
  }
  return frame;
}

Buffer CopyOf(absl::string_view bytes) {
  Buffer copy;
  copy.Append(bytes);
  return copy;
}

}  // namespace

void Forwarder::Open(ForwardWays& ways) {
  ways_ = &ways;
  for (size_t i = 0; i < node_.workers().size(); ++i) {
    letters_.push_back(std::make_unique<Mailbox<Letter>>());
  }
}

void Forwarder::Put(Parcel parcel) {
  if (parcels_.Put(std::move(parcel))) loop_.Post([this] { TakeParcels(); });
}

void Forwarder::TakeParcels() {
  for (Parcel& parcel : parcels_.TakeAll()) {
    if (parcel.to == kHere) {
      const auto kind = parcel.answers ? Letter::Kind::kAnswers : Letter::Kind::kRequests;
      CHECK(Distribute(kind, kHere, parcel.items.view()).ok());
    } else if (parcel.answers) {
      const auto front = std::find_if(fronts_.begin(), fronts_.end(), [&](const FrontNode& known) {
        return known.number == parcel.to;
      });
      if (front != fronts_.end()) front->answers.push_back(std::move(parcel.items));
    } else {
      unsent_[parcel.to].push_back(std::move(parcel.items));
    }
  }
  for (FrontNode& front : fronts_) PumpFront(front);
  for (auto way = unsent_.begin(); way != unsent_.end();) {
    PumpWay(way->first);
    // Of a way that has ended, too: its clients are told so.
    way = way->second.empty() || !ways_->IsUp(way->first) ? unsent_.erase(way) : std::next(way);
  }
}

void Forwarder::PumpWay(uint64_t way) {
  std::deque<Buffer>& queue = unsent_[way];
  while (!queue.empty() && ways_->CanSend(way)) {
    ways_->Send(way, NextFrame(queue));
  }
}

void Forwarder::PumpFront(FrontNode& front) {
  while (!front.answers.empty() && front.connection->CanSend()) {
    front.connection->Send(kAnswersFrame, NextFrame(front.answers));
  }
}

bool Forwarder::Congested(const FrontNode& front) const {
  return !front.answers.empty() || front.connection->unsent_bytes() > limits::kForwardAnswersMax;
}

// The primary's answers, and what becomes of the ways.

void Forwarder::OnWay(uint64_t way) { TellAll(Letter::Kind::kWay, way, ""); }

void Forwarder::OnWayEnded(uint64_t way) {
  unsent_.erase(way);
  TellAll(Letter::Kind::kWayEnded, way, "");
}

absl::Status Forwarder::OnAnswers(uint64_t way, absl::string_view payload) {
  return Distribute(Letter::Kind::kAnswers, way, payload);
}

void Forwarder::OnWayRoom(uint64_t way) { PumpWay(way); }

// Nodes that pass requests on to this one.

Forwarder::FrontNode* Forwarder::Find(const PeerConnection& connection) {
  for (FrontNode& front : fronts_) {
    if (front.connection == &connection) return &front;
  }
  return nullptr;
}

std::string Forwarder::NameOf(const PeerConnection& connection) const {
  const uint64_t id = connection.session().peer.node;
  for (const NodeDescription& node : node_.membership()->driver().Status().configuration.nodes) {
    if (node.id.value == id) return node.name;
  }
  return absl::StrFormat("%016x", id);
}

void Forwarder::OnUp(PeerConnection& connection) {
  fronts_.push_back({.number = ++last_front_, .connection = &connection});
  TellAll(Letter::Kind::kFront, last_front_, NameOf(connection));
}

absl::Status Forwarder::OnFrame(PeerConnection& connection, const Frame& frame) {
  FrontNode* front = Find(connection);
  if (front == nullptr) return absl::OkStatus();
  if (frame.type != kRequestsFrame) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unknown frame type %d on the forward channel", frame.type));
  }
  if (!front->requests.empty() || Congested(*front)) {
    front->requests.push_back(CopyOf(frame.payload));
    return absl::OkStatus();
  }
  return Distribute(Letter::Kind::kRequests, front->number, frame.payload);
}

void Forwarder::OnDrained(PeerConnection& connection) {
  FrontNode* front = Find(connection);
  if (front == nullptr) return;
  PumpFront(*front);
  while (!front->requests.empty() && !Congested(*front)) {
    // What is not understood here would have ended the connection; it has sent more by now, and
    // all of it is dropped with it.
    const absl::Status taken =
        Distribute(Letter::Kind::kRequests, front->number, front->requests.front().view());
    front->requests.pop_front();
    if (taken.ok()) continue;
    node_.Log(LogLevel::kWarning, "forward-garbled reason=\"%s\"", taken.message());
    front->requests.clear();
  }
}

size_t Forwarder::StrayClients() const {
  size_t count = 0;
  for (const auto& worker : node_.workers()) {
    count += worker->desk->CountRelays([this](uint64_t number) {
      return number != kHere &&
             std::none_of(fronts_.begin(), fronts_.end(),
                          [&](const FrontNode& known) { return known.number == number; });
    });
  }
  return count;
}

void Forwarder::OnDown(PeerConnection& connection, const absl::Status&) {
  const FrontNode* front = Find(connection);
  if (front == nullptr) return;
  const uint64_t number = front->number;
  std::erase_if(fronts_, [&](const FrontNode& known) { return known.number == number; });
  if (BUG("forwarded-session-survives-its-front")) return;
  TellAll(Letter::Kind::kFrontEnded, number, "");
}

// Letters.

// Whose client the item is about.
absl::StatusOr<size_t> Forwarder::WorkerOf(Letter::Kind kind, const ForwardItem& item) const {
  if (kind != Letter::Kind::kAnswers) return static_cast<size_t>(item.client % letters_.size());
  const size_t worker = ForwardDesk::FrontWorkerOf(item.client);
  if (worker < letters_.size()) return worker;
  return absl::InvalidArgumentError("forwarded item: of a worker that does not exist");
}

// Each worker gets the items of its own clients; what stands together is copied together.
absl::Status Forwarder::Distribute(Letter::Kind kind, uint64_t number, absl::string_view items) {
  std::vector<Buffer> shares(letters_.size());
  size_t reader = 0;
  absl::string_view run(items.data(), 0);
  const auto hand_over = [&] {
    if (run.empty()) return;
    if (shares[reader].empty()) shares[reader].Reserve(run.size() + items.size() / shares.size());
    shares[reader].Append(run);
  };
  while (!items.empty()) {
    const char* start = items.data();
    ASSIGN_OR_RETURN(const ForwardItem item, TakeItem(items));
    ASSIGN_OR_RETURN(const size_t worker, WorkerOf(kind, item));
    if (worker != reader) {
      hand_over();
      run = {start, 0};
      reader = worker;
    }
    run = {run.data(), static_cast<size_t>(items.data() - run.data())};
  }
  hand_over();
  for (size_t worker = 0; worker < shares.size(); ++worker) {
    if (shares[worker].empty()) continue;
    Tell(worker, {.kind = kind, .number = number, .bytes = std::move(shares[worker])});
  }
  return absl::OkStatus();
}

void Forwarder::Tell(size_t worker, Letter letter) {
  if (!letters_[worker]->Put(std::move(letter))) return;
  Worker& reader = *node_.workers()[worker];
  reader.loop.Post([&reader] { reader.desk->TakeLetters(); });
}

void Forwarder::TellAll(Letter::Kind kind, uint64_t number, absl::string_view bytes) {
  for (size_t worker = 0; worker < letters_.size(); ++worker) {
    Tell(worker, {.kind = kind, .number = number, .bytes = CopyOf(bytes)});
  }
}

std::vector<Letter> Forwarder::TakeLetters(int worker) {
  return letters_[static_cast<size_t>(worker)]->TakeAll();
}

}  // namespace holdfast
