#include "cluster/driver/admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cluster/driver/driver.h"
#include "cluster/driver/peer_frames.h"
#include "cluster/driver/visit.h"
#include "cluster/wire/configuration_codec.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

constexpr size_t kVotersWanted = 5;
// The configuration with which a cluster is founded: nodes and voters, but nobody who leads. The
// next one begins epoch 1, once every voter has this one on disk. A voter who missed it would never
// vote, and nobody could tell it from one that has lost its disk.
constexpr uint64_t kFoundedVersion = 1;

const NodeDescription* FindNode(const ClusterConfiguration& configuration, absl::string_view name) {
  for (const NodeDescription& node : configuration.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

void SortNodes(ClusterConfiguration& configuration) {
  std::sort(configuration.nodes.begin(), configuration.nodes.end(),
            [](const auto& left, const auto& right) { return left.id < right.id; });
}

// An odd number of voters, witnesses before others, at most kVotersWanted.
std::vector<NodeId> ChooseVoters(std::vector<NodeDescription> nodes) {
  std::stable_sort(nodes.begin(), nodes.end(), [](const auto& left, const auto& right) {
    return left.witness && !right.witness;
  });
  size_t count = std::min(nodes.size(), kVotersWanted);
  if (count % 2 == 0) --count;
  std::vector<NodeId> voters;
  for (size_t i = 0; i < count; ++i) voters.push_back(nodes[i].id);
  std::sort(voters.begin(), voters.end());
  return voters;
}

bool SamePlaces(const ClusterConfiguration& configuration,
                const std::vector<NodeDescription>& wanted) {
  return configuration.nodes.size() == wanted.size() &&
         std::all_of(wanted.begin(), wanted.end(), [&](const NodeDescription& node) {
           return std::any_of(configuration.nodes.begin(), configuration.nodes.end(),
                              [&](const NodeDescription& known) {
                                return known.host == node.host &&
                                       known.peer_port == node.peer_port && known.name == node.name;
                              });
         });
}

// `cluster` is the one it may have been part of before, 0 for none: what a former member holds is
// the cluster's own, and is compared with the primary's log like any learner's.
absl::Status CheckNewcomer(const Inspection& found, bool witness, uint64_t cluster) {
  if (!found.status.ok()) return found.status;
  if (found.facts.cluster_id != 0 && found.facts.cluster_id != cluster) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is part of another cluster", found.peer.ToString()));
  }
  if (!found.facts.empty && found.facts.cluster_id == 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s holds data: empty it first, nothing is ever overwritten", found.peer.ToString()));
  }
  if (found.facts.witness == witness) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s was started %s --witness yes, and is wanted %s one", found.peer.ToString(),
      found.facts.witness ? "with" : "without", witness ? "as" : "not as"));
}

}  // namespace

void ClusterAdmin::Inspect(std::vector<Address> peers, Inspected done) {
  struct Gathering {
    std::vector<Inspection> found;
    size_t missing;
    Inspected done;
  };
  auto gathering = std::make_shared<Gathering>(
      Gathering{std::vector<Inspection>(peers.size()), peers.size(), std::move(done)});
  if (peers.empty()) return gathering->done({});
  for (size_t i = 0; i < peers.size(); ++i) {
    gathering->found[i].peer = peers[i];
    PayVisit(driver_.runtime_, driver_.loop_, driver_.self_,
             {.to = peers[i], .type = kInspectFrame, .answer_type = kInspectedFrame},
             [this, gathering, i](absl::StatusOr<VisitAnswer> answer) {
               Inspection& found = gathering->found[i];
               found.status = answer.status();
               if (answer.ok()) {
                 const auto facts = DecodeFacts(answer->payload);
                 found.status = facts.status();
                 if (facts.ok()) found.facts = *facts;
                 found.identity = answer->from;
                 found.round_trip_ms = static_cast<double>(answer->round_trip.value) / 1e6;
                 found.clock_offset_ms =
                     static_cast<double>(found.facts.wall_ms -
                                         ToMillis(driver_.runtime_.clock().Wall()).value) +
                     found.round_trip_ms / 2;
               }
               if (--gathering->missing == 0) gathering->done(std::move(gathering->found));
             });
  }
}

