#include "tests/interop/differential/comparison.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

using Kind = ReplyValue::Kind;
using Words = absl::Span<const std::string>;

constexpr int64_t kMillisToleranceMax = 500;

enum class Rule { kExact, kAnyOrder, kScan, kSeconds, kMillis, kTypeOnly, kHello };

struct RuleFor {
  absl::string_view command;
  absl::string_view subcommand;  // empty: any
  Rule rule;
};
constexpr RuleFor kRules[] = {
    {"KEYS", "", Rule::kAnyOrder},      {"SCAN", "", Rule::kScan},
    {"TTL", "", Rule::kSeconds},        {"EXPIRETIME", "", Rule::kSeconds},
    {"PTTL", "", Rule::kMillis},        {"PEXPIRETIME", "", Rule::kMillis},
    {"RANDOMKEY", "", Rule::kTypeOnly}, {"MEMORY", "USAGE", Rule::kTypeOnly},
    {"CLIENT", "ID", Rule::kTypeOnly},  {"OBJECT", "IDLETIME", Rule::kTypeOnly},
    {"HELLO", "", Rule::kHello},
};

Rule RuleOf(Words words) {
  for (const RuleFor& rule : kRules) {
    if (!words.empty() && absl::EqualsIgnoreCase(words[0], rule.command) &&
        (rule.subcommand.empty() ||
         (words.size() > 1 && absl::EqualsIgnoreCase(words[1], rule.subcommand)))) {
      return rule.rule;
    }
  }
  return Rule::kExact;
}

bool SameInAnyOrder(const ReplyValue& left, const ReplyValue& right) {
  if (left.kind != right.kind || left.children.size() != right.children.size()) return false;
  const auto sorted_texts = [](const ReplyValue& reply) {
    std::vector<std::string> texts{FormatReply({.kind = reply.kind})};
    for (const ReplyValue& child : reply.children) texts.push_back(FormatReply(child));
    std::sort(texts.begin() + 1, texts.end());
    return texts;
  };
  return !left.children.empty() ? sorted_texts(left) == sorted_texts(right) : left == right;
}

// Cursors are each server's own business: only calls that saw everything are compared key by key.
bool SameScan(const ReplyValue& left, const ReplyValue& right) {
  const auto is_page = [](const ReplyValue& reply) {
    return reply.kind == Kind::kArray && reply.children.size() == 2 &&
           reply.children[1].kind == Kind::kArray;
  };
  if (!is_page(left) || !is_page(right)) return left == right;
  if (left.children[0].text != "0" || right.children[0].text != "0") return true;
  return SameInAnyOrder(left.children[1], right.children[1]);
}

bool SameWithin(int64_t tolerance, const ReplyValue& left, const ReplyValue& right) {
  if (left.kind != Kind::kInteger || right.kind != Kind::kInteger) return left == right;
  // Negative numbers are answers, not times.
  if (left.integer < 0 || right.integer < 0) return left.integer == right.integer;
  return std::max(left.integer, right.integer) - std::min(left.integer, right.integer) <= tolerance;
}

// Field by field, whatever the server calls its version and the client's id.
bool SameHello(const ReplyValue& left, const ReplyValue& right) {
  if (left.is_error() || right.is_error()) return left == right;
  if (left.kind != right.kind || left.children.size() != right.children.size()) return false;
  for (size_t i = 0; i + 1 < left.children.size(); i += 2) {
    if (!(left.children[i] == right.children[i])) return false;
    const std::string& field = left.children[i].text;
    const bool is_own = field == "version" || field == "id";
    if (!is_own && !(left.children[i + 1] == right.children[i + 1])) return false;
  }
  return true;
}

bool SameByRule(Rule rule, const ReplyValue& left, const ReplyValue& right) {
  switch (rule) {
    case Rule::kExact:
      return left == right;
    case Rule::kAnyOrder:
      return SameInAnyOrder(left, right);
    case Rule::kScan:
      return SameScan(left, right);
    case Rule::kSeconds:
      return SameWithin(1, left, right);
    case Rule::kMillis:
      return SameWithin(kMillisToleranceMax, left, right);
    case Rule::kTypeOnly:
      return left.kind == right.kind && (!left.is_error() || left == right);
    case Rule::kHello:
      return SameHello(left, right);
  }
  return false;
}

absl::StatusOr<std::unique_ptr<ReplyPattern>> OnePattern(absl::string_view text) {
  ASSIGN_OR_RETURN(auto patterns, ParseReplyPatterns(std::vector<std::string>{std::string(text)}));
  if (patterns.size() != 1) return absl::InvalidArgumentError("one reply is expected");
  return std::move(patterns[0]);
}

}  // namespace

absl::Status AllowList::Read(absl::string_view line, Entry& entry) {
  if (absl::ConsumePrefix(&line, "command: ")) {
    entry.words = absl::StrSplit(line, ' ');
  } else if (absl::ConsumePrefix(&line, "redis: ")) {
    ASSIGN_OR_RETURN(entry.redis, OnePattern(line));
  } else if (absl::ConsumePrefix(&line, "kvnode: ")) {
    ASSIGN_OR_RETURN(entry.kvnode, OnePattern(line));
  } else if (absl::ConsumePrefix(&line, "because: ")) {
    entry.reason = std::string(line);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("no such line in an allow-list: ", line));
  }
  return absl::OkStatus();
}

absl::StatusOr<AllowList> AllowList::Parse(absl::string_view text) {
  AllowList list;
  for (absl::string_view block : absl::StrSplit(text, "\n\n")) {
    Entry entry;
    bool empty = true;
    for (absl::string_view line : absl::StrSplit(block, '\n')) {
      if (line.empty() || line[0] == '#') continue;
      empty = false;
      RETURN_IF_ERROR(Read(line, entry));
    }
    if (empty) continue;
    if (entry.words.empty() || entry.redis == nullptr || entry.kvnode == nullptr ||
        entry.reason.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an entry needs command, redis, kvnode and because:\n", block));
    }
    list.entries_.push_back(std::move(entry));
  }
  return list;
}

bool AllowList::Allows(Words words, const ReplyValue& redis, const ReplyValue& kvnode) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return words.size() >= entry.words.size() &&
           std::equal(entry.words.begin(), entry.words.end(), words.begin(),
                      [](const auto& left, const auto& right) {
                        return absl::EqualsIgnoreCase(left, right);
                      }) &&
           entry.redis->Matches(redis) && entry.kvnode->Matches(kvnode);
  });
}

bool Comparison::Same(Words words, absl::Span<const std::vector<std::string>> queued,
                      const ReplyValue& redis, const ReplyValue& kvnode) const {
  const bool is_exec = !words.empty() && absl::EqualsIgnoreCase(words[0], "EXEC");
  if (is_exec && redis.kind == Kind::kArray && kvnode.kind == Kind::kArray &&
      redis.children.size() == queued.size() && kvnode.children.size() == queued.size()) {
    for (size_t i = 0; i < queued.size(); ++i) {
      if (!Same(queued[i], {}, redis.children[i], kvnode.children[i])) return false;
    }
    return true;
  }
  return SameByRule(RuleOf(words), redis, kvnode) || allowed_.Allows(words, redis, kvnode);
}

}  // namespace holdfast
