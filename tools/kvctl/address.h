// Addresses and durations as people write them.
//
//   endpoint   host[:port]                               port 6379 unless given
//   node       [name=]host[:port[:peer port]][:witness]  peer port: port + 10000 unless given
//
// A host is a name, an IPv4 address, or an IPv6 address in brackets.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cluster/core/configuration.h"
#include "net/base/types.h"
#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

inline constexpr uint16_t kDefaultPort = 6379;
inline constexpr uint16_t kPeerPortDistance = 10'000;

struct Endpoint {
  std::string host;
  uint16_t port = kDefaultPort;
  auto operator<=>(const Endpoint&) const = default;
  std::string ToString() const;
};

Result<Endpoint> ParseEndpoint(absl::string_view text);
Endpoint ClientEndpoint(const NodeDescription& node);
Endpoint PeerEndpoint(const NodeDescription& node);

// The name stays empty if the text has none; the id is 0.
Result<NodeDescription> ParseNode(absl::string_view text);
// With all parts, as nodes read it.
std::string NodeText(const NodeDescription& node);

// "500ms", "5s", "2m", "1h"; a bare number counts seconds. Above zero.
Result<Nanos> ParseDuration(absl::string_view text);
// "187 ms", "5.0 s", "12m", "3h", "41d".
std::string DurationText(Nanos span);

}  // namespace holdfast::kvctl
