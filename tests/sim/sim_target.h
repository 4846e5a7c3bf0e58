// A TranscriptTarget in the simulator: a node and its clients on one machine, in virtual time.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "cluster/log/replication_log.h"
#include "net/resp/reply_parser.h"
#include "sim/node_program.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "tests/support/transcript_runner.h"

namespace holdfast {

class SimTarget : public TranscriptTarget {
 public:
  struct Options {
    uint64_t seed = 1;
    int workers = 1;
    // The node leads a group of one, and writes to a log.
    bool logged = false;
  };
  explicit SimTarget(const Options& options);
  ~SimTarget() override;

  // Boots the node; what it says if it refuses.
  absl::Status Start();

  Node& node() { return program().node(); }
  ReplicationLog& log() { return log_; }
  // Whether, whenever the clients were closed, the log applied to an empty keyspace gave what the
  // node had, and slots knew the same last records.
  const absl::Status& replay() const { return replay_; }

  absl::Status Send(absl::string_view client, absl::string_view bytes) override;
  absl::StatusOr<absl::optional<ReplyValue>> ReadReply(absl::string_view client) override;
  absl::Status Advance(Nanos duration) override;
  void CloseClients() override;

 private:
  struct Client : StreamHandler {
    void OnReceive(absl::string_view bytes) override { parser.Feed(bytes); }
    void OnSendDrained() override {}
    void OnClosed(const absl::Status&) override { stream = nullptr; }

    absl::Status connected = absl::UnknownError("still connecting");
    Stream* stream = nullptr;
    ReplyParser parser;
  };

  absl::Status CheckReplay();
  absl::StatusOr<Client*> ClientNamed(absl::string_view name);
  NodeProgram& program() { return *static_cast<NodeProgram*>(machine_.program()); }

  const Options options_;
  ReplicationLog log_{ReplicationLog::Options{}};
  std::unique_ptr<Keyspace> replayed_;
  Lsn replayed_to_;
  absl::Status replay_;
  Kernel kernel_;
  SimNetwork network_;
  SimMachine machine_;
  Actor actor_;  // all clients
  std::map<std::string, std::unique_ptr<Client>> clients_;
};

}  // namespace holdfast
