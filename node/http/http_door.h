// HttpDoor: health and metrics for machines that do not speak RESP.
//
//   GET /livez              the process turns its loops
//   GET /readyz             it answers reads: as the primary, or as a replica that follows one
//   GET /primary            it serves as the primary, for load balancers
//   GET /replica?max-lag=N  it is a replica that has heard the primary at most N ms ago
//   GET /metrics            Prometheus' text format (node/metrics.h)
//
// 200 is yes, 503 no; the body says why, in a line. Whoever reaches the port may ask: it is bound
// to loopback unless http-bind says otherwise, and tells no data.
//
// cpp-httplib waits in threads of its own, which is why this room may have threads and no other
// one; the simulator does not run it. A question is handed to the background loop and its answer
// waited for, so that these threads touch nothing of the node's.
//
// 1. A connection serves one request: nobody can keep a thread.
// 2. An answer comes within kPatience, or is a 503.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"

namespace holdfast {

class Node;

class HttpDoor {
 public:
  // The node must outlive it.
  explicit HttpDoor(Node& node);
  ~HttpDoor();
  HttpDoor(const HttpDoor&) = delete;
  HttpDoor& operator=(const HttpDoor&) = delete;

  // Opens http-port on every address of http-bind; nothing to do if the port is 0.
  absl::Status Open();

 private:
  class Server;

  Node& node_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace holdfast
