// SentinelDoor: a node's port for Sentinel's clients, and the sessions behind it.
//
//   cluster thread  a status has changed -> OnStatus -> (posted) -> messages -> sessions that asked
//   loop 0          accepts, executes, sends
//
// Each node of a cluster has one, so that a Sentinel client may be given the nodes themselves as
// its Sentinels. They need no quorum to answer: what they tell is what the voters have agreed on.
//
// 1. Everything but OnStatus and EndFailover happens on loop 0.
// 2. The announcer is the cluster thread's.
#pragma once

#include <map>
#include <memory>

#include "net/runtime/event_loop.h"
#include "node/listeners.h"
#include "node/sentinel/sentinel_session.h"
#include "node/sentinel/sentinel_view.h"

namespace holdfast {

class Node;

class SentinelDoor {
 public:
  // The loop, and the gate that it holds while it reads the settings.
  static constexpr int kLoop = 0;
  // What "auto" means.
  static constexpr uint16_t kUsualPort = 26379;

  explicit SentinelDoor(Node& node);

  // Opens the port on every address that `bind` names, and closes it on others. After an error all
  // is as it was.
  absl::Status Listen(const Settings& settings);
  bool listening() const { return !listeners_.empty(); }
  void Close();
  uint16_t port() const { return port_; }
  size_t session_count() const { return sessions_.size(); }

  // The cluster thread: what the node knows of its cluster, again and again.
  void OnStatus(const ClusterMap& map);
  // Any thread.
  void EndFailover(uint64_t session, const absl::Status& status);

  void Remove(SentinelSession& session);

 private:
  void Accept(std::unique_ptr<Connection> connection);

  Node& node_;
  EventLoop& loop_;
  const uint16_t port_;
  Listeners listeners_;
  SentinelAnnouncer announcer_;
  std::map<uint64_t, std::unique_ptr<SentinelSession>> sessions_;  // by id
  uint64_t next_id_ = 1;
};

}  // namespace holdfast
