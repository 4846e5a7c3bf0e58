#include "tests/support/server_group.h"

#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

constexpr int kNodes = 3;
constexpr auto kPatience = std::chrono::seconds(30);
constexpr auto kLookAgain = std::chrono::milliseconds(20);

// Asks until the answer contains `wanted`.
absl::Status Await(const ServerProcess& server, const std::vector<std::string>& words,
                   absl::string_view wanted) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string said;
  do {
    ASSIGN_OR_RETURN(const std::unique_ptr<SocketClient> client, server.Connect());
    ASSIGN_OR_RETURN(const ReplyValue reply, client->Call(words));
    said = reply.ToString();
    if (absl::StrContains(said, wanted)) return absl::OkStatus();
    std::this_thread::sleep_for(kLookAgain);
  } while (std::chrono::steady_clock::now() < deadline);
  return absl::DeadlineExceededError(
      absl::StrCat(words[0], ": no ", wanted, " in ", said, "\n", server.Output()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerGroup>> ServerGroup::Start(
    const ServerProcess::Options& options) {
  auto group = std::unique_ptr<ServerGroup>(new ServerGroup());
  std::vector<int> peer_ports;
  for (int i = 0; i < kNodes; ++i) {
    ASSIGN_OR_RETURN(const int peer_port, FreePort());
    peer_ports.push_back(peer_port);
    ServerProcess::Options node = options;
    for (const std::string& word :
         {std::string("--cluster-enabled"), std::string("yes"), std::string("--cluster-port"),
          absl::StrCat(peer_port), std::string("--sentinel-port"), std::string("0")}) {
      node.arguments.push_back(word);
    }
    ASSIGN_OR_RETURN(std::unique_ptr<ServerProcess> server, ServerProcess::Start(node));
    group->nodes_.push_back(std::move(server));
  }
  RETURN_IF_ERROR(group->Found(peer_ports));
  return group;
}

absl::Status ServerGroup::Found(const std::vector<int>& peer_ports) {
  std::vector<std::string> create = {"HOLDFAST", "CREATE", "shop"};
  for (size_t i = 0; i < nodes_.size(); ++i) {
    create.push_back(
        absl::StrCat("n", i + 1, "=127.0.0.1:", nodes_[i]->port(), ":", peer_ports[i]));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<SocketClient> client, nodes_[0]->Connect());
  ASSIGN_OR_RETURN(const ReplyValue created, client->Call(create));
  if (created.text != "OK") {
    return absl::FailedPreconditionError(absl::StrCat("HOLDFAST CREATE: ", created.ToString()));
  }
  RETURN_IF_ERROR(Await(*nodes_[0], {"INFO", "replication"}, "group_in_sync_members:3"));
  RETURN_IF_ERROR(Await(*nodes_[0], {"INFO", "replication"}, "group_serving:1"));
  return Await(replica(), {"SET", "first", "1"}, "OK");
}

}  // namespace holdfast
