// Traffic: many clients on one thread, each at its own pace; together they ask so many operations a
// second.
//
// A third of them are at replicas, the others come through what other doors there are, in turn.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tools/kvctl/demo/client.h"

namespace holdfast::kvctl {

struct TrafficOptions {
  int clients = 9;
  int operations_per_second = 5000;
  bool async = false;
  Endpoint primary;  // when it begins: the others are replicas
  uint64_t seed = 0;
};

class Traffic {
 public:
  // `doors` and `record` outlive it.
  Traffic(const TrafficOptions& options, const Doors& doors, Record& record);

  // Lets the clients work until `until` holds, which is asked every few milliseconds. False if
  // patience ended before, or the user interrupted.
  bool Run(Nanos patience, const std::function<bool()>& until);
  // Nothing new is asked; what is outstanding is waited for.
  void Finish();

 private:
  void Turn(Nanos now, Nanos latest);

  std::vector<std::unique_ptr<DemoClient>> clients_;
};

// Which door each client takes.
std::vector<Door> DoorsOfClients(int clients, const Doors& doors);

}  // namespace holdfast::kvctl
