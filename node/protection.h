// Who may come in: what every door of a node asks before it lets a connection have a session.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/runtime/event_loop.h"
#include "node/config/settings.h"

namespace holdfast {

// One address of `bind`.
struct BindAddress {
  Address address;
  // The machine may have no such address: no error, and no listener.
  bool optional = false;
};
// A leading '-' marks an address that may be missing; "*" and "::*" are all of their family.
std::vector<BindAddress> BindAddresses(const std::vector<std::string>& bind, uint16_t port);

bool IsLoopback(const Address& address);
// False: protected mode keeps this address out, and kProtectedModeError says so.
bool MayConnect(const Settings& settings, const Address& peer);
extern const absl::string_view kProtectedModeError;
// Tells a connection why it cannot stay, and closes it.
void RefuseConnection(EventLoop& loop, std::unique_ptr<Connection> connection,
                      absl::string_view error);

// Takes as long for every wrong password of one length, so that time tells nothing about its bytes.
bool SamePassword(absl::string_view given, absl::string_view expected);

}  // namespace holdfast