absl::Status ClusterAdmin::OnPeerFrame(Identity, PeerConnection& connection, const Frame& frame) {
  if (frame.type == kInspectFrame) {
    connection.Send(kInspectedFrame,
                    EncodeFacts({.empty = driver_.host_.empty(),
                                 .witness = driver_.options_.witness,
                                 .cluster_id = driver_.self_.cluster_id,
                                 .version = driver_.options_.version,
                                 .wall_ms = ToMillis(driver_.runtime_.clock().Wall()).value}));
    return absl::OkStatus();
  }
  if (frame.type != kFoundFrame) {
    return absl::InvalidArgumentError(absl::StrFormat("unknown frame type %d", frame.type));
  }
  ASSIGN_OR_RETURN(const ClusterConfiguration configuration, DecodeConfiguration(frame.payload));
  const Identity from = ToIdentity(connection.session().peer);
  const auto answer = [this, from](const absl::Status& status) {
    driver_.mesh_.Answer(from.node, PeerChannel::kVisit, kFoundedFrame, status.message());
  };
  if (driver_.self_.cluster_id == 0 && !driver_.host_.empty()) {
    answer(absl::FailedPreconditionError("this node holds data"));
    return absl::OkStatus();
  }
  driver_.register_->Bootstrap(configuration, answer);
  return absl::OkStatus();
}

void ClusterAdmin::Create(Founding founding, StatusHandler done) {
  const ClusterConfiguration& known = driver_.register_->known();
  if (known.version != 0 && (known.name != founding.name || !SamePlaces(known, founding.nodes))) {
    return done(absl::FailedPreconditionError(
        absl::StrFormat("this node is part of cluster '%s' already", known.name)));
  }
  if (known.version > kFoundedVersion) return done(absl::OkStatus());
  std::vector<Address> peers;
  for (size_t i = 1; i < founding.nodes.size(); ++i) {
    peers.push_back({.host = founding.nodes[i].host, .port = founding.nodes[i].peer_port});
  }
  Inspect(std::move(peers), [this, founding = std::move(founding),
                             done = std::move(done)](std::vector<Inspection> found) mutable {
    // An earlier attempt may have ended half way.
    absl::StatusOr<ClusterConfiguration> configuration = driver_.register_->known();
    if (configuration->version == 0) configuration = Draft(founding, found);
    if (!configuration.ok()) return done(configuration.status());
    absl::StatusOr<GroupConfiguration> group = FirstGroup(*configuration, found);
    if (!group.ok()) return done(group.status());
    Found(*configuration,
          [this, group = *std::move(group), done = std::move(done)](absl::Status founded) mutable {
            if (!founded.ok()) return done(founded);
            Change(
                0,
                [group = std::move(group)](ClusterConfiguration& next) {
                  if (next.version > kFoundedVersion) {
                    return absl::AlreadyExistsError("the cluster has begun already");
                  }
                  next.group = group;
                  return absl::OkStatus();
                },
                [done = std::move(done)](absl::Status status) mutable {
                  done(absl::IsAlreadyExists(status) ? absl::OkStatus() : status);
                });
          });
  });
}

// What the cluster begins with: this node leads, and all that hold data are in sync, as they hold
// none.
absl::StatusOr<GroupConfiguration> ClusterAdmin::FirstGroup(
    const ClusterConfiguration& configuration, const std::vector<Inspection>& found) const {
  const Identity self = ToIdentity(driver_.self_.identity);
  GroupConfiguration group{.epoch = {1}, .primary = self};
  for (const NodeDescription& node : configuration.nodes) {
    Identity identity = self;
    if (node.id != self.node) {
      const auto at = std::find_if(found.begin(), found.end(), [&](const Inspection& inspection) {
        return inspection.status.ok() && inspection.identity.node == node.id;
      });
      if (at == found.end()) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "%s does not answer, or is not the node any more that it was when this began",
            node.name));
      }
      identity = at->identity;
    }
    if (!node.witness) Insert(group.in_sync, identity);
  }
  return group;
}

absl::StatusOr<ClusterConfiguration> ClusterAdmin::Draft(
    const Founding& founding, const std::vector<Inspection>& inspections) {
  const Identity self = ToIdentity(driver_.self_.identity);
  if (founding.nodes.empty() || founding.nodes[0].witness || driver_.options_.witness) {
    return absl::InvalidArgumentError("the first node must be this one, and hold data");
  }
  if (!driver_.host_.empty()) return absl::FailedPreconditionError("this node holds data");
  ClusterConfiguration configuration{.version = kFoundedVersion,
                                     .cluster_id = driver_.runtime_.entropy().Next() | 1,
                                     .name = founding.name,
                                     .hash_seed = driver_.runtime_.entropy().Next()};
  std::vector<NodeDescription> nodes = founding.nodes;
  nodes[0].id = self.node;
  for (size_t i = 1; i < nodes.size(); ++i) {
    const Inspection& found = inspections[i - 1];
    RETURN_IF_ERROR(CheckNewcomer(found, nodes[i].witness, 0));
    nodes[i].id = found.identity.node;
  }
  configuration.voters = ChooseVoters(nodes);
  configuration.nodes = std::move(nodes);
  SortNodes(configuration);
  for (size_t i = 1; i < configuration.nodes.size(); ++i) {
    if (configuration.nodes[i].id == configuration.nodes[i - 1].id) {
      return absl::InvalidArgumentError(absl::StrFormat("%s and %s are the same node",
                                                        configuration.nodes[i - 1].name,
                                                        configuration.nodes[i].name));
    }
  }
  RETURN_IF_ERROR(CheckWellFormed(configuration));
  return configuration;
}

