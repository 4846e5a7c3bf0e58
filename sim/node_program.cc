#include "sim/node_program.h"

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast {

Config NodeConfig(const Deployment::NodeOptions& options) {
  ConfigInput input{.working_directory = "/"};
  const auto add = [&](absl::string_view directive, const auto& value) {
    input.arguments.push_back(absl::StrCat("--", directive));
    input.arguments.push_back(absl::StrCat(value));
  };
  add("bind", "*");
  add("port", Deployment::kClientPort);
  add("protected-mode", "no");
  const Knobs& knobs = *options.knobs;
  if (knobs.log_on_disk != 0 && !options.witness) {
    constexpr absl::string_view kPolicies[] = {"everysec", "always", "no"};
    add("appendonly", "yes");
    add("appendfsync", kPolicies[knobs.fsync]);
    if (knobs.fsync == 1) add("durability", "fsync");
    if (knobs.save_changes != 0) add("save", absl::StrCat("1 ", knobs.save_changes));
    // A snapshot that a fault keeps from being written is no reason to stop the run.
    add("stop-writes-on-bgsave-error", "no");
  }
  if (options.clustered) {
    add("cluster-enabled", "yes");
    add("cluster-port", Deployment::kPeerPort);
    add("cluster-announce-ip", absl::StrCat("10.0.0.", options.index + 1));
    add("cluster-secret", "simulated");
    if (options.witness) add("witness", "yes");
    add("min-in-sync", knobs.min_in_sync);
    add("read-mode", knobs.confirm_reads != 0 ? "confirm" : "lease");
    add("redirects", knobs.redirects != 0 ? "moved" : "forward");
    if (knobs.backlog_bytes != 0) add("repl-backlog-size", knobs.backlog_bytes);
    if (knobs.block_bytes != 0) {
      add("resync-block-size", knobs.block_bytes);
      add("resync-blocks-in-flight", 1);
    }
    if (knobs.window_bytes != 0) add("replication-window", knobs.window_bytes);
  }
  absl::StatusOr<Config> config = Config::Load(input);
  CHECK(config.ok());
  return *std::move(config);
}

std::unique_ptr<NodeLike> MakeNode(Runtime& runtime, const Deployment::NodeOptions& options) {
  return std::make_unique<NodeProgram>(runtime, NodeConfig(options));
}

}  // namespace holdfast
