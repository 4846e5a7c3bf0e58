// kvctl create --name NAME --nodes NODE,NODE,NODE
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/create.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"

namespace holdfast::kvctl {
namespace {

// Nodes without a name are called n1, n2 ... by their place.
Result<std::vector<NodeDescription>> ParseNodes(const std::vector<std::string>& texts) {
  std::vector<NodeDescription> nodes;
  std::set<std::string> names;
  std::set<Endpoint> addresses;
  for (const std::string& text : texts) {
    Result<NodeDescription> node = ParseNode(text);
    if (!node.ok()) return node.failure();
    if (node->name.empty()) node->name = absl::StrCat("n", nodes.size() + 1);
    if (!names.insert(node->name).second) {
      return UsageFailure(absl::StrCat("two nodes are called ", node->name));
    }
    for (const Endpoint& address : {ClientEndpoint(*node), PeerEndpoint(*node)}) {
      if (addresses.insert(address).second) continue;
      return UsageFailure(absl::StrCat("the address ", address.ToString(), " is given twice"));
    }
    nodes.push_back(std::move(*node));
  }
  if (nodes.front().witness) {
    return UsageFailure("the first node is to be the primary, and a witness holds no data",
                        "name a data node first");
  }
  return nodes;
}

class CreateCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("create", "Make a cluster of empty nodes");
    command->add_option("--name", name_, "What the cluster is called")
        ->required()
        ->type_name("NAME");
    command
        ->add_option("--nodes", nodes_,
                     "[name=]host[:port[:peer port]][:witness], the first primary first")
        ->required()
        ->delimiter(',')
        ->type_name("NODE,...");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<std::vector<NodeDescription>> nodes = ParseNodes(nodes_);
    if (!nodes.ok()) return nodes.failure();
    Result<std::optional<ClusterView>> created = Create(session, {.name = name_, .nodes = *nodes});
    if (!created.ok()) return created.failure();
    if (!created->has_value()) return ExitCode::kOk;
    if (session.is_json()) {
      session.OutJson(StatusJson(**created, Judge(**created)));
    } else {
      session.Out(CreatedText(**created));
    }
    return ExitCode::kOk;
  }

 private:
  std::string name_;
  std::vector<std::string> nodes_;
};

}  // namespace

std::unique_ptr<Command> MakeCreateCommand() { return std::make_unique<CreateCommand>(); }

}  // namespace holdfast::kvctl
