#include "sim/nemesis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {

using CrashKind = SimMachine::CrashKind;

Nemesis::Nemesis(Options options)
    : options_(std::move(options)), actor_(options_.kernel->AddActor()) {
  for (int i = 0; i < options_.deployment->size(); ++i) {
    own_drifts_.push_back(options_.deployment->machine(i).clock().drift_ppm());
  }
}

Nemesis::~Nemesis() { options_.kernel->NextIncarnation(actor_); }

void Nemesis::Begin(int64_t phase) {
  for (const Fault& fault : options_.faults) {
    if (fault.phase != phase) continue;
    options_.kernel->Schedule(
        fault.at, actor_, "fault",
        [this, fault, generation = generation_] {
          if (generation != generation_) return;
          options_.tell(-1, fault.ToString());
          if (fault.moment) {
            waiting_[fault.id] = fault;
          } else {
            Strike(fault);
          }
        },
        static_cast<uint64_t>(fault.id));
  }
}

void Nemesis::Strike(const Fault& fault) {
  ++strikes_;
  if (fault.node >= options_.deployment->size() && fault.kind != FaultKind::kClientCut) return;
  const int node = static_cast<int>(fault.node);
  switch (fault.kind) {
    case FaultKind::kWallStep:
    case FaultKind::kDrift:
      return Clock(fault);
    case FaultKind::kPause:
      options_.deployment->machine(node).Pause(fault.length);
      return options_.paused(node, options_.kernel->now() + fault.length);
    case FaultKind::kBreak:
    case FaultKind::kBlackHole:
    case FaultKind::kLinger:
    case FaultKind::kGarble:
      return Connection(fault);
    case FaultKind::kSlowLink:
      return SlowLink(fault);
    case FaultKind::kClientCut:
    case FaultKind::kIsolate:
    case FaultKind::kSplit:
    case FaultKind::kBridge:
    case FaultKind::kRing:
    case FaultKind::kVotersOnly:
    case FaultKind::kScatter:
      return Cut(LinksOf(fault), fault.length);
    case FaultKind::kSwizzle:
      return Swizzle(fault);
    case FaultKind::kCrash:
      return EndNode(fault);
    case FaultKind::kSyncError:
      return SyncError(fault);
    case FaultKind::kPowerLoss:
      return PowerLoss(fault);
    case FaultKind::kOperator:
      return options_.operate(fault);
  }
}

void Nemesis::Clock(const Fault& fault) {
  SimClock& clock = options_.deployment->machine(static_cast<int>(fault.node)).clock();
  options_.clock_changes();
  if (fault.kind == FaultKind::kWallStep) {
    clock.StepWall(Nanos{fault.amount});
  } else {
    clock.SetDrift(fault.amount);
  }
  options_.clock_changes();
}

void Nemesis::Connection(const Fault& fault) {
  std::vector<SocketId> open = options_.network->open_sockets();
  // Frames between nodes carry a checksum; what clients say has only TCP's.
  // What strikes in the middle of a change is to hit those who change it.
  if (fault.kind == FaultKind::kGarble || fault.moment) {
    std::erase_if(open, [this](SocketId socket) {
      return !options_.network->Joins(socket, Deployment::kPeerPort);
    });
  }
  const HostId own = host(static_cast<int>(fault.node));
  if (fault.moment && fault.moment_of == static_cast<int64_t>(MomentOf::kWhoever)) {
    std::erase_if(open, [&](SocketId socket) { return !options_.network->Touches(socket, own); });
  }
  if (open.empty()) return;
  if (fault.kind == FaultKind::kBreak && fault.amount == 1) {
    for (SocketId socket : open) {
      if (options_.network->Touches(socket, own)) options_.network->Break(socket);
    }
    return;
  }
  const SocketId victim = open[static_cast<uint64_t>(fault.pick) % open.size()];
  switch (fault.kind) {
    case FaultKind::kBlackHole:
      return options_.network->BlackHole(victim);
    case FaultKind::kLinger:
      return options_.network->Linger(victim, fault.length);
    case FaultKind::kGarble:
      return options_.network->Garble(victim, static_cast<uint64_t>(fault.amount));
    default:
      return options_.network->Break(victim);
  }
}

