// ForwardWays: the connections by which clients' requests go to the primary.
//
//   this node  -- way 4, lingers --> node 1, who led       answers still come
//              -- way 7, current --> node 3, who leads     requests go here
//
// A way is one connection that has come up; its number is never used again. When another node
// leads, requests go there from then on, but the old connection stays for a while: a primary that
// hands over still answers what it has, and says what it left undone. So nothing is in doubt that
// need not be.
//
// 1. Frames leave and arrive in order on a way. After OnEnded nothing comes by it any more.
// 2. A way whose other end is silent for too long is given up.
//
// On the cluster thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "cluster/core/configuration.h"
#include "net/base/buffer.h"
#include "net/peer/link.h"

namespace holdfast {

// The number of the way that is none: this node leads itself.
inline constexpr uint64_t kHere = UINT64_MAX;

// Who passes requests on, and is told what becomes of them.
class ForwardHost {
 public:
  virtual ~ForwardHost() = default;
  // Requests are to go by this way from now on; 0: there is none at the moment; kHere: no further.
  virtual void OnWay(uint64_t way) = 0;
  virtual void OnWayEnded(uint64_t way) = 0;
  // The payload dies with the call. An error ends the way.
  virtual absl::Status OnAnswers(uint64_t way, absl::string_view payload) = 0;
  // It takes frames again.
  virtual void OnWayRoom(uint64_t way) = 0;
  // Hears the connections by which other nodes pass requests on to this one.
  virtual PeerHandler& fronts() = 0;
};

class ForwardWays final : private PeerHandler {
 public:
  // `self` and `host` must outlive it.
  ForwardWays(Runtime& runtime, EventLoop& loop, const PeerSelf& self, ForwardHost& host)
      : runtime_(runtime), loop_(loop), self_(self), host_(host) {}

  // Where requests are to go.
  void PointTo(const NodeDescription& node);
  void PointHere() { Point({}, true); }
  void PointNowhere() { Point({}, false); }
  // To be called a few times per `silence`.
  void Tick(Nanos silence);
  // To be called if CanSend; otherwise the payload is lost.
  void Send(uint64_t way, Buffer payload);
  bool CanSend(uint64_t way);
  bool IsUp(uint64_t way) { return Find(way) != nullptr; }

 private:
  struct Way {
    std::unique_ptr<PeerLink> link;
    uint64_t number = 0;  // 0: not up
    Nanos asked;
    Nanos heard;            // when it was last known to reach the node
    uint64_t received = 0;  // bytes, when it was last looked at
    Nanos retired;          // when requests began to go elsewhere; 0: they do not
  };
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override;
  void OnUp(PeerConnection& connection) override;
  void OnDrained(PeerConnection& connection) override;
  void OnDown(PeerConnection& connection, const absl::Status& reason) override;

  void Point(NodeId target, bool here);
  Way* Find(const PeerConnection& connection);
  Way* Find(uint64_t number);
  void Ask(Way& way, Nanos silence);
  void End(Way& way);
  void Announce();

  Runtime& runtime_;
  EventLoop& loop_;
  const PeerSelf& self_;
  ForwardHost& host_;
  std::map<NodeId, Way> ways_;
  NodeId current_;  // 0: none
  bool here_ = false;
  uint64_t announced_ = 0;
  uint64_t last_number_ = 0;
  Nanos last_tick_;
};

}  // namespace holdfast
