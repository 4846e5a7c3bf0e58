// Relay: a client of another node, as its session here sees it: a stream whose bytes travel in
// forwarded items.
//
// What a directly connected client gets (held replies, WAIT, durability, CLIENT LIST), this one
// gets from the same code.
//
// 1. What is sent are whole replies, in the order of the requests.
// 2. Closed after sending, nothing unanswered was executed; the front is told so. Cut, nobody
// knows.
// 3. OnClosed comes once, later, as of every stream.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "node/forward_items.h"

namespace holdfast {

class ForwardDesk;
class Session;

class Relay final : public Stream {
 public:
  struct Place {
    uint64_t front = 0;   // the node, as this one numbers it
    uint64_t client = 0;  // as that node calls it
    auto operator<=>(const Place&) const = default;
  };
  // `number` tells this client's sessions apart.
  Relay(ForwardDesk& desk, const Place& place, uint32_t number, absl::string_view front_name,
        const ClientState& state)
      : desk_(desk),
        place_(place),
        number_(number),
        front_name_(front_name),
        peer_(state.peer),
        local_(state.local),
        descriptor_(state.descriptor) {}

  const Place& place() const { return place_; }
  // The node that the client is connected to.
  const std::string& front_name() const { return front_name_; }
  Session* session() const { return session_; }
  void set_session(Session* session) { session_ = session; }
  bool closed() const { return closed_; }

  // The requests that come next, as the client's own connection numbers them.
  void Expect(uint64_t first, uint32_t count) {
    if (count > 0) numbers_.push_back({first, count});
  }
  // Of the request in hand; 0 if its front has counted wrong.
  uint64_t NextNumber();

  void Send(Buffer bytes) override;
  size_t unsent_bytes() const override { return 0; }
  // What is on its way is bounded by the front.
  void SetReceiving(bool) override {}
  void Close(CloseMode mode) override;
  const Address& peer() const override { return peer_; }
  const Address& local() const override { return local_; }
  int descriptor() const override { return descriptor_; }

 private:
  ForwardDesk& desk_;
  const Place place_;
  const uint32_t number_;
  const std::string front_name_;
  const Address peer_;
  const Address local_;
  const int descriptor_;
  Session* session_ = nullptr;
  bool closed_ = false;
  struct Numbers {
    uint64_t next = 0;
    uint32_t count = 0;
  };
  std::deque<Numbers> numbers_;
};

}  // namespace holdfast
