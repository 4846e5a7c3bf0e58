// SentinelSession: one connection to a node's Sentinel door.
//
// It speaks RESP2 and RESP3 and knows what redis-sentinel knows, no data commands among it: who
// asks here wants to be told where the data is. Requests are answered in order, at once; only
// SENTINEL FAILOVER takes its time, and those behind it wait.
//
// 1. What is received and what waits to be sent are bounded; who is over a bound is cut off.
// 2. It is touched on the door's loop only, inside that loop's gate while it reads the settings.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/base/buffer.h"
#include "net/resp/parser.h"
#include "net/resp/writer.h"
#include "net/runtime/event_loop.h"
#include "node/cluster_map.h"
#include "node/sentinel/sentinel_view.h"

namespace holdfast {

class Node;
class SentinelDoor;

class SentinelSession final : public StreamHandler {
 public:
  SentinelSession(Node& node, SentinelDoor& door, uint64_t id);

  void Attach(EventLoop& loop, std::unique_ptr<Connection> connection);
  uint64_t id() const { return id_; }
  // Sends the message if the client has asked for its channel.
  void Publish(const SentinelMessage& message);
  // The answer to SENTINEL FAILOVER.
  void EndFailover(const absl::Status& status);
  void Close();

  void OnReceive(absl::string_view bytes) override;
  void OnSendDrained() override {}
  void OnClosed(const absl::Status& reason) override;

 private:
  using Arguments = absl::Span<const absl::string_view>;
  struct Command {
    absl::string_view name;
    // Number of arguments, the name included; negative: at least that many.
    int arity;
    void (SentinelSession::*run)(Arguments);
    bool without_auth = false;
    bool while_subscribed = false;
  };
  static absl::Span<const Command> Commands();
  static absl::Span<const Command> Subcommands();

  void Consume();
  void Execute(Arguments arguments);
  void Flush();
  void Error(absl::string_view text) { reply_.Error(text); }
  bool subscribed() const { return !channels_.empty() || !patterns_.empty(); }
  // The master that an argument names; otherwise replies that there is none.
  bool KnowsMaster(absl::string_view name);
  void ReplyFields(const SentinelFields& fields);
  void ReplySubscription(absl::string_view kind, absl::string_view channel);
  void Unsubscribe(Arguments arguments, std::set<std::string>& from, absl::string_view kind);
  void Subscribe(Arguments arguments, std::set<std::string>& to, absl::string_view kind);
  bool Authenticate(absl::string_view user, absl::string_view password);

  // The connection's.
  void Ping(Arguments arguments);
  void Hello(Arguments arguments);
  void Auth(Arguments arguments);
  void Client(Arguments arguments);
  void CommandList(Arguments arguments);
  void Info(Arguments arguments);
  void Role(Arguments arguments);
  void Quit(Arguments arguments);
  void Reset(Arguments arguments);
  void SubscribeChannels(Arguments arguments);
  void SubscribePatterns(Arguments arguments);
  void UnsubscribeChannels(Arguments arguments);
  void UnsubscribePatterns(Arguments arguments);
  void Publish(Arguments arguments);

  // SENTINEL's.
  void Sentinel(Arguments arguments);
  void GetMasterAddress(Arguments arguments);
  void Masters(Arguments arguments);
  void Master(Arguments arguments);
  void Replicas(Arguments arguments);
  void Sentinels(Arguments arguments);
  void CheckQuorum(Arguments arguments);
  void IsMasterDown(Arguments arguments);
  void MyId(Arguments arguments);
  void Failover(Arguments arguments);
  void InfoCache(Arguments arguments);
  void PendingScripts(Arguments arguments);
  void ResetMasters(Arguments arguments);
  void FlushConfig(Arguments arguments);
  void Refuse(Arguments arguments);
  void Help(Arguments arguments);

  Node& node_;
  SentinelDoor& door_;
  const uint64_t id_;
  Stream* stream_ = nullptr;
  ClusterMap map_;  // as of the request in hand
  RequestParser parser_;
  Buffer query_;
  Buffer output_;
  ReplyWriter reply_;
  std::string name_;
  bool authenticated_ = false;
  bool waiting_ = false;  // for a failover
  bool closing_ = false;
  std::set<std::string> channels_;
  std::set<std::string> patterns_;
};

}  // namespace holdfast