// Here first: if it ends half way, asking again finds the same configuration.
void ClusterAdmin::Found(const ClusterConfiguration& configuration, StatusHandler done) {
  auto shared = std::make_shared<const ClusterConfiguration>(configuration);
  driver_.register_->Bootstrap(configuration,
                               [this, shared, done = std::move(done)](absl::Status status) mutable {
                                 if (!status.ok()) return done(status);
                                 FoundElsewhere(shared, 0, std::move(done));
                               });
}

void ClusterAdmin::FoundElsewhere(std::shared_ptr<const ClusterConfiguration> configuration,
                                  size_t index, StatusHandler done) {
  if (index == configuration->nodes.size()) return done(absl::OkStatus());
  const NodeDescription& node = configuration->nodes[index];
  if (node.id.value == driver_.self_.identity.node) {
    return FoundElsewhere(std::move(configuration), index + 1, std::move(done));
  }
  PayVisit(driver_.runtime_, driver_.loop_, driver_.self_,
           {.to = {.host = node.host, .port = node.peer_port},
            .type = kFoundFrame,
            .payload = EncodeConfiguration(*configuration),
            .answer_type = kFoundedFrame},
           [this, configuration, index,
            done = std::move(done)](absl::StatusOr<VisitAnswer> answer) mutable {
             if (!answer.ok()) return done(answer.status());
             if (!answer->payload.empty()) {
               return done(absl::FailedPreconditionError(
                   absl::StrFormat("%s: %s", configuration->nodes[index].name, answer->payload)));
             }
             FoundElsewhere(std::move(configuration), index + 1, std::move(done));
           });
}

void ClusterAdmin::Change(uint64_t expected_version,
                          absl::AnyInvocable<absl::Status(ClusterConfiguration&)> change,
                          StatusHandler done) {
  ClusterConfiguration next = driver_.register_->known();
  if (next.version == 0) {
    return done(absl::FailedPreconditionError("this node is of no cluster yet"));
  }
  if (expected_version != 0 && next.version != expected_version) {
    return done(absl::AbortedError(absl::StrFormat("the configuration is at version %d, not %d",
                                                   next.version, expected_version)));
  }
  const uint64_t from = next.version;
  const absl::Status allowed = change(next);
  if (!allowed.ok()) return done(allowed);
  next.version = from + 1;
  driver_.register_->CompareAndSet(
      from, std::move(next), [done = std::move(done)](RegisterResult result) mutable {
        switch (result.outcome) {
          case RegisterOutcome::kChosen:
            return done(absl::OkStatus());
          case RegisterOutcome::kConflict:
          case RegisterOutcome::kSuperseded:
            return done(absl::AbortedError("the configuration changed meanwhile"));
          case RegisterOutcome::kRefused:
            return done(absl::FailedPreconditionError(result.reason));
          case RegisterOutcome::kUnavailable:
          case RegisterOutcome::kUnknown:
            return done(absl::UnavailableError(result.reason));
        }
      });
}

void ClusterAdmin::SettleVoters(StatusHandler done) {
  Change(
      0,
      [](ClusterConfiguration& configuration) {
        if (!configuration.next_voters.empty()) {
          configuration.voters = std::exchange(configuration.next_voters, {});
        }
        return absl::OkStatus();
      },
      std::move(done));
}

void ClusterAdmin::AddNode(Joining joining, StatusHandler done) {
  std::vector<Address> newcomer = {{.host = joining.node.host, .port = joining.node.peer_port}};
  Inspect(std::move(newcomer), [this, joining = std::move(joining),
                                done = std::move(done)](std::vector<Inspection> found) mutable {
    const absl::Status fit =
        CheckNewcomer(found[0], joining.node.witness, driver_.self_.cluster_id);
    if (!fit.ok()) return done(fit);
    joining.node.id = found[0].identity.node;
    const ClusterConfiguration& known = driver_.register_->known();
    const NodeDescription* listed = FindNode(known, joining.node.name);
    const bool votes =
        std::binary_search(known.voters.begin(), known.voters.end(), joining.node.id);
    // An earlier attempt may have ended half way.
    if (listed != nullptr && listed->id == joining.node.id && joining.voter && !votes) {
      return AddVoter(joining.node.id, std::move(done));
    }
    const uint64_t expected = joining.expected_version;
    Change(
        expected,
        [node = joining.node](ClusterConfiguration& configuration) {
          if (FindNode(configuration, node.name) != nullptr) {
            return absl::AlreadyExistsError(
                absl::StrFormat("there is a node %s already", node.name));
          }
          for (const NodeDescription& other : configuration.nodes) {
            if (other.id != node.id) continue;
            return absl::AlreadyExistsError(
                absl::StrFormat("that node is in the cluster already, as %s", other.name));
          }
          configuration.nodes.push_back(node);
          SortNodes(configuration);
          return absl::OkStatus();
        },
        [this, joining, done = std::move(done)](absl::Status status) mutable {
          if (!status.ok() || !joining.voter) return done(status);
          AddVoter(joining.node.id, std::move(done));
        });
  });
}

