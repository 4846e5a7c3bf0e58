// ForwardDesk: a worker's part in passing requests on.
//
//   sessions of clients --Send--> parcel per turn --> Forwarder        this node does not lead
//            ^---- answers, ways ---- letters <------'
//   sessions of relays --Answer--> parcel per turn --> Forwarder       this node leads
//            ^---- requests --------- letters <------'
//
// 1. What is given to Send and Answer in one turn of the loop leaves together, in order.
// 2. A relay dies with its front node's connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "node/forward_items.h"
#include "node/forwarder.h"
#include "node/relay.h"

namespace holdfast {

class Session;
struct Worker;

class ForwardDesk {
 public:
  ForwardDesk(Worker& worker, Forwarder& forwarder) : worker_(worker), forwarder_(forwarder) {}

  // ---- sessions whose clients are connected here ----

  // How the primary is told whose request it is: by worker and session.
  static uint64_t ClientKey(int worker, uint64_t session_id) {
    return static_cast<uint64_t>(worker) << kWorkerShift | session_id;
  }
  static size_t FrontWorkerOf(uint64_t client) { return client >> kWorkerShift; }

  // The way to the primary; 0: there is none at the moment.
  uint64_t way() const { return way_; }
  void Send(uint64_t way, const ForwardItem& item);
  // Sessions that have a Front hear of ways and answers, until they leave.
  void Join(Session& session) { fronts_.push_back(&session); }
  void Leave(Session& session) { std::erase(fronts_, &session); }
  // Somebody refused a request who may come to lead: it is tried again soon.
  void TryAgainSoon();
  // Requests that have not been sent since `before` are answered with errors.
  void GiveUp(Nanos before);
  // Bytes that the worker's clients have asked for and are not answered yet.
  size_t pending_bytes() const { return pending_bytes_; }
  void ChangePending(size_t before, size_t after) { pending_bytes_ += after - before; }

  // ---- sessions whose clients are connected elsewhere ----

  void Answer(uint64_t front, const ForwardItem& item);
  // The relay's session ends, and with it the relay, after the current callback.
  void EndLater(Relay& relay);
  // Relays of fronts that the predicate holds for.
  size_t CountRelays(absl::FunctionRef<bool(uint64_t front)> counts) const;

  // ---- the forwarder's ----

  void TakeLetters();

 private:
  static constexpr int kWorkerShift = 56;

  void Add(bool answers, uint64_t to, const ForwardItem& item);
  void Flush();
  void Take(const Letter& letter);
  void TakeAnswers(const Letter& letter);
  void TakeRequests(const Letter& letter);
  void TakeRequest(uint64_t front, const ForwardItem& item);
  void Open(const Relay::Place& place, const ForwardItem& item);
  void End(const Relay::Place& place);
  void EndFront(uint64_t front);
  Session* FindFront(uint64_t client);

  Worker& worker_;
  Forwarder& forwarder_;
  uint64_t way_ = 0;
  std::vector<Session*> fronts_;
  size_t pending_bytes_ = 0;
  bool trying_again_ = false;
  std::map<uint64_t, std::string> front_nodes_;  // their names
  std::map<Relay::Place, std::unique_ptr<Relay>> relays_;
  std::vector<Parcel> parcels_;  // of this turn
  bool flush_posted_ = false;
};

}  // namespace holdfast