void Nemesis::SlowLink(const Fault& fault) {
  std::vector<Link> links;
  for (int to = 0; to < options_.deployment->size(); ++to) {
    if (to == fault.node || (fault.mask != 0 && (fault.mask >> to & 1) == 0)) continue;
    const HostId from = host(static_cast<int>(fault.node));
    options_.network->SetLinkDelay(from, host(to), Nanos{fault.amount});
    slow_.insert({from.value, host(to).value});
    links.push_back({from.value, host(to).value});
  }
  Later(fault.length, "link is fast again", [this, links = std::move(links)] {
    for (const Link& link : links) {
      options_.network->SetLinkDelay({link.first}, {link.second}, Nanos{});
    }
  });
}

bool Nemesis::Separated(const Fault& fault, int from, int to) const {
  const int count = options_.deployment->size();
  const auto inside = [&](int node) { return (fault.mask >> node & 1) != 0; };
  switch (fault.kind) {
    case FaultKind::kIsolate:
      return from == fault.node || to == fault.node;
    case FaultKind::kSplit:
      return inside(from) != inside(to);
    case FaultKind::kBridge:
      return inside(from) != inside(to) && from != fault.node && to != fault.node;
    case FaultKind::kRing:
      return (from + 1) % count != to && (to + 1) % count != from;
    case FaultKind::kVotersOnly: {
      const int other = from == fault.node ? to : from;
      return (from == fault.node || to == fault.node) && !options_.deployment->is_witness(other);
    }
    case FaultKind::kScatter:
      return true;
    default:
      return false;
  }
}

std::vector<Nemesis::Link> Nemesis::LinksOf(const Fault& fault) const {
  std::vector<Link> links;
  const int count = options_.deployment->size();
  if (fault.kind == FaultKind::kClientCut) {
    const std::vector<HostId> clients = options_.clients();
    const HostId client = clients[static_cast<size_t>(fault.node) % clients.size()];
    for (int node = 0; node < count; ++node) {
      if ((fault.directions & 1) != 0) links.push_back({client.value, host(node).value});
      if ((fault.directions & 2) != 0) links.push_back({host(node).value, client.value});
    }
    return links;
  }
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      if (from == to || !Separated(fault, from, to)) continue;
      // "To the node" means towards who is named, or into the mask, or, in a ring, upwards.
      const bool is_split = fault.kind == FaultKind::kSplit || fault.kind == FaultKind::kBridge;
      const bool inwards = is_split                         ? (fault.mask >> to & 1) != 0
                           : fault.kind == FaultKind::kRing ? to > from
                                                            : to == fault.node;
      if ((fault.directions & (inwards ? 1 : 2)) == 0) continue;
      links.push_back({host(from).value, host(to).value});
    }
  }
  return links;
}

void Nemesis::Cut(std::vector<Link> links, Nanos length) {
  for (const Link& link : links) Block(link);
  Later(length, "cut heals", [this, links = std::move(links)] {
    for (const Link& link : links) Unblock(link);
  });
}

void Nemesis::Swizzle(const Fault& fault) {
  std::vector<Link> links;
  for (int from = 0; from < options_.deployment->size(); ++from) {
    for (int to = 0; to < options_.deployment->size(); ++to) {
      if (from != to && (fault.mask >> from & 1) != 0) {
        links.push_back({host(from).value, host(to).value});
      }
    }
  }
  Draws draws(options_.kernel->seed(), "swizzle", static_cast<uint64_t>(fault.pick));
  for (const Link& link : links) {
    // They stop in one half of the time and go on in the other.
    const Nanos half{fault.length.value / 2};
    const Nanos stops = draws.Between(Nanos{}, half);
    const Nanos goes_on = half + draws.Between(Nanos{}, half);
    Later(stops, "link stops", [this, link] { Block(link); });
    Later(goes_on, "link goes on", [this, link] { Unblock(link); });
  }
}

void Nemesis::OnVulnerable(int node, Vulnerable moment) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const Fault& fault = at->second;
    const auto of = static_cast<MomentOf>(fault.moment_of);
    const bool whose = of == MomentOf::kAnyone || of == MomentOf::kWhoever ||
                       (of == MomentOf::kSelf) == (fault.node == node);
    if (fault.moment != moment || !whose) {
      ++at;
      continue;
    }
    // Not at once: the node is in the middle of an event.
    Fault striking = fault;
    if (of == MomentOf::kWhoever) striking.node = node;
    Later(fault.delay, "vulnerable", [this, striking] { Strike(striking); });
    at = waiting_.erase(at);
  }
}

