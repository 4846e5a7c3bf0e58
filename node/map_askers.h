// MapAskers: addresses whose clients asked for the cluster's map a short while ago.
//
// A client library that finds its way by the map asks for it on one connection and sends its
// requests on others. Loopback says nothing about who asks: it is not remembered.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "net/runtime/stream.h"

namespace holdfast {

class MapAskers {
 public:
  // Any thread; `now` is monotonic.
  void Note(const Address& address, Nanos now);
  bool Asked(const Address& address, Nanos now) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Nanos> asked_;  // at most limits::kMapAskersMax
};

}  // namespace holdfast
