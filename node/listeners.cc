#include "node/listeners.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "node/protection.h"

namespace holdfast {
namespace {

bool IsSame(const Address& left, const Address& right) {
  return left.host == right.host && left.port == right.port && left.unix_path == right.unix_path;
}

}  // namespace

Listeners::Listeners(EventLoop& loop, AcceptHandler on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)) {}

std::vector<Listeners::Door> Listeners::DoorsNamedBy(const Settings& settings) {
  std::vector<Door> doors;
  if (settings.port != 0) {
    for (BindAddress& bind : BindAddresses(settings.bind, static_cast<uint16_t>(settings.port))) {
      Door& door = doors.emplace_back();
      door.address = std::move(bind.address);
      door.optional = bind.optional;
    }
  }
  if (!settings.unixsocket.empty()) doors.emplace_back().address.unix_path = settings.unixsocket;
  return doors;
}

bool Listeners::empty() const {
  return std::none_of(doors_.begin(), doors_.end(),
                      [](const Door& door) { return door.listener != nullptr; });
}

Listeners::Door* Listeners::OpenDoor(const Address& address) {
  for (Door& door : doors_) {
    if (door.listener != nullptr && IsSame(door.address, address)) return &door;
  }
  return nullptr;
}

absl::Status Listeners::Open(Door& door, const Settings& settings) {
  auto listener = loop_.Listen(
      door.address,
      {.backlog = settings.tcp_backlog,
       .unix_permissions = settings.unixsocketperm,
       .tcp_keepalive_seconds = settings.tcp_keepalive},
      [this](std::unique_ptr<Connection> connection) { on_accept_(std::move(connection)); });
  if (door.optional && absl::IsUnavailable(listener.status())) return absl::OkStatus();
  RETURN_IF_ERROR(listener.status());
  door.listener = *std::move(listener);
  return absl::OkStatus();
}

absl::Status Listeners::Change(const Settings& settings) {
  std::vector<Door> named = DoorsNamedBy(settings);
  std::vector<Door*> taken;
  for (Door& door : named) {
    if (OpenDoor(door.address) != nullptr) continue;
    const absl::Status status = Open(door, settings);
    if (absl::IsAlreadyExists(status)) {
      taken.push_back(&door);
    } else if (!status.ok()) {
      return status;
    }
  }
  if (!taken.empty()) RETURN_IF_ERROR(Replace(taken, named, settings));
  for (Door& door : named) {
    if (Door* open = OpenDoor(door.address)) door.listener = std::move(open->listener);
  }
  doors_ = std::move(named);
  return absl::OkStatus();
}

absl::Status Listeners::Replace(absl::Span<Door* const> doors, absl::Span<const Door> named,
                                const Settings& settings) {
  std::vector<Door*> closed;
  for (Door& old : doors_) {
    const bool stays = std::any_of(named.begin(), named.end(), [&](const Door& door) {
      return IsSame(door.address, old.address);
    });
    const bool in_the_way = std::any_of(doors.begin(), doors.end(), [&](const Door* door) {
      return door->address.port == old.address.port && !old.address.is_unix();
    });
    if (stays || !in_the_way || old.listener == nullptr) continue;
    old.listener = nullptr;
    closed.push_back(&old);
  }
  absl::Status status;
  for (size_t i = 0; i < doors.size() && status.ok(); ++i) status = Open(*doors[i], settings);
  if (status.ok()) return status;
  // Some of the new ones may stand where the old ones stood.
  for (Door* door : doors) door->listener = nullptr;
  for (Door* old : closed) {
    if (const absl::Status back = Open(*old, settings); !back.ok()) {
      status =
          absl::Status(status.code(), absl::StrCat(status.message(), "; and ", back.message()));
    }
  }
  return status;
}

}  // namespace holdfast
