// What every role of a group member stands on, and the turn of one step.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "cluster/core/log_view.h"
#include "cluster/core/messages.h"
#include "cluster/core/register_use.h"
#include "cluster/core/step.h"
#include "cluster/core/timing.h"
#include "cluster/core/view.h"

namespace holdfast {

struct Footing {
  Identity self;
  GroupOptions options;
  Nanos started;
  Recovery recovery;  // what this incarnation can still report
  GroupView view;
  RegisterUse register_use;
  IdentitySet contacts;  // the newest identity seen of each other node
  LogPosition tail;      // of everything buffered
  Lsn commit;            // known here; never beyond the tail, never falls but with the state
  Lsn applied;           // executed; on a primary, the tail
  Lsn synced;            // on this node's disk
  uint64_t attempt = 0;  // of joining
  Nanos last_tick;
  uint32_t random = 0;            // of the last tick
  uint64_t recovery_request = 0;  // an operator's, under way
  uint64_t leave_request = 0;

  bool IsSelf(Identity identity) const;
  bool IsPrimary(Identity identity) const;
  // A promotion of our own may still be chosen: no lease, no ack for the epoch it would end.
  bool IsPromoting() const;
  // How many identities have to hold a write before it is acknowledged.
  size_t MinInSync() const;
  Nanos BackOff() const;
  bool operator==(const Footing&) const;
  // Without the options, which do not change.
  auto Fields() const {
    return std::tie(self, started, recovery, view, register_use, contacts, tail, commit, applied,
                    synced, attempt, last_tick, random, recovery_request, leave_request);
  }
};

struct Turn {
  Footing& base;
  Nanos now;
  const LogView& log;
  Outputs& out;

  void Emit(Output output) { out.push_back(std::move(output)); }
  void Tell(Identity to, MessageBody body) {
    Emit(Send{to, {base.view.group.epoch, base.view.version, std::move(body)}});
  }
  void Answer(uint64_t request, std::string error = "") {
    Emit(Answered{request, std::move(error)});
  }
  // The register must be idle.
  void Suggest(GroupConfiguration group);
  void AskRegister();
};

}  // namespace holdfast
