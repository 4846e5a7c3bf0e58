#include "tools/kvctl/session.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/base/limits.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The first line, without its end.
Result<std::string> ReadPassword(const std::string& path) {
  std::string line;
  if (path == "-") {
    std::getline(std::cin, line);
    return line;
  }
  std::ifstream file(path);
  if (!file) {
    Failure failure = UsageFailure(absl::StrCat("cannot read the password file ", path),
                                   "name a file that holds the password on its first line");
    failure.why = std::strerror(errno);
    return failure;
  }
  std::getline(file, line);
  return line;
}

void Print(std::FILE* file, absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

Failure NoAnswerToPrompt(ExitCode exit, std::string code, std::string what) {
  return {.exit = exit,
          .code = std::move(code),
          .what = std::move(what),
          .effect = "nothing was changed"};
}

}  // namespace

Done Session::Prepare() {
  Result<Nanos> timeout = ParseDuration(options.timeout);
  if (!timeout.ok()) return timeout.failure();
  timeout_ = *timeout;
  std::vector<std::string> named = options.endpoints;
  if (named.empty()) {
    named = absl::StrSplit(Environment("KVCTL_ENDPOINTS"), ',', absl::SkipWhitespace());
  }
  if (named.empty()) named.push_back("127.0.0.1");
  endpoints_.clear();
  for (const std::string& text : named) {
    Result<Endpoint> endpoint = ParseEndpoint(text);
    if (!endpoint.ok()) return endpoint.failure();
    if (std::find(endpoints_.begin(), endpoints_.end(), *endpoint) == endpoints_.end()) {
      endpoints_.push_back(*endpoint);
    }
  }
  password_ = Environment("KVCTL_PASSWORD");
  if (password_.empty()) password_ = Environment("REDISCLI_AUTH");
  if (!options.password_file.empty()) {
    Result<std::string> password = ReadPassword(options.password_file);
    if (!password.ok()) return password.failure();
    password_ = *password;
  }
  if (!Environment("NO_COLOR").empty() || Environment("TERM") == "dumb") options.no_color = true;
  return Succeeded();
}

std::vector<Answer> Session::Ask(const std::vector<Question>& questions) const {
  return AskWithin(questions, timeout_);
}

Answer Session::AskForChange(const Question& question) const {
  return AskWithin({question}, std::max(timeout_, Milliseconds(limits::kControlChangeMillis)))[0];
}

std::vector<Answer> Session::AskWithin(const std::vector<Question>& questions,
                                       Nanos patience) const {
  std::vector<Answer> answers =
      AskAll(questions, {.user = options.user, .password = password_, .patience = patience});
  if (options.verbose) {
    for (size_t i = 0; i < answers.size(); ++i) {
      Note(absl::StrCat(questions[i].to.ToString(), " ", questions[i].words[0], " ",
                        questions[i].words.size() > 1 ? questions[i].words[1] : "", ": ",
                        answers[i].kind == Answer::Kind::kText ? "answered" : answers[i].text, " (",
                        DurationText(answers[i].took), ")\n"));
    }
  }
  return answers;
}

void Session::Out(absl::string_view text) const { Print(stdout, text); }

void Session::OutJson(const nlohmann::json& value, int indent) const {
  Out(JsonText(value, indent) + "\n");
}

void Session::Note(absl::string_view text) const {
  if (!options.quiet) Print(stderr, text);
}

void Session::Report(const Failure& failure) const {
  Print(stderr, is_json() ? JsonText(FailureJson(failure), -1) + "\n" : FailureText(failure));
}

std::string Session::Paint(Color color, absl::string_view text) const {
  if (options.no_color || !stdout_is_terminal()) return std::string(text);
  const char* code = color == Color::kGreen ? "32" : color == Color::kYellow ? "33" : "31";
  return absl::StrCat("\x1b[1;", code, "m", text, "\x1b[0m");
}

bool Session::stdout_is_terminal() const { return isatty(STDOUT_FILENO) != 0; }
bool Session::stderr_is_terminal() const { return isatty(STDERR_FILENO) != 0; }
bool Session::may_prompt() const { return !options.no_input && isatty(STDIN_FILENO) != 0; }

Result<std::string> Session::Prompt(absl::string_view question) const {
  Print(stderr, question);
  std::string line;
  while (true) {
    pollfd waited[] = {{STDIN_FILENO, POLLIN, 0}, {InterruptDescriptor(), POLLIN, 0}};
    poll(waited, 2, -1);
    if (Interrupted()) {
      Print(stderr, "\n");
      return NoAnswerToPrompt(ExitCode::kInterrupted, "INTERRUPTED", "interrupted");
    }
    if (waited[0].revents == 0) continue;
    char byte = 0;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return NoAnswerToPrompt(ExitCode::kRefused, "NOT_CONFIRMED", "not confirmed");
    if (byte == '\n') return line;
    line.push_back(byte);
  }
}

std::string JsonText(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace holdfast::kvctl
