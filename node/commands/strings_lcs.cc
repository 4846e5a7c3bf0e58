// LCS: the longest common subsequence of two strings.

#include "node/commands/strings.h"
#include "node/commands/strings_value.h"
#include "node/node.h"
#include "storage/types/lcs.h"

namespace holdfast {
namespace {

struct LcsOptions {
  bool length = false;
  bool indexes = false;
  bool with_match_length = false;
  int64_t match_length_min = 0;
};

std::optional<LcsOptions> ReadOptions(CommandContext& context) {
  LcsOptions options;
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    if (context.Is(i, "IDX")) {
      options.indexes = true;
    } else if (context.Is(i, "LEN")) {
      options.length = true;
    } else if (context.Is(i, "WITHMATCHLEN")) {
      options.with_match_length = true;
    } else if (context.Is(i, "MINMATCHLEN") && i + 1 < context.arguments.size()) {
      const auto length = context.Integer(++i);
      if (!length) return std::nullopt;
      options.match_length_min = *length;
    } else {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  if (options.indexes && options.length) {
    context.Error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

bool CheckSizes(CommandContext& context, absl::string_view a, absl::string_view b) {
  constexpr size_t kSizeMax = UINT32_MAX - 2;
  if (a.size() > kSizeMax || b.size() > kSizeMax) {
    context.Error("ERR String too long for LCS");
    return false;
  }
  if (LcsTableBytes(a, b) > static_cast<uint64_t>(context.node.settings().proto_max_bulk_len)) {
    context.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return false;
  }
  return true;
}

void ReplyRange(ReplyWriter& reply, size_t first, size_t last) {
  reply.Array(2);
  reply.Integer(static_cast<int64_t>(first));
  reply.Integer(static_cast<int64_t>(last));
}

void ReplyMatches(ReplyWriter& reply, const Lcs& lcs, const LcsOptions& options) {
  reply.Map(2);
  reply.Bulk("matches");
  const size_t mark = reply.BeginDeferredArray();
  size_t count = 0;
  for (const LcsMatch& match : lcs.matches) {
    const auto length = static_cast<int64_t>(match.size());
    if (length < options.match_length_min) continue;
    ++count;
    reply.Array(options.with_match_length ? 3 : 2);
    ReplyRange(reply, match.a_first, match.a_last);
    ReplyRange(reply, match.b_first, match.b_last);
    if (options.with_match_length) reply.Integer(length);
  }
  reply.EndDeferredArray(mark, count);
  reply.Bulk("len");
  reply.Integer(static_cast<int64_t>(lcs.text.size()));
}

}  // namespace

void LcsCommand(CommandContext& context) {
  const Entry* entries[2] = {};
  IntegerText scratch[2];
  absl::string_view texts[2];
  for (size_t i = 0; i < 2; ++i) {
    entries[i] = context.FindToRead(context.keys[i]);
    if (entries[i] == nullptr) continue;
    if (entries[i]->type() != ValueType::kString) {
      context.Error("ERR The specified keys must contain string values");
      return;
    }
    texts[i] = TextOf(*entries[i], scratch[i]);
  }
  const auto options = ReadOptions(context);
  if (!options || !CheckSizes(context, texts[0], texts[1])) return;
  if (options->length) {
    context.reply.Integer(static_cast<int64_t>(LcsLength(texts[0], texts[1])));
    return;
  }
  const Lcs lcs = FindLcs(texts[0], texts[1]);
  if (options->indexes) {
    ReplyMatches(context.reply, lcs, *options);
  } else {
    context.reply.Bulk(lcs.text);
  }
}

}  // namespace holdfast