// The failure comes with the next sync, which may be a while off.
void Nemesis::SyncError(const Fault& fault) {
  const int node = static_cast<int>(fault.node);
  if (options_.deployment->probe(node) == nullptr) return;
  const Actor life = options_.deployment->actor(node);
  options_.deployment->machine(node).disk().FailSync(
      [this, fault, node, life, generation = generation_] {
        const bool goes = generation == generation_ && options_.deployment->actor(node) == life &&
                          options_.may_end({.node = node, .power = fault.amount != 0});
        if (!goes) return false;
        halting_[node] = fault;
        options_.sync_failed(node);
        return true;
      });
}

void Nemesis::OnHalt(int node) {
  if (!halting_.contains(node)) return;
  const Fault fault = halting_[node];
  halting_.erase(node);
  const Actor life = options_.deployment->actor(node);
  options_.kernel->Schedule(Nanos{}, actor_, "stops", [this, node, fault, life] {
    if (options_.deployment->actor(node) != life) return;
    options_.deployment->Crash(node, fault.amount == 0 ? CrashKind::kProcess : CrashKind::kPower);
    // Also after the faults have ended: somebody looks after it.
    options_.kernel->Schedule(fault.length, actor_, "boot again", [this, node] {
      if (options_.deployment->up(node)) return;
      options_.tell(node, "boot");
      options_.deployment->Boot(node);
    });
  });
}

void Nemesis::EndNode(const Fault& fault) {
  const int node = static_cast<int>(fault.node);
  const bool disk = fault.amount >= 2;
  if (!options_.deployment->running(node) ||
      !options_.may_end({.node = node, .power = fault.amount != 0, .disk = disk})) {
    return;
  }
  options_.tell(node, "crash");
  options_.deployment->Crash(node, fault.amount == 0 ? CrashKind::kProcess : CrashKind::kPower);
  if (disk) {
    if (fault.amount == 2) {
      options_.deployment->LoseDisk(node);
    } else {
      options_.deployment->LoseVote(node);
    }
    options_.vote_lost(node);
    diskless_ |= uint64_t{1} << node;
  }
  BootLater(node, fault.length);
}

void Nemesis::BootLater(int node, Nanos delay) {
  Later(delay, "boot again", [this, node] {
    if (options_.deployment->up(node)) return;
    options_.tell(node, "boot");
    options_.deployment->Boot(node);
  });
}

void Nemesis::PowerLoss(const Fault& fault) {
  if (!options_.may_lose_power()) return;
  power_was_lost_ = true;
  for (int node = 0; node < options_.deployment->size(); ++node) {
    if (!options_.deployment->running(node)) continue;
    options_.tell(node, "power loss");
    options_.deployment->Crash(node, CrashKind::kPower);
    BootLater(node, fault.length);
  }
}

void Nemesis::HealCore(uint64_t core) {
  ++generation_;
  waiting_.clear();
  const auto inside = [&](uint32_t host_value) {
    for (int node = 0; node < options_.deployment->size(); ++node) {
      if (host(node).value == host_value) return (core >> node & 1) != 0;
    }
    return true;  // a client
  };
  for (auto& [link, count] : blocked_) {
    if (count == 0 || !inside(link.first) || !inside(link.second)) continue;
    count = 0;
    options_.network->SetLinkBlocked({link.first}, {link.second}, false);
  }
  for (int from = 0; from < options_.deployment->size(); ++from) {
    for (int to = 0; to < options_.deployment->size(); ++to) {
      const bool both_inside = (core >> from & 1) != 0 && (core >> to & 1) != 0;
      if (from != to && !both_inside) Block({host(from).value, host(to).value});
    }
  }
  for (const Link& link : std::exchange(slow_, {})) {
    options_.network->SetLinkDelay({link.first}, {link.second}, Nanos{});
  }
  options_.clock_changes();
  for (int node = 0; node < options_.deployment->size(); ++node) {
    if ((core >> node & 1) == 0) continue;
    options_.deployment->machine(node).clock().SetDrift(own_drifts_[static_cast<size_t>(node)]);
    if (options_.deployment->up(node)) continue;
    options_.tell(node, "boot");
    options_.deployment->Boot(node);
  }
  options_.clock_changes();
}

void Nemesis::Block(Link link) {
  if (++blocked_[link] == 1) {
    options_.network->SetLinkBlocked({link.first}, {link.second}, true);
  }
}

void Nemesis::Unblock(Link link) {
  if (--blocked_[link] == 0) {
    options_.network->SetLinkBlocked({link.first}, {link.second}, false);
  }
}

void Nemesis::Later(Nanos delay, absl::string_view name, std::function<void()> act) {
  options_.kernel->Schedule(delay, actor_, name, [this, act, generation = generation_] {
    if (generation == generation_) act();
  });
}

}  // namespace holdfast
