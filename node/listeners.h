// Listeners: the doors of a node, as `bind`, `port` and `unixsocket` name them.
//
//   named before   127.0.0.1:6379   ::1:6379
//   named now      127.0.0.1:6379   10.0.0.1:6379
//                  stays open       is opened, and only then ::1:6379 is closed
//
// 1. After an error the doors are those from before.
// 2. A door that is named before and after stays open: nobody who waits in its backlog notices.
//
// One case has no good order: an address that overlaps one that is to go (* and 127.0.0.1 of the
// same port) can be opened only once the other is closed. It is then closed first, and opened again
// if the new one cannot be had; who waits in its backlog is refused.
//
// It belongs to the loop's thread.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "net/runtime/event_loop.h"
#include "node/config/settings.h"

namespace holdfast {

class Listeners {
 public:
  Listeners(EventLoop& loop, AcceptHandler on_accept);

  // Opens what the settings name and closes everything else.
  absl::Status Change(const Settings& settings);
  void Close() { doors_.clear(); }
  // Whether nobody can come in.
  bool empty() const;

 private:
  struct Door {
    Address address;
    // The machine may have no such address: no error, and no listener.
    bool optional = false;
    std::unique_ptr<Listener> listener;
  };

  static std::vector<Door> DoorsNamedBy(const Settings& settings);
  Door* OpenDoor(const Address& address);
  absl::Status Open(Door& door, const Settings& settings);
  // Opens `doors` in place of those of ours that are not in `named` and have the same port.
  absl::Status Replace(absl::Span<Door* const> doors, absl::Span<const Door> named,
                       const Settings& settings);

  EventLoop& loop_;
  AcceptHandler on_accept_;
  std::vector<Door> doors_;
};

}  // namespace holdfast
