#include "sim/sim_operator.h"

#include <utility>

#include "net/resp/writer.h"

namespace holdfast {
namespace {
constexpr Nanos kPatience = Seconds(5);
}  // namespace

void SimOperator::Ask(const Address& node, std::vector<std::string> command, Answer answer) {
  requests_.push_back({node, std::move(command), std::move(answer)});
  if (requests_.size() == 1) loop_.Post([this] { Begin(); });
}

void SimOperator::Begin() {
  loop_.Connect(requests_.front().node,
                [this](absl::StatusOr<std::unique_ptr<Connection>> connection) {
                  if (!connection.ok()) return Finish(std::nullopt);
                  parser_ = ReplyParser();
                  stream_ = &loop_.Attach(*std::move(connection), *this);
                  const std::vector<std::string>& command = requests_.front().command;
                  const std::vector<absl::string_view> words(command.begin(), command.end());
                  Buffer bytes;
                  AppendRequest(words, bytes);
                  stream_->Send(std::move(bytes));
                  patience_ = loop_.RunAfter(kPatience, [this] {
                    if (stream_ != nullptr) stream_->Close(CloseMode::kAbort);
                  });
                });
}

void SimOperator::OnReceive(absl::string_view bytes) {
  parser_.Feed(bytes);
  absl::StatusOr<absl::optional<ReplyValue>> reply = parser_.Next();
  if (reply.ok() && !reply->has_value()) return;
  Answer answer = std::exchange(requests_.front().answer, nullptr);
  if (answer && reply.ok()) answer(**std::move(reply));
  stream_->Close(CloseMode::kAbort);
}

void SimOperator::OnClosed(const absl::Status&) {
  loop_.Cancel(patience_);
  stream_ = nullptr;
  Finish(std::nullopt);
}

void SimOperator::Finish(std::optional<ReplyValue> reply) {
  Answer answer = std::move(requests_.front().answer);
  requests_.pop_front();
  if (!requests_.empty()) loop_.Post([this] { Begin(); });
  if (answer) answer(std::move(reply));
}

}  // namespace holdfast
