#include "node/map_askers.h"

#include <algorithm>

#include "net/base/limits.h"
#include "node/protection.h"

namespace holdfast {
namespace {

constexpr Nanos kRemembered = Seconds(60);

}  // namespace

void MapAskers::Note(const Address& address, Nanos now) {
  if (IsLoopback(address)) return;
  std::lock_guard hold(mutex_);
  asked_[address.host] = now;
  if (asked_.size() <= limits::kMapAskersMax) return;
  asked_.erase(std::min_element(asked_.begin(), asked_.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; }));
}

bool MapAskers::Asked(const Address& address, Nanos now) const {
  std::lock_guard hold(mutex_);
  const auto found = asked_.find(address.host);
  return found != asked_.end() && now - found->second <= kRemembered;
}

}  // namespace holdfast
