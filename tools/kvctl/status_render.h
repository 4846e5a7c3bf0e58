// The cluster's status as people and as programs read it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

// Headline, table, notes, as the session's output format wants it (table or wide).
std::string StatusText(const Session& session, const ClusterView& view, const Health& health);

// "kvctl.status/v1". Fields are only ever added.
nlohmann::json StatusJson(const ClusterView& view, const Health& health);

// The table of nodes alone, and the same as JSON.
std::string NodesText(const Session& session, const ClusterView& view);
nlohmann::json NodesJson(const ClusterView& view);

// Sixteen hexadecimal digits.
std::string IdText(uint64_t id);

}  // namespace holdfast::kvctl
