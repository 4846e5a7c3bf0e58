// One command to all nodes of a cluster, whatever they reply.
//
// Who cannot be asked, or does not know the command, is a note on stderr; the others' answers are
// the result.
#pragma once

#include <string>
#include <vector>

#include "net/resp/reply_value.h"
#include "tools/kvctl/cluster_view.h"

namespace holdfast::kvctl {

struct NodeReply {
  const NodeRow* row;
  ReplyValue value;  // no error
};

// A failure if no node of the cluster answers. A witness that holds no data is asked as well.
Result<std::vector<NodeReply>> AskNodes(const Session& session, const ClusterView& view,
                                        const std::vector<std::string>& words);

// What `words` mean to the rows of `rows` only; otherwise the same.
Result<std::vector<NodeReply>> AskRows(const Session& session,
                                       const std::vector<const NodeRow*>& rows,
                                       const std::vector<std::string>& words);

// Of the bodies of INFO: the value of a field, empty if it is not there.
std::string InfoField(const std::string& info, absl::string_view name);

// "2026-11-21 05:10:02Z" and "2026-11-21T05:10:02.123Z", of milliseconds since the epoch.
std::string TimeText(int64_t unix_ms);
std::string Rfc3339(int64_t unix_ms);
// "3.1 MiB".
std::string BytesText(uint64_t bytes);

}  // namespace holdfast::kvctl
