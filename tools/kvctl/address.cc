#include "tools/kvctl/address.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace holdfast::kvctl {
namespace {

Failure BadAddress(absl::string_view text, absl::string_view why) {
  Failure failure = UsageFailure(absl::StrCat("\"", text, "\" is no address"),
                                 "write it as host:port, an IPv6 host in brackets");
  failure.why = std::string(why);
  return failure;
}

struct HostAndRest {
  absl::string_view host;
  std::vector<absl::string_view> rest;  // what the colons behind the host separate
};

Result<HostAndRest> SplitHost(absl::string_view text, absl::string_view whole) {
  HostAndRest split;
  size_t end = text.find(':');
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t bracket = text.find(']');
    if (bracket == absl::string_view::npos) return BadAddress(whole, "the bracket is not closed");
    split.host = text.substr(0, bracket);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && text[0] != ':') {
      return BadAddress(whole, "a colon belongs behind the bracket");
    }
    end = text.find(':');
  } else {
    split.host = text.substr(0, end);
  }
  if (split.host.empty()) return BadAddress(whole, "the host is missing");
  if (end != absl::string_view::npos) split.rest = absl::StrSplit(text.substr(end + 1), ':');
  return split;
}

bool ParsePort(absl::string_view text, uint16_t* port) {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number == 0 || number > UINT16_MAX) return false;
  *port = static_cast<uint16_t>(number);
  return true;
}

std::string Bracketed(absl::string_view host) {
  return host.find(':') == absl::string_view::npos ? std::string(host)
                                                   : absl::StrCat("[", host, "]");
}

}  // namespace

std::string Endpoint::ToString() const { return absl::StrCat(Bracketed(host), ":", port); }

Result<Endpoint> ParseEndpoint(absl::string_view text) {
  Result<HostAndRest> split = SplitHost(text, text);
  if (!split.ok()) return split.failure();
  Endpoint endpoint{std::string(split->host)};
  if (split->rest.size() > 1) return BadAddress(text, "more than one port");
  if (!split->rest.empty() && !ParsePort(split->rest[0], &endpoint.port)) {
    return BadAddress(text, absl::StrCat("\"", split->rest[0], "\" is no port"));
  }
  return endpoint;
}

Endpoint ClientEndpoint(const NodeDescription& node) { return {node.host, node.client_port}; }
Endpoint PeerEndpoint(const NodeDescription& node) { return {node.host, node.peer_port}; }

Result<NodeDescription> ParseNode(absl::string_view text) {
  NodeDescription node;
  absl::string_view address = text;
  if (const size_t equals = text.find('='); equals != absl::string_view::npos) {
    node.name = std::string(text.substr(0, equals));
    if (node.name.empty()) return BadAddress(text, "the name in front of \"=\" is missing");
    address = text.substr(equals + 1);
  }
  Result<HostAndRest> split = SplitHost(address, text);
  if (!split.ok()) return split.failure();
  std::vector<absl::string_view>& rest = split->rest;
  node.host = std::string(split->host);
  if (!rest.empty() && rest.back() == "witness") {
    node.witness = true;
    rest.pop_back();
  }
  if (rest.size() > 2) return BadAddress(text, "more than a client port and a peer port");
  node.client_port = kDefaultPort;
  if (!rest.empty() && !ParsePort(rest[0], &node.client_port)) {
    return BadAddress(text, absl::StrCat("\"", rest[0], "\" is no port"));
  }
  if (rest.size() == 2) {
    if (!ParsePort(rest[1], &node.peer_port)) {
      return BadAddress(text, absl::StrCat("\"", rest[1], "\" is no port"));
    }
  } else if (node.client_port > UINT16_MAX - kPeerPortDistance) {
    return BadAddress(text, absl::StrCat("the peer port is the client port + ", kPeerPortDistance,
                                         " unless given, and there is no such port"));
  } else {
    node.peer_port = static_cast<uint16_t>(node.client_port + kPeerPortDistance);
  }
  return node;
}

std::string NodeText(const NodeDescription& node) {
  return absl::StrCat(node.name, "=", Bracketed(node.host), ":", node.client_port, ":",
                      node.peer_port, node.witness ? ":witness" : "");
}

Result<Nanos> ParseDuration(absl::string_view text) {
  struct Unit {
    absl::string_view name;
    double seconds;
  };
  // "ms" before "s": the longer suffix decides.
  static constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  constexpr double kSecondsMax = 1e9;
  absl::string_view number = text;
  double seconds = 1;
  for (const Unit& unit : kUnits) {
    if (!absl::ConsumeSuffix(&number, unit.name)) continue;
    seconds = unit.seconds;
    break;
  }
  double count = 0;
  if (!absl::SimpleAtod(number, &count) || !(count > 0) || count * seconds > kSecondsMax) {
    return UsageFailure(absl::StrCat("\"", text, "\" is no duration"),
                        "write it as 500ms, 5s, 2m or 1h");
  }
  return Nanos{static_cast<int64_t>(count * seconds * 1e9)};
}

std::string DurationText(Nanos span) {
  const int64_t millis = ToMillis(span).value;
  if (millis < 1'000) return absl::StrCat(millis, " ms");
  if (millis < 120'000) return absl::StrFormat("%.1f s", static_cast<double>(millis) / 1e3);
  const int64_t minutes = millis / 60'000;
  if (minutes < 120) return absl::StrCat(minutes, "m");
  if (minutes < 48 * 60) return absl::StrCat(minutes / 60, "h");
  return absl::StrCat(minutes / (24 * 60), "d");
}

}  // namespace holdfast::kvctl
