// How clients are described: the lines of CLIENT LIST, and the parts that others show too.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace holdfast {

class Session;

// The other end: "127.0.0.1:50312", or "/path/of/socket:0". Empty once the connection is gone.
std::string PeerText(const Session& session);
std::string LocalText(const Session& session);

// The session's line in CLIENT LIST of Redis 7.2, with its newline. The world is stopped, or the
// session is the caller's own.
std::string ClientLine(Session& session);

// Whether it is one of Redis's client types ("normal", "master", "slave", "replica", "pubsub"), in
// any case. All clients here are normal ones.
bool IsClientType(absl::string_view type);
bool IsNormalClientType(absl::string_view type);

}  // namespace holdfast
