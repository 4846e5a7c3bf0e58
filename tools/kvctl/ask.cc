#include "tools/kvctl/ask.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/posix/system.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

struct ContextDeleter {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

bool AsksForCredentials(absl::string_view error) {
  return absl::StartsWith(error, "NOAUTH") || absl::StartsWith(error, "WRONGPASS") ||
         absl::StartsWith(error, "NOPERM");
}

ReplyValue ToValue(const redisReply& reply) {
  using Kind = ReplyValue::Kind;
  ReplyValue value;
  const auto text = [&] { return reply.str == nullptr ? "" : std::string(reply.str, reply.len); };
  switch (reply.type) {
    case REDIS_REPLY_NIL:
      return value;
    case REDIS_REPLY_INTEGER:
      value.kind = Kind::kInteger;
      value.integer = reply.integer;
      return value;
    case REDIS_REPLY_STATUS:
      value = {.kind = Kind::kSimple, .text = text()};
      return value;
    case REDIS_REPLY_ERROR:
      value = {.kind = Kind::kError, .text = text()};
      return value;
    case REDIS_REPLY_ARRAY:
      value.kind = Kind::kArray;
      for (size_t i = 0; i < reply.elements; ++i) {
        value.children.push_back(ToValue(*reply.element[i]));
      }
      return value;
    default:
      value = {.kind = Kind::kBulk, .text = text()};
      return value;
  }
}

// One connection from the first packet to the answer: kConnecting, kAuthenticating if there is a
// password, kAsking, and then answer() has it.
class Exchange {
 public:
  Exchange(const Question& question, const AskOptions& options)
      : question_(question), options_(options), begun_(SystemClock().Monotonic()) {
    context_.reset(redisConnectNonBlock(question.to.host.c_str(), question.to.port));
    CHECK(context_ != nullptr);
    if (context_->err != 0) Finish(Answer::Kind::kUnreachable, context_->errstr);
  }

  bool done() const { return answer_.has_value(); }
  const Answer& answer() const { return *answer_; }
  pollfd Wanted() const {
    return {context_->fd, static_cast<int16_t>(unsent_ ? POLLIN | POLLOUT : POLLIN), 0};
  }

  // The connection is ready for something.
  void Proceed() {
    if (stage_ == Stage::kConnecting && !FinishConnecting()) return;
    if (unsent_ && !Flush()) return;
    if (redisBufferRead(context_.get()) != REDIS_OK) return Break();
    if (context_->reader->len > limits::kControlAnswerBytesMax) {
      return Finish(Answer::Kind::kGarbage, "the answer does not end");
    }
    while (!done()) {
      void* reply = nullptr;
      if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK) return Break();
      if (reply == nullptr) return;
      Take(Reply(static_cast<redisReply*>(reply)));
    }
  }

  void GiveUp(Answer::Kind kind, const std::string& text) {
    // Who was not asked has not stayed silent.
    const bool asked = stage_ == Stage::kAsking;
    Finish(kind == Answer::Kind::kSilent && !asked ? Answer::Kind::kUnreachable : kind, text);
  }

 private:
  enum class Stage { kConnecting, kAuthenticating, kAsking };

  void Finish(Answer::Kind kind, std::string text) {
    answer_ = {kind, std::move(text), SystemClock().Monotonic() - begun_};
  }

