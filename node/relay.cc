#include "node/relay.h"

#include <utility>

#include "net/base/limits.h"
#include "node/forward_desk.h"

namespace holdfast {

uint64_t Relay::NextNumber() {
  if (numbers_.empty()) return 0;
  Numbers& numbers = numbers_.front();
  const uint64_t number = numbers.next++;
  if (--numbers.count == 0) numbers_.pop_front();
  return number;
}

void Relay::Send(Buffer bytes) {
  if (closed_) return;
  // More than a frame takes.
  if (bytes.size() > limits::kForwardItemBytesMax) return Close(CloseMode::kAbort);
  desk_.Answer(place_.front, {.kind = ForwardItem::Kind::kReplies,
                              .client = place_.client,
                              .count = number_,
                              .bytes = bytes.view()});
}

void Relay::Close(CloseMode mode) {
  if (std::exchange(closed_, true)) return;
  desk_.Answer(place_.front, {.kind = ForwardItem::Kind::kEnded,
                              .client = place_.client,
                              .number = mode == CloseMode::kAfterSend ? uint64_t{1} : 0,
                              .count = number_});
  desk_.EndLater(*this);
}

}  // namespace holdfast
