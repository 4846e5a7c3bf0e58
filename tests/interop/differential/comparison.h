// When two servers' replies to one command count as the same.
//
// Replies are equal byte for byte, with these exceptions: what Redis leaves in no order is compared
// as a set, what depends on the clock within a few hundred milliseconds, what depends on the
// process (memory sizes, client ids, versions) by its type only, RANDOMKEY by whether there is one.
// An EXEC is compared command by command.
//
// An AllowList names the differences that are meant, each with the documentation that says so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/resp/reply_value.h"
#include "tests/support/reply_notation.h"

namespace holdfast {

class AllowList {
 public:
  // Entries of four lines, separated by empty ones; # begins a comment:
  //   command: OBJECT ENCODING            the words that the command begins with
  //   redis: "quicklist"                  the replies, as tests/support/reply_notation.h has them
  //   kvnode: "listpack"
  //   because: Redis 7.2 release notes: "..."
  static absl::StatusOr<AllowList> Parse(absl::string_view text);

  bool Allows(absl::Span<const std::string> words, const ReplyValue& redis,
              const ReplyValue& kvnode) const;

 private:
  struct Entry {
    std::vector<std::string> words;
    std::unique_ptr<ReplyPattern> redis;
    std::unique_ptr<ReplyPattern> kvnode;
    std::string reason;
  };
  static absl::Status Read(absl::string_view line, Entry& entry);

  std::vector<Entry> entries_;
};

class Comparison {
 public:
  explicit Comparison(const AllowList& allowed) : allowed_(allowed) {}

  // `queued`: for EXEC, the commands it runs.
  bool Same(absl::Span<const std::string> words, absl::Span<const std::vector<std::string>> queued,
            const ReplyValue& redis, const ReplyValue& kvnode) const;

 private:
  const AllowList& allowed_;
};

}  // namespace holdfast
