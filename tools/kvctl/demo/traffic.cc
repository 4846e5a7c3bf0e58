#include "tools/kvctl/demo/traffic.h"

#include <algorithm>

#include "net/posix/system.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr Nanos kLookEvery = Milliseconds(20);
// What is outstanding is given up by its client before that.
constexpr Nanos kFinishPatience = Seconds(3);

}  // namespace

std::vector<Door> DoorsOfClients(int clients, const Doors& doors) {
  std::vector<Door> others = {Door::kPlain};
  if (!doors.sentinels.empty()) others.push_back(Door::kSentinel);
  if (doors.cluster) others.push_back(Door::kCluster);
  std::vector<Door> chosen;
  size_t next = 0;
  for (int i = 0; i < clients; ++i) {
    chosen.push_back(i % 3 == 0 ? Door::kReplica : others[next++ % others.size()]);
  }
  return chosen;
}

Traffic::Traffic(const TrafficOptions& options, const Doors& doors, Record& record) {
  std::vector<Endpoint> replicas = doors.servers;
  std::erase(replicas, options.primary);
  if (replicas.empty()) replicas = doors.servers;
  const Nanos interval{DemoClient::kBatch * int64_t{options.clients} * Seconds(1).value /
                       options.operations_per_second};
  Prng seeds(options.seed);
  uint32_t number = kLastReader;
  for (const Door door : DoorsOfClients(options.clients, doors)) {
    ++number;
    const Endpoint& first =
        door == Door::kReplica ? replicas[number % replicas.size()] : options.primary;
    clients_.push_back(std::make_unique<DemoClient>(ClientOptions{.number = number,
                                                                  .door = door,
                                                                  .first = first,
                                                                  .interval = interval,
                                                                  .async = options.async,
                                                                  .seed = seeds.Next()},
                                                    doors, record));
  }
}

bool Traffic::Run(Nanos patience, const std::function<bool()>& until) {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + patience;
  Nanos look = clock.Monotonic() + kLookEvery;
  while (!Interrupted()) {
    const Nanos now = clock.Monotonic();
    if (now >= look) {
      if (until()) return true;
      if (now >= end) return false;
      look = clock.Monotonic() + kLookEvery;
    }
    Turn(now, look);
  }
  return false;
}

void Traffic::Finish() {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + kFinishPatience;
  for (const auto& client : clients_) client->Stop();
  while (!Interrupted() && clock.Monotonic() < end) {
    if (std::none_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->has_outstanding(); })) {
      return;
    }
    Turn(clock.Monotonic(), std::min(end, clock.Monotonic() + kLookEvery));
  }
}

void Traffic::Turn(Nanos now, Nanos latest) {
  std::vector<pollfd> waited = {{InterruptDescriptor(), POLLIN, 0}};
  Nanos wake = latest;
  for (const auto& client : clients_) {
    waited.push_back(client->Wanted());
    wake = std::min(wake, client->NextTime());
  }
  const int64_t nanos = std::max<int64_t>(0, (wake - now).value);
  const timespec span{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
  if (ppoll(waited.data(), waited.size(), &span, nullptr) < 0) return;
  const Nanos after = SystemClock().Monotonic();
  for (size_t i = 0; i < clients_.size(); ++i) {
    clients_[i]->Proceed(after, waited[i + 1].revents != 0);
  }
}

}  // namespace holdfast::kvctl
