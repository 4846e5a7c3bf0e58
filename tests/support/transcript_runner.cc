#include "tests/support/transcript_runner.h"

#include <algorithm>
#include <forward_list>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "net/base/status.h"
#include "net/resp/inline_request.h"
#include "tests/support/reply_notation.h"
#include "tests/support/socket_client.h"

namespace holdfast {
namespace {

using Kind = TranscriptStep::Kind;

constexpr absl::string_view kNoReply = "(no reply)";
constexpr absl::string_view kClosed = "(closed)";

// Dotted numbers compared part by part.
bool VersionAtLeast(absl::string_view version, absl::string_view wanted) {
  const auto numbers = [](absl::string_view text) {
    std::vector<int> parts;
    for (absl::string_view part : absl::StrSplit(text, '.', absl::SkipEmpty())) {
      int number = 0;
      if (absl::SimpleAtoi(part, &number)) parts.push_back(number);
    }
    return parts;
  };
  return numbers(version) >= numbers(wanted);
}

absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line) {
  std::vector<absl::string_view> words;
  std::forward_list<std::string> storage;
  if (!SplitInlineRequest(line, words, storage)) {
    return absl::InvalidArgumentError(absl::StrCat("unbalanced quotes: ", line));
  }
  return std::vector<std::string>(words.begin(), words.end());
}

class SectionRun {
 public:
  SectionRun(const Transcript& transcript, bool rewrite, TranscriptTarget& target)
      : transcript_(transcript), rewrite_(rewrite), target_(target) {}

  absl::Status Run(const TranscriptSection& section) {
    target_.CloseClients();
    RETURN_IF_ERROR(Exchange("setup", {"FLUSHALL"}).status());
    for (const TranscriptStep& step : section.steps) {
      if (absl::Status status = RunStep(step); !status.ok()) {
        return absl::Status(
            status.code(),
            absl::StrCat(transcript_.name, ":", step.line + 1, ": [", section.title, "] ",
                         transcript_.lines[step.line], "\n", status.message()));
      }
    }
    return absl::OkStatus();
  }

  // Per step, by its line: what is to stand below it instead. Filled when rewriting.
  const std::map<size_t, std::vector<std::string>>& replacements() const { return replacements_; }

 private:
  absl::Status RunStep(const TranscriptStep& step) {
    if (step.kind == Kind::kAdvance) return target_.Advance(step.advance);
    if (step.kind == Kind::kResp3) {
      resp3_ = true;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Greet(step.client));
    ASSIGN_OR_RETURN(const std::string text, Expand(step.text));
    ASSIGN_OR_RETURN(const std::vector<std::string> words, SplitWords(text));
    if (step.kind == Kind::kLet) {
      ASSIGN_OR_RETURN(const ReplyValue reply, Exchange(step.client, words));
      variables_[step.variable] =
          reply.kind == ReplyValue::Kind::kInteger ? absl::StrCat(reply.integer) : reply.text;
      return absl::OkStatus();
    }
    if (step.kind == Kind::kRequest) {
      RETURN_IF_ERROR(target_.Send(step.client, EncodeRequest(words)));
    } else if (step.kind == Kind::kBytes) {
      RETURN_IF_ERROR(target_.Send(step.client, absl::StrJoin(words, "")));
    }
    return rewrite_ ? Record(step) : Compare(step);
  }

