#include "node/sentinel/sentinel_door.h"

#include <utility>

#include "net/base/limits.h"
#include "net/base/status.h"
#include "node/node.h"
#include "node/protection.h"

namespace holdfast {
namespace {

uint16_t PortOf(const Settings& settings) {
  return settings.sentinel_port == Settings::kSentinelPortAuto
             ? SentinelDoor::kUsualPort
             : static_cast<uint16_t>(settings.sentinel_port);
}

}  // namespace

SentinelDoor::SentinelDoor(Node& node)
    : node_(node),
      loop_(node.runtime().loop(kLoop)),
      port_(PortOf(node.settings())),
      listeners_(loop_, [this](std::unique_ptr<Connection> connection) {
        Accept(std::move(connection));
      }) {}

absl::Status SentinelDoor::Listen(const Settings& settings) {
  Settings ours = settings;
  ours.port = port_;
  ours.unixsocket.clear();
  return listeners_.Change(ours);
}

void SentinelDoor::Close() {
  listeners_.Close();
  for (auto& [id, session] : sessions_) session->Close();
}

void SentinelDoor::Accept(std::unique_ptr<Connection> connection) {
  GateHolder gate(node_.gate(), kLoop);
  std::string refusal;
  if (sessions_.size() >= limits::kSentinelSessionsMax) {
    refusal = "-ERR max number of clients reached\r\n";
  } else if (!MayConnect(node_.settings(), connection->peer())) {
    refusal = std::string(kProtectedModeError);
  }
  if (!refusal.empty()) return RefuseConnection(loop_, std::move(connection), refusal);
  const uint64_t id = next_id_++;
  auto session = std::make_unique<SentinelSession>(node_, *this, id);
  session->Attach(loop_, std::move(connection));
  sessions_.emplace(id, std::move(session));
}

void SentinelDoor::Remove(SentinelSession& session) { sessions_.erase(session.id()); }

void SentinelDoor::OnStatus(const ClusterMap& map) {
  std::vector<SentinelMessage> messages = announcer_.Look(map);
  if (messages.empty()) return;
  loop_.Post([this, messages = std::move(messages)] {
    for (const SentinelMessage& message : messages) {
      for (auto& [id, session] : sessions_) session->Publish(message);
    }
  });
}

void SentinelDoor::EndFailover(uint64_t session, const absl::Status& status) {
  loop_.Post([this, session, status] {
    const auto found = sessions_.find(session);
    if (found != sessions_.end()) found->second->EndFailover(status);
  });
}

}  // namespace holdfast
