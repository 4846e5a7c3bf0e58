#include "cluster/driver/node_doors.h"

#include "net/base/limits.h"

namespace holdfast {
namespace {

void AppendPort(uint16_t port, std::string* out) {
  out->push_back(static_cast<char>(port & 0xff));
  out->push_back(static_cast<char>(port >> 8));
}

uint16_t PortAt(absl::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) | static_cast<uint8_t>(bytes[at + 1])
                                                                     << 8);
}

}  // namespace

std::string EncodeDoors(const NodeDoors& doors) {
  std::string bytes;
  AppendPort(doors.sentinel_port, &bytes);
  AppendPort(doors.client_port, &bytes);
  return bytes + doors.hostname.substr(0, limits::kNodeNameBytesMax);
}

absl::StatusOr<NodeDoors> DecodeDoors(absl::string_view bytes) {
  if (bytes.size() < 4) return absl::InvalidArgumentError("doors: too short");
  const absl::string_view hostname = bytes.substr(4);
  // It is shown to clients, one word in a line.
  for (const char c : hostname) {
    if (c <= ' ' || c == ',' || c > '~') {
      return absl::InvalidArgumentError("doors: not a host name");
    }
  }
  if (hostname.size() > limits::kNodeNameBytesMax) {
    return absl::InvalidArgumentError("doors: the host name is too long");
  }
  return NodeDoors{.sentinel_port = PortAt(bytes, 0),
                   .client_port = PortAt(bytes, 2),
                   .hostname = std::string(hostname)};
}

}  // namespace holdfast
