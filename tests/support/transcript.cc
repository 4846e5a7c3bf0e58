#include "tests/support/transcript.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

// "b> GET k" -> client "b", mark ">", text "GET k"; false if the line does not start like this.
struct Prompt {
  std::string client;
  std::string mark;
  std::string text;
};
bool ReadPrompt(absl::string_view line, Prompt& prompt) {
  const auto* end = std::find_if_not(line.begin(), line.end(),
                                     [](unsigned char c) { return absl::ascii_islower(c); });
  const size_t name_size = static_cast<size_t>(end - line.begin());
  absl::string_view rest = line.substr(name_size);
  prompt.client = name_size == 0 ? "a" : std::string(line.substr(0, name_size));
  for (const char* mark : {">> ", "> ", "<"}) {
    if (!absl::ConsumePrefix(&rest, mark)) continue;
    prompt.mark = std::string(absl::StripTrailingAsciiWhitespace(mark));
    prompt.text = std::string(rest);
    return prompt.mark != "<" || rest.empty();
  }
  return false;
}

bool EndsExpectation(absl::string_view line) {
  Prompt ignored;
  return line.empty() || line[0] == '#' || line[0] == '@' || absl::StartsWith(line, "== ") ||
         ReadPrompt(line, ignored);
}

// "1500ms" or "2s".
absl::StatusOr<Nanos> ReadDuration(absl::string_view text) {
  int64_t count = 0;
  const bool is_millis = absl::ConsumeSuffix(&text, "ms");
  if ((!is_millis && !absl::ConsumeSuffix(&text, "s")) || !absl::SimpleAtoi(text, &count)) {
    return absl::InvalidArgumentError("a duration reads like 1500ms or 2s");
  }
  return is_millis ? Milliseconds(count) : Seconds(count);
}

class Reader {
 public:
  Reader(absl::string_view name, absl::string_view text) {
    transcript_.name = std::string(name);
    transcript_.lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  }

  absl::StatusOr<Transcript> Read() && {
    for (line_ = 0; line_ < transcript_.lines.size(); ++line_) {
      if (absl::Status status = ReadLine(transcript_.lines[line_]); !status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(transcript_.name, ":", line_ + 1, ": ", status.message()));
      }
    }
    return std::move(transcript_);
  }

 private:
  absl::Status ReadLine(absl::string_view line) {
    if (line.empty() || line[0] == '#') return absl::OkStatus();
    if (absl::ConsumePrefix(&line, "== ")) {
      transcript_.sections.push_back({.title = std::string(line)});
      return absl::OkStatus();
    }
    if (transcript_.sections.empty()) {
      return absl::InvalidArgumentError("a transcript starts with a section: == title");
    }
    if (line[0] == '@') return ReadDirective(line.substr(1));
    Prompt prompt;
    if (!ReadPrompt(line, prompt)) {
      return absl::InvalidArgumentError("neither a request nor an expectation below one");
    }
    TranscriptStep step{.line = line_, .client = prompt.client, .text = prompt.text};
    step.kind = prompt.mark == ">"    ? TranscriptStep::Kind::kRequest
                : prompt.mark == ">>" ? TranscriptStep::Kind::kBytes
                                      : TranscriptStep::Kind::kRead;
    while (line_ + 1 < transcript_.lines.size() && !EndsExpectation(transcript_.lines[line_ + 1])) {
      ++step.expectation_size;
      ++line_;
    }
    Add(std::move(step));
    return absl::OkStatus();
  }

  absl::Status ReadDirective(absl::string_view directive) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(directive, absl::MaxSplits(' ', 1));
    if (parts.first == "since") return ReadSince(parts.second);
    if (parts.first == "alone") return ReadAlone(parts.second);
    TranscriptStep step{.line = line_};
    if (parts.first == "advance") {
      step.kind = TranscriptStep::Kind::kAdvance;
      ASSIGN_OR_RETURN(step.advance, ReadDuration(parts.second));
    } else if (parts.first == "resp3") {
      step.kind = TranscriptStep::Kind::kResp3;
    } else if (parts.first == "let") {
      const std::pair<absl::string_view, absl::string_view> let =
          absl::StrSplit(parts.second, absl::MaxSplits(' ', 1));
      Prompt prompt;
      if (!ReadPrompt(let.second, prompt) || prompt.mark != ">") {
        return absl::InvalidArgumentError("@let takes a name and a request: @let id b> CLIENT ID");
      }
      step.kind = TranscriptStep::Kind::kLet;
      step.variable = std::string(let.first);
      step.client = prompt.client;
      step.text = prompt.text;
    } else {
      return absl::InvalidArgumentError(absl::StrCat("no such directive: @", parts.first));
    }
    Add(std::move(step));
    return absl::OkStatus();
  }

  absl::Status ReadSince(absl::string_view text) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(text, absl::MaxSplits(' ', 1));
    if (parts.second.empty() || !transcript_.sections.back().steps.empty()) {
      return absl::InvalidArgumentError(
          "@since takes a version and the documentation that says so, right below a section");
    }
    transcript_.sections.back().since = std::string(parts.first);
    return absl::OkStatus();
  }

  absl::Status ReadAlone(absl::string_view why) {
    if (why.empty() || !transcript_.sections.back().steps.empty()) {
      return absl::InvalidArgumentError("@alone takes a reason, right below a section");
    }
    transcript_.sections.back().alone = true;
    return absl::OkStatus();
  }

  void Add(TranscriptStep step) { transcript_.sections.back().steps.push_back(std::move(step)); }

  Transcript transcript_;
  size_t line_ = 0;
};

}  // namespace

absl::StatusOr<Transcript> ParseTranscript(absl::string_view name, absl::string_view text) {
  return Reader(name, text).Read();
}

}  // namespace holdfast
