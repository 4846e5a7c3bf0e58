#include "node/forward_desk.h"

#include <algorithm>
#include <utility>

#include "net/base/check.h"
#include "net/base/limits.h"
#include "node/node.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {
namespace {

// How soon a request is tried again by the way by which it was refused.
constexpr Nanos kTryAgain = Milliseconds(5);
// What a parcel has room for from the start: it seldom grows.
constexpr size_t kParcelRoom = 8 * 1024;

}  // namespace

void ForwardDesk::Send(uint64_t way, const ForwardItem& item) { Add(false, way, item); }

void ForwardDesk::Answer(uint64_t front, const ForwardItem& item) { Add(true, front, item); }

void ForwardDesk::Add(bool answers, uint64_t to, const ForwardItem& item) {
  const auto fits = [&](const Parcel& parcel) {
    return parcel.answers == answers && parcel.to == to &&
           parcel.items.size() < limits::kForwardPieceBytes;
  };
  auto parcel = std::find_if(parcels_.rbegin(), parcels_.rend(), fits);
  if (parcel == parcels_.rend()) {
    parcels_.push_back({.answers = answers, .to = to, .items = {}});
    parcel = parcels_.rbegin();
    parcel->items.Reserve(kParcelRoom);
  }
  AppendItem(item, parcel->items);
  if (std::exchange(flush_posted_, true)) return;
  worker_.loop.Post([this] { Flush(); });
}

void ForwardDesk::Flush() {
  flush_posted_ = false;
  for (Parcel& parcel : std::exchange(parcels_, {})) forwarder_.Put(std::move(parcel));
}

void ForwardDesk::TakeLetters() {
  for (const Letter& letter : forwarder_.TakeLetters(worker_.index)) Take(letter);
}

void ForwardDesk::Take(const Letter& letter) {
  using Kind = Letter::Kind;
  if (letter.kind == Kind::kRequests) return TakeRequests(letter);
  if (letter.kind == Kind::kFrontEnded) return EndFront(letter.number);
  GateHolder gate(worker_.node.gate(), worker_.index);
  switch (letter.kind) {
    case Kind::kWay:
      way_ = letter.number;
      for (Session* session : fronts_) session->SendRequests();
      break;
    case Kind::kWayEnded:
      if (way_ == letter.number) way_ = 0;
      for (Session* session : fronts_) session->OnWayEnded(letter.number);
      break;
    case Kind::kFront:
      front_nodes_[letter.number] = std::string(letter.bytes.view());
      break;
    default:
      TakeAnswers(letter);
  }
}

// Sessions whose clients are connected here.

Session* ForwardDesk::FindFront(uint64_t client) {
  return worker_.Find(client & ((uint64_t{1} << kWorkerShift) - 1));
}

void ForwardDesk::TakeAnswers(const Letter& letter) {
  for (absl::string_view items = letter.bytes.view(); !items.empty();) {
    const absl::StatusOr<ForwardItem> item = TakeItem(items);
    CHECK(item.ok());
    // A client that has gone meanwhile misses nothing.
    Session* session = FindFront(item->client);
    if (session != nullptr) session->OnAnswer(letter.number, *item);
  }
}

void ForwardDesk::TryAgainSoon() {
  if (std::exchange(trying_again_, true)) return;
  worker_.loop.RunAfter(kTryAgain, [this] {
    GateHolder gate(worker_.node.gate(), worker_.index);
    trying_again_ = false;
    for (Session* session : fronts_) session->SendRequests();
  });
}

void ForwardDesk::GiveUp(Nanos before) {
  for (Session* session : fronts_) session->GiveUpRequests(before);
}

// Sessions whose clients are connected elsewhere.

void ForwardDesk::TakeRequests(const Letter& letter) {
  for (absl::string_view items = letter.bytes.view(); !items.empty();) {
    const absl::StatusOr<ForwardItem> item = TakeItem(items);
    CHECK(item.ok());
    TakeRequest(letter.number, *item);
  }
}

void ForwardDesk::TakeRequest(uint64_t front, const ForwardItem& item) {
  const Relay::Place place{front, item.client};
  if (item.kind == ForwardItem::Kind::kOpen) return Open(place, item);
  if (item.kind == ForwardItem::Kind::kClose) return End(place);
  const auto relay = relays_.find(place);
  // It has ended, of which its front is being told.
  if (relay == relays_.end()) return;
  Session& session = *relay->second->session();
  if (item.kind == ForwardItem::Kind::kState) {
    GateHolder gate(worker_.node.gate(), worker_.index);
    const absl::StatusOr<ClientState> state = DecodeState(item.bytes);
    if (state.ok()) {
      session.Adopt(*state);
    } else {
      session.Kill();
    }
  } else if (item.kind == ForwardItem::Kind::kRequests) {
    relay->second->Expect(item.number, item.count);
    session.OnReceive(item.bytes);
  }
}

void ForwardDesk::Open(const Relay::Place& place, const ForwardItem& item) {
  End(place);
  const absl::StatusOr<ClientState> state = DecodeState(item.bytes);
  if (!state.ok() || worker_.node.stopping()) {
    // Nothing was executed, and nobody is let in any more.
    return Answer(place.front, {.kind = ForwardItem::Kind::kEnded,
                                .client = place.client,
                                .number = state.ok() ? uint64_t{1} : 0,
                                .count = item.count});
  }
  auto relay = std::make_unique<Relay>(*this, place, item.count, front_nodes_[place.front], *state);
  GateHolder gate(worker_.node.gate(), worker_.index);
  relay->set_session(&worker_.node.AddRelayed(worker_, *relay, *state));
  relays_[place] = std::move(relay);
}

void ForwardDesk::End(const Relay::Place& place) {
  const auto found = relays_.find(place);
  if (found == relays_.end()) return;
  const std::unique_ptr<Relay> relay = std::move(found->second);
  relays_.erase(found);
  relay->session()->OnClosed(absl::OkStatus());
}

void ForwardDesk::EndLater(Relay& relay) {
  worker_.loop.Post([this, place = relay.place()] {
    const auto found = relays_.find(place);
    // Another one may have taken its place.
    if (found != relays_.end() && found->second->closed()) End(place);
  });
}

size_t ForwardDesk::CountRelays(absl::FunctionRef<bool(uint64_t front)> counts) const {
  return static_cast<size_t>(std::count_if(relays_.begin(), relays_.end(), [&](const auto& relay) {
    return counts(relay.first.front);
  }));
}

void ForwardDesk::EndFront(uint64_t front) {
  front_nodes_.erase(front);
  for (auto relay = relays_.lower_bound({front, 0});
       relay != relays_.end() && relay->first.front == front;
       relay = relays_.lower_bound({front, 0})) {
    End(relay->first);
  }
}

}  // namespace holdfast
