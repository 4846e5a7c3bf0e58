// Plan: what a command is about to change, shown before it happens, and the user's word for it.
//
//   plan p-7-3f9c2a (configuration 7): n2 takes over from n1
//     n1 stops accepting writes until n2 has all of them
//   Continue? [y/N]
//
// A plan is bound to the version of the configuration it was made for. Nodes compare it before they
// change anything; `--plan ID` makes sure already here that what is done is what was previewed.
//
// | cost                        | at a terminal           | in a script     |
// |-----------------------------|-------------------------|-----------------|
// | reversible                  | [y/N]                   | -y              |
// | availability or redundancy  | the node's name, typed  | --confirm=NAME  |
// | acknowledged data           | the cluster's name      | --confirm-data-loss=NAME |
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/kvctl/failure.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

enum class Cost { kReversible, kRedundancy, kData };

struct Plan {
  uint64_t version = 0;            // of the configuration; 0: there is none yet
  std::string summary;             // one line; with the version it says which plan this is
  std::vector<std::string> steps;  // may be empty
  Cost cost = Cost::kReversible;
  std::string subject;  // the name to type: of a node, or of the cluster if data may be lost

  // What a script adds to consent.
  std::string ConsentFlag() const;

  // The same for the same summary and version.
  std::string Id() const;
  std::string Text() const;
  nlohmann::json ToJson() const;
};

enum class Consent { kGiven, kDryRun };

// Shows the plan and asks. A dry run ends here: its plan went to stdout. Fails if the plan is not
// the one named by --plan, if nobody can be asked, and if the user does not want it.
Result<Consent> AskForConsent(const Session& session, const Plan& plan);

}  // namespace holdfast::kvctl
