// Network: a network of the demo's own, so that a server can be cut off from the others.
//
//   server 0 (10.x.y.1) --veth--+
//   server 1 (10.x.y.2) --veth--+-- bridge in a namespace of its own (10.x.y.100): kvctl
//   server 2 (10.x.y.3) --veth--+
//
// 1. Every server is in a namespace of its own; kvctl moves into the bridge's while the object
// lives.
// 2. A path is cut by giving each end a false neighbour address of the other: frames go out and
//    nobody takes them, and connections that stand get no error.
// 3. The machine's own network is left alone. It needs root and ip(8).
#pragma once

#include <string>
#include <vector>

#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

class Network {
 public:
  explicit Network(int servers);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Done Build();
  std::string AddressOf(int server) const;
  // What to put before a command that is to run where the server is.
  std::vector<std::string> Inside(int server) const;
  // The server and the others hear nothing of each other any more. Its clients still do.
  Done Isolate(int server);
  Done Mend();

 private:
  std::string NameOf(int server) const;

  const int servers_;
  std::string bridge_;
  int home_ = -1;  // the namespace to come back to
};

}  // namespace holdfast::kvctl