// The node is listed, so that there is a connection to it: it has to hear that it votes now.
void ClusterAdmin::AddVoter(NodeId id, StatusHandler done) {
  auto finish = [done = std::move(done)](absl::Status status) mutable {
    done(status.ok()
             ? status
             : absl::Status(status.code(),
                            absl::StrCat("it is listed, but has no vote yet: ", status.message())));
  };
  Change(
      0,
      [id](ClusterConfiguration& configuration) {
        if (!configuration.next_voters.empty()) {
          return absl::UnavailableError("a change of voters is under way");
        }
        configuration.next_voters = configuration.voters;
        configuration.next_voters.push_back(id);
        std::sort(configuration.next_voters.begin(), configuration.next_voters.end());
        return absl::OkStatus();
      },
      [this, finish = std::move(finish)](absl::Status status) mutable {
        if (!status.ok()) return finish(status);
        SettleVoters(std::move(finish));
      });
}

// Looked at again in every configuration that is changed: the set moves by itself.
absl::Status ClusterAdmin::CheckLeaving(const ClusterConfiguration& configuration,
                                        const Leaving& leaving) const {
  const NodeDescription* node = FindNode(configuration, leaving.name);
  if (node == nullptr) {
    return absl::NotFoundError(absl::StrFormat("there is no node %s", leaving.name));
  }
  const GroupConfiguration& group = configuration.group;
  if (group.primary.node == node->id) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is the primary: switch over to another node first", leaving.name));
  }
  const bool in_sync = MemberOf(group.in_sync, node->id) != Identity{};
  const size_t min_in_sync = driver_.Status().min_in_sync;
  if (in_sync && group.in_sync.size() <= min_in_sync && !leaving.force) {
    return absl::FailedPreconditionError(
        absl::StrFormat("without %s only %d members would be in sync, and writes need %d",
                        leaving.name, group.in_sync.size() - 1, min_in_sync));
  }
  const std::vector<NodeId>& voters = configuration.voters;
  if (voters.size() == 1 && voters[0] == node->id) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is the last voter: add another one first", leaving.name));
  }
  return absl::OkStatus();
}

// A voter first gives up its vote.
void ClusterAdmin::RemoveNode(const Leaving& leaving, StatusHandler done) {
  const ClusterConfiguration& known = driver_.register_->known();
  const absl::Status allowed = CheckLeaving(known, leaving);
  if (!allowed.ok()) return done(allowed);
  const NodeId id = FindNode(known, leaving.name)->id;
  auto take_off_the_lists = [this, id, leaving](uint64_t expected, StatusHandler finished) {
    Change(
        expected,
        [this, id, leaving](ClusterConfiguration& configuration) {
          RETURN_IF_ERROR(CheckLeaving(configuration, leaving));
          std::erase_if(configuration.nodes, [&](const auto& listed) { return listed.id == id; });
          std::erase_if(configuration.group.in_sync,
                        [&](Identity member) { return member.node == id; });
          return absl::OkStatus();
        },
        std::move(finished));
  };
  if (!std::binary_search(known.voters.begin(), known.voters.end(), id)) {
    return take_off_the_lists(leaving.expected_version, std::move(done));
  }
  Change(
      leaving.expected_version,
      [id](ClusterConfiguration& configuration) {
        if (!configuration.next_voters.empty()) {
          return absl::UnavailableError("a change of voters is under way");
        }
        configuration.next_voters = configuration.voters;
        std::erase(configuration.next_voters, id);
        return absl::OkStatus();
      },
      [this, take_off_the_lists, done = std::move(done)](absl::Status status) mutable {
        if (!status.ok()) return done(status);
        SettleVoters([take_off_the_lists, done = std::move(done)](absl::Status settled) mutable {
          if (!settled.ok()) return done(settled);
          take_off_the_lists(0, std::move(done));
        });
      });
}

}  // namespace holdfast