  // A client's first words, where the transcript asks for RESP3.
  absl::Status Greet(const std::string& client) {
    if (std::find(greeted_.begin(), greeted_.end(), client) != greeted_.end()) {
      return absl::OkStatus();
    }
    greeted_.push_back(client);
    if (!resp3_) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ReplyValue hello, Exchange(client, {"HELLO", "3"}));
    if (hello.kind == ReplyValue::Kind::kMap) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("HELLO 3: ", FormatReply(hello)));
  }

  absl::StatusOr<ReplyValue> Exchange(absl::string_view client,
                                      const std::vector<std::string>& words) {
    RETURN_IF_ERROR(target_.Send(client, EncodeRequest(words)));
    ASSIGN_OR_RETURN(absl::optional<ReplyValue> reply, target_.ReadReply(client));
    if (!reply.has_value()) return absl::UnavailableError("the connection was closed");
    return *std::move(reply);
  }

  std::vector<std::string> ExpectedLines(const TranscriptStep& step) const {
    const auto begin = transcript_.lines.begin() + static_cast<ptrdiff_t>(step.line) + 1;
    return {begin, begin + static_cast<ptrdiff_t>(step.expectation_size)};
  }

  absl::Status Compare(const TranscriptStep& step) {
    std::vector<std::string> lines = ExpectedLines(step);
    const std::string written = absl::StrJoin(lines, "\n");
    if (written == kNoReply) return absl::OkStatus();
    if (lines.empty()) return absl::InvalidArgumentError("nothing is expected here");
    const bool closes = lines.back() == kClosed;
    if (closes) lines.pop_back();
    for (std::string& line : lines) {
      ASSIGN_OR_RETURN(line, Expand(line));
    }
    ASSIGN_OR_RETURN(const auto patterns, ParseReplyPatterns(lines));
    std::string came;
    bool same = true;
    for (size_t i = 0; i < patterns.size() + (closes ? 1 : 0); ++i) {
      ASSIGN_OR_RETURN(const absl::optional<ReplyValue> reply, target_.ReadReply(step.client));
      absl::StrAppend(&came, came.empty() ? "" : "\n",
                      reply.has_value() ? FormatReply(*reply) : std::string(kClosed));
      same &= reply.has_value() == (i < patterns.size()) &&
              (!reply.has_value() || patterns[i]->Matches(*reply));
      if (!reply.has_value()) break;
    }
    if (same) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("expected\n", written, "\nbut got\n", came));
  }

  // Reads as many replies as are expected, at least one, and keeps what holds patterns.
  absl::Status Record(const TranscriptStep& step) {
    const std::vector<std::string> lines = ExpectedLines(step);
    if (lines.size() == 1 && lines[0] == kNoReply) return absl::OkStatus();
    const bool is_pattern = std::any_of(lines.begin(), lines.end(), [](absl::string_view line) {
      return HoldsPattern(line) || absl::StrContains(line, "${");
    });
    if (is_pattern) return Compare(step);
    const bool closes = !lines.empty() && lines.back() == kClosed;
    ASSIGN_OR_RETURN(
        const auto patterns,
        ParseReplyPatterns(absl::MakeConstSpan(lines).first(lines.size() - (closes ? 1 : 0))));
    std::vector<std::string> came;
    for (size_t i = 0; i < std::max<size_t>(patterns.size() + (closes ? 1 : 0), 1); ++i) {
      ASSIGN_OR_RETURN(const absl::optional<ReplyValue> reply, target_.ReadReply(step.client));
      if (!reply.has_value()) {
        came.emplace_back(kClosed);
        break;
      }
      const std::vector<std::string> text = absl::StrSplit(FormatReply(*reply), '\n');
      came.insert(came.end(), text.begin(), text.end());
    }
    replacements_[step.line] = std::move(came);
    return absl::OkStatus();
  }

  // Replaces ${name} and ${text*count}.
  absl::StatusOr<std::string> Expand(absl::string_view text) const {
    std::string out;
    while (true) {
      const size_t begin = text.find("${");
      const size_t end = text.find('}', begin == absl::string_view::npos ? 0 : begin);
      if (begin == absl::string_view::npos || end == absl::string_view::npos) break;
      absl::StrAppend(&out, text.substr(0, begin));
      const absl::string_view name = text.substr(begin + 2, end - begin - 2);
      const size_t star = name.rfind('*');
      size_t count = 0;
      if (star != absl::string_view::npos && absl::SimpleAtoi(name.substr(star + 1), &count)) {
        for (size_t i = 0; i < count; ++i) absl::StrAppend(&out, name.substr(0, star));
      } else if (const auto found = variables_.find(std::string(name)); found != variables_.end()) {
        out += found->second;
      } else {
        return absl::InvalidArgumentError(absl::StrCat("nothing remembered as ", name));
      }
      text.remove_prefix(end + 1);
    }
    absl::StrAppend(&out, text);
    return out;
  }

  const Transcript& transcript_;
  const bool rewrite_;
  TranscriptTarget& target_;
  bool resp3_ = false;
  std::vector<std::string> greeted_;
  std::map<std::string, std::string> variables_;
  std::map<size_t, std::vector<std::string>> replacements_;
};

// The transcript with the expectations in `replacements` put in place.
std::string Rewrite(const Transcript& transcript,
                    const std::map<size_t, std::vector<std::string>>& replacements) {
  std::map<size_t, size_t> sizes;
  for (const TranscriptSection& section : transcript.sections) {
    for (const TranscriptStep& step : section.steps) sizes[step.line] = step.expectation_size;
  }
  std::string text;
  for (size_t line = 0; line < transcript.lines.size(); ++line) {
    absl::StrAppend(&text, transcript.lines[line], "\n");
    const auto replacement = replacements.find(line);
    if (replacement == replacements.end()) continue;
    absl::StrAppend(&text, absl::StrJoin(replacement->second, "\n"), "\n");
    line += sizes[line];
  }
  return text;
}

}  // namespace

TranscriptReport RunTranscript(const Transcript& transcript, const TranscriptOptions& options,
                               TranscriptTarget& target) {
  TranscriptReport report;
  std::map<size_t, std::vector<std::string>> replacements;
  for (const TranscriptSection& section : transcript.sections) {
    if (!VersionAtLeast(options.server_version, section.since) ||
        (options.through_replica && section.alone)) {
      ++report.sections_skipped;
      continue;
    }
    ++report.sections_run;
    SectionRun run(transcript, options.rewrite, target);
    if (absl::Status status = run.Run(section); !status.ok()) {
      report.failures.emplace_back(status.message());
    }
    replacements.insert(run.replacements().begin(), run.replacements().end());
  }
  target.CloseClients();
  if (options.rewrite) report.rewritten = Rewrite(transcript, replacements);
  return report;
}

}  // namespace holdfast
