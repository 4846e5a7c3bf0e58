// Forwarder: the cluster thread's part in passing requests on: between workers and peer
// connections.
//
//   workers of a front --parcels--> Forwarder --frames--> Forwarder --letters--> the primary's
//   workers
//           ^----------letters-------'   ^------frames------'  ^------parcels------'
//
// A worker gathers what its clients ask for in one turn into one parcel; what all workers have left
// by the time the cluster thread looks goes as one frame. The way back is the same.
//
// A node that comes to lead serves what its clients were waiting for in the same way, without the
// wire: it is its own front (kHere).
//
// 1. Everything about one client passes in order.
// 2. Who does not take its answers is not listened to: requests of that node wait here, and its
//    workers send no more than so many bytes without an answer.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/driver/forward_ways.h"
#include "node/forward_items.h"
#include "node/mailbox.h"

namespace holdfast {

class Node;

// From a worker: items.
struct Parcel {
  bool answers = false;
  uint64_t to = 0;  // a way, or, of answers, a front
  Buffer items;
};

// To a worker.
struct Letter {
  enum class Kind : uint8_t {
    kWay,         // requests go by it from now on; 0: by none
    kWayEnded,    // nothing more comes by it
    kAnswers,     // items that came by it
    kFront,       // a node passes requests on to us; its name
    kFrontEnded,  // it does so no more
    kRequests,    // items of its clients
  };
  Kind kind = Kind::kWay;
  uint64_t number = 0;  // of the way or of the front
  Buffer bytes;
};

class Forwarder final : public ForwardHost, private PeerHandler {
 public:
  Forwarder(Node& node, EventLoop& cluster_loop) : node_(node), loop_(cluster_loop) {}

  // Any thread.
  void Put(Parcel parcel);
  // The letters to a worker, which was woken to take them. On that worker's thread.
  std::vector<Letter> TakeLetters(int worker);

  // Clients that are served here although their node passes nothing on any more. For whoever judges
  // a run between the turns of all threads.
  size_t StrayClients() const;

  // Once, before the driver starts.
  void Open(ForwardWays& ways);

  void OnWay(uint64_t way) override;
  void OnWayEnded(uint64_t way) override;
  absl::Status OnAnswers(uint64_t way, absl::string_view payload) override;
  void OnWayRoom(uint64_t way) override;
  PeerHandler& fronts() override { return *this; }

 private:
  // A node that passes requests on to this one.
  struct FrontNode {
    uint64_t number = 0;
    PeerConnection* connection = nullptr;
    std::deque<Buffer> answers;   // not sent yet
    std::deque<Buffer> requests;  // not listened to yet
  };

  void OnUp(PeerConnection& connection) override;
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override;
  void OnDrained(PeerConnection& connection) override;
  void OnDown(PeerConnection& connection, const absl::Status& reason) override;

  void TakeParcels();
  void PumpWay(uint64_t way);
  void PumpFront(FrontNode& front);
  bool Congested(const FrontNode& front) const;
  FrontNode* Find(const PeerConnection& connection);
  std::string NameOf(const PeerConnection& connection) const;
  absl::Status Distribute(Letter::Kind kind, uint64_t number, absl::string_view items);
  absl::StatusOr<size_t> WorkerOf(Letter::Kind kind, const ForwardItem& item) const;
  void Tell(size_t worker, Letter letter);
  void TellAll(Letter::Kind kind, uint64_t number, absl::string_view bytes);

  Node& node_;
  EventLoop& loop_;
  ForwardWays* ways_ = nullptr;
  Mailbox<Parcel> parcels_;
  std::vector<std::unique_ptr<Mailbox<Letter>>> letters_;  // by worker
  std::map<uint64_t, std::deque<Buffer>> unsent_;          // by way
  std::deque<FrontNode> fronts_;
  uint64_t last_front_ = 0;
};

}  // namespace holdfast
