#include "tests/support/transcript.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "net/resp/reply_parser.h"
#include "tests/support/transcript_runner.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers each client from a script and keeps what was sent.
class ScriptedTarget : public TranscriptTarget {
 public:
  void Answer(const std::string& client, absl::string_view bytes) {
    replies_[client].push_back(std::string(bytes));
  }
  const std::vector<std::string>& sent() const { return sent_; }
  Nanos advanced() const { return advanced_; }

  absl::Status Send(absl::string_view client, absl::string_view bytes) override {
    sent_.push_back(std::string(client) + ":" + std::string(bytes));
    if (client == "setup") replies_["setup"] = {"+OK\r\n"};
    return absl::OkStatus();
  }
  absl::StatusOr<absl::optional<ReplyValue>> ReadReply(absl::string_view client) override {
    std::deque<std::string>& script = replies_[std::string(client)];
    if (script.empty()) return absl::nullopt;
    absl::StatusOr<ReplyValue> reply = ParseReply(script.front());
    script.pop_front();
    return reply;
  }
  absl::Status Advance(Nanos duration) override {
    advanced_ += duration;
    return absl::OkStatus();
  }
  void CloseClients() override {}

 private:
  std::map<std::string, std::deque<std::string>> replies_;
  std::vector<std::string> sent_;
  Nanos advanced_;
};

TranscriptReport Play(absl::string_view text, ScriptedTarget& target,
                      const TranscriptOptions& options = {.server_version = "7.0.15"}) {
  absl::StatusOr<Transcript> transcript = ParseTranscript("test.txt", text);
  EXPECT_TRUE(transcript.ok()) << transcript.status();
  return RunTranscript(*transcript, options, target);
}

TEST(Transcript, SendsRequestsAndComparesReplies) {
  ScriptedTarget target;
  target.Answer("a", "+OK\r\n");
  target.Answer("b", "$1\r\nv\r\n");
  const auto report = Play("== one\n> SET k \"\\x01 v\"\nOK\nb> GET k\n\"v\"\n", target);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_THAT(target.sent(), ElementsAre("setup:*1\r\n$8\r\nFLUSHALL\r\n",
                                         "a:*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\x01 v\r\n",
                                         "b:*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"));
}

TEST(Transcript, ADifferenceNamesItsLineAndEndsItsSection) {
  ScriptedTarget target;
  target.Answer("a", "+OK\r\n");
  target.Answer("a", "+PONG\r\n");
  const auto report = Play("== one\n> PING\nPONG\n> PING\nPONG\n== two\n> PING\nPONG\n", target);
  EXPECT_THAT(report.failures, ElementsAre(HasSubstr("test.txt:2: [one] > PING\nexpected\nPONG")));
  EXPECT_EQ(report.sections_run, 2u);
}

TEST(Transcript, TheConnectionMustCloseWhereItSays) {
  ScriptedTarget target;
  target.Answer("a", "+OK\r\n");
  EXPECT_THAT(Play("== one\n> QUIT\nOK\n(closed)\n", target).failures, IsEmpty());
  target.Answer("a", "+OK\r\n");
  EXPECT_EQ(Play("== one\n> QUIT\nOK\nOK\n", target).failures.size(), 1u);
  target.Answer("a", "+OK\r\n");
  EXPECT_EQ(Play("== one\n> QUIT\n(closed)\n", target).failures.size(), 1u);
}

TEST(Transcript, VariablesRawBytesAndTime) {
  ScriptedTarget target;
  target.Answer("b", ":42\r\n");
  target.Answer("a", ":42\r\n");
  const auto report = Play(
      "== one\n@let id b> CLIENT ID\n>> \"KILL ${id} \" ${ab*2} \"\\r\\n\"\n(integer) ${id}\n"
      "@advance 1500ms\n",
      target);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(target.sent().back(), "a:KILL 42 abab\r\n");
  EXPECT_EQ(target.advanced(), Milliseconds(1500));
}

TEST(Transcript, SectionsOfANewerServerAreSkipped) {
  ScriptedTarget target;
  const auto report = Play("== one\n@since 7.2 \"CLIENT SETINFO\"\n> PING\nPONG\n", target);
  EXPECT_EQ(report.sections_skipped, 1u);
  target.Answer("a", "+PONG\r\n");
  EXPECT_EQ(Play("== one\n@since 7.2 \"why\"\n> PING\nPONG\n", target, {.server_version = "7.10"})
                .sections_run,
            1u);
}

TEST(Transcript, SectionsAboutANodeAskedDirectlyAreSkippedThroughAnother) {
  ScriptedTarget target;
  const char* text = "== one\n@alone \"its own port\"\n> PING\nPONG\n";
  EXPECT_EQ(Play(text, target, {.through_replica = true}).sections_skipped, 1u);
  target.Answer("a", "+PONG\r\n");
  EXPECT_EQ(Play(text, target).sections_run, 1u);
}

TEST(Transcript, RewritingKeepsPatternsAndReplacesTheRest) {
  ScriptedTarget target;
  for (const char* reply : {"+PONG\r\n", ":5\r\n", "*1\r\n$1\r\na\r\n"}) target.Answer("a", reply);
  const auto report = Play("== one\n> PING\nOK\n> TTL k\n(integer 1..9)\n> KEYS *\n# end\n", target,
                           {.server_version = "7.0.15", .rewrite = true});
  EXPECT_EQ(report.rewritten,
            "== one\n> PING\nPONG\n> TTL k\n(integer 1..9)\n> KEYS *\n1) \"a\"\n# end\n");
}

TEST(Transcript, BadLinesAreNamed) {
  for (const char* text : {"> PING\nPONG\n", "== one\nPONG\n", "== one\n@nothing\n",
                           "== one\n@advance 5\n", "== one\n@since 7.2\n", "== one\n@let id\n",
                           "== one\n@alone\n", "== one\n> PING\nPONG\n@alone \"why\"\n"}) {
    EXPECT_THAT(std::string(ParseTranscript("test.txt", text).status().message()),
                HasSubstr("test.txt:"))
        << text;
  }
}

}  // namespace
}  // namespace holdfast
