#include "tests/interop/differential/lockstep.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "tests/support/reply_notation.h"
#include "tests/support/socket_client.h"

namespace holdfast {
namespace {

constexpr int kClients = 2;
constexpr int kShrinkRunsMax = 400;

// One of the two clients, on both servers.
struct ClientPair {
  std::unique_ptr<SocketClient> redis;
  std::unique_ptr<SocketClient> kvnode;
  // What MULTI holds back, as long as both servers agree.
  std::vector<std::vector<std::string>> queued;
};

void Tamper(ReplyValue& reply) {
  reply.text += "!";
  reply.integer += 1;
}

void TrackQueue(const std::vector<std::string>& words, const ReplyValue& reply, ClientPair& pair) {
  if (reply.kind == ReplyValue::Kind::kSimple && reply.text == "QUEUED") {
    pair.queued.push_back(words);
  } else if (!reply.is_error() || absl::StartsWith(reply.text, "EXECABORT")) {
    pair.queued.clear();
  }
}

}  // namespace

absl::StatusOr<absl::optional<Difference>> Lockstep::Run(
    absl::Span<const GeneratedCommand> sequence) {
  std::array<ClientPair, kClients> pairs;
  for (ClientPair& pair : pairs) {
    ASSIGN_OR_RETURN(pair.redis, redis_.Connect());
    ASSIGN_OR_RETURN(pair.kvnode, kvnode_.Connect());
  }
  RETURN_IF_ERROR(pairs[0].redis->Call({"FLUSHALL"}).status());
  RETURN_IF_ERROR(pairs[0].kvnode->Call({"FLUSHALL"}).status());
  for (size_t i = 0; i < sequence.size(); ++i) {
    const std::vector<std::string>& words = sequence[i].words;
    ClientPair& pair = pairs[static_cast<size_t>(sequence[i].client)];
    ASSIGN_OR_RETURN(const ReplyValue redis, pair.redis->Call(words));
    absl::StatusOr<ReplyValue> kvnode = pair.kvnode->Call(words);
    if (!kvnode.ok()) {
      return Difference{i, FormatReply(redis), std::string(kvnode.status().message())};
    }
    if (absl::EqualsIgnoreCase(words[0], options_.tampered_command)) Tamper(*kvnode);
    if (!comparison_.Same(words, pair.queued, redis, *kvnode)) {
      return Difference{i, FormatReply(redis), FormatReply(*kvnode)};
    }
    TrackQueue(words, redis, pair);
  }
  return absl::nullopt;
}

std::vector<GeneratedCommand> Shrink(Lockstep& lockstep, std::vector<GeneratedCommand> sequence) {
  int runs = 0;
  size_t chunk = std::max<size_t>(sequence.size() / 2, 1);
  while (runs < kShrinkRunsMax) {
    bool removed = false;
    for (size_t begin = 0; begin < sequence.size() && runs < kShrinkRunsMax;) {
      std::vector<GeneratedCommand> candidate(sequence.begin(),
                                              sequence.begin() + static_cast<ptrdiff_t>(begin));
      const size_t end = std::min(begin + chunk, sequence.size());
      candidate.insert(candidate.end(), sequence.begin() + static_cast<ptrdiff_t>(end),
                       sequence.end());
      ++runs;
      const auto difference = lockstep.Run(candidate);
      if (difference.ok() && difference->has_value()) {
        candidate.resize((*difference)->position + 1);
        sequence = std::move(candidate);
        removed = true;
      } else {
        begin += chunk;
      }
    }
    if (chunk == 1 && !removed) break;
    chunk = std::max<size_t>(chunk / 2, 1);
  }
  return sequence;
}

}  // namespace holdfast