  bool FinishConnecting() {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      Finish(Answer::Kind::kUnreachable, std::strerror(error));
      return false;
    }
    if (options_.password.empty()) {
      stage_ = Stage::kAsking;
      Send(question_.words);
    } else {
      stage_ = Stage::kAuthenticating;
      Send(options_.user.empty()
               ? std::vector<std::string>{"AUTH", options_.password}
               : std::vector<std::string>{"AUTH", options_.user, options_.password});
    }
    return true;
  }

  void Send(const std::vector<std::string>& words) {
    std::vector<const char*> starts;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      starts.push_back(word.data());
      sizes.push_back(word.size());
    }
    CHECK(redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), starts.data(),
                                 sizes.data()) == REDIS_OK);
    unsent_ = true;
  }

  bool Flush() {
    int all_sent = 0;
    if (redisBufferWrite(context_.get(), &all_sent) != REDIS_OK) {
      Break();
      return false;
    }
    unsent_ = all_sent == 0;
    return true;
  }

  void Break() {
    if (context_->err == REDIS_ERR_PROTOCOL) {
      return Finish(Answer::Kind::kGarbage,
                    absl::StrCat("it does not speak RESP: ", context_->errstr));
    }
    GiveUp(Answer::Kind::kSilent,
           context_->err == REDIS_ERR_EOF ? "it closed the connection" : context_->errstr);
  }

  void Take(const Reply& reply) {
    const bool is_error = reply->type == REDIS_REPLY_ERROR;
    const bool is_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
    std::string text = is_error || is_text ? std::string(reply->str, reply->len) : "";
    if (is_error && AsksForCredentials(text)) {
      return Finish(Answer::Kind::kUnauthorized, std::move(text));
    }
    if (stage_ == Stage::kAuthenticating) {
      // A node without passwords refuses AUTH and answers all the same.
      stage_ = Stage::kAsking;
      Send(question_.words);
      Flush();
      return;
    }
    if (question_.any) {
      Finish(is_error  ? Answer::Kind::kError
             : is_text ? Answer::Kind::kText
                       : Answer::Kind::kValue,
             std::move(text));
      answer_->value = ToValue(*reply);
      return;
    }
    if (is_error) return Finish(Answer::Kind::kError, std::move(text));
    if (is_text) return Finish(Answer::Kind::kText, std::move(text));
    Finish(Answer::Kind::kGarbage, "it answers with something other than text");
  }

  const Question& question_;
  const AskOptions& options_;
  const Nanos begun_;
  std::unique_ptr<redisContext, ContextDeleter> context_;
  Stage stage_ = Stage::kConnecting;
  bool unsent_ = true;  // while connecting: writable means connected
  std::optional<Answer> answer_;
};

using Exchanges = std::vector<std::unique_ptr<Exchange>>;

void GiveUpAll(const Exchanges& open, Answer::Kind kind, const std::string& text) {
  for (const auto& exchange : open) {
    if (!exchange->done()) exchange->GiveUp(kind, text);
  }
}

// Waits for something to happen and lets it. False: all that was open has been given up.
bool Turn(const Exchanges& exchanges, const AskOptions& options, Nanos end) {
  std::vector<Exchange*> open;
  std::vector<pollfd> waited = {{InterruptDescriptor(), POLLIN, 0}};
  for (const auto& exchange : exchanges) {
    if (exchange->done()) continue;
    open.push_back(exchange.get());
    waited.push_back(exchange->Wanted());
  }
  if (open.empty()) return false;
  const Nanos left = end - SystemClock().Monotonic();
  if (Interrupted()) {
    GiveUpAll(exchanges, Answer::Kind::kInterrupted, "interrupted");
    return false;
  }
  if (left.value <= 0) {
    GiveUpAll(exchanges, Answer::Kind::kSilent,
              absl::StrCat("no answer within ", DurationText(options.patience)));
    return false;
  }
  const int64_t millis = std::min<int64_t>(ToMillis(left).value + 1, 60'000);
  if (poll(waited.data(), waited.size(), static_cast<int>(millis)) <= 0) return true;
  for (size_t i = 0; i < open.size(); ++i) {
    if (waited[i + 1].revents != 0) open[i]->Proceed();
  }
  return true;
}

}  // namespace

std::vector<Answer> AskAll(const std::vector<Question>& questions, const AskOptions& options) {
  const Nanos end = SystemClock().Monotonic() + options.patience;
  Exchanges exchanges;
  for (const Question& question : questions) {
    exchanges.push_back(std::make_unique<Exchange>(question, options));
  }
  while (Turn(exchanges, options, end)) {
  }
  std::vector<Answer> answers;
  for (const auto& exchange : exchanges) answers.push_back(exchange->answer());
  return answers;
}

}  // namespace holdfast::kvctl
