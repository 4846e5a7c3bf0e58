#include "node/reply_holder.h"

#include <utility>

#include "net/base/check.h"

namespace holdfast {

void ReplyHolder::Hold(Buffer bytes, std::vector<HeldReply> replies, Nanos now) {
  CHECK(!bytes.empty() && !replies.empty() && replies.back().end == bytes.size());
  bytes_ += bytes.size();
  replies_ += replies.size();
  batches_.push_back({.bytes = std::move(bytes), .replies = std::move(replies), .since = now});
}

void ReplyHolder::Drop() {
  const Batch& batch = batches_.front();
  bytes_ -= batch.bytes.size() - batch.start;
  replies_ -= batch.replies.size() - batch.next;
  batches_.pop_front();
}

Buffer ReplyHolder::Take(const Visible& visible) {
  Batch& batch = batches_.front();
  size_t next = batch.next;
  while (next < batch.replies.size() && visible.Shows(batch.replies[next])) ++next;
  if (next == batch.next) return Buffer();
  Buffer ready;
  if (batch.next == 0 && next == batch.replies.size()) {
    bytes_ -= batch.bytes.size();
    replies_ -= batch.replies.size();
    ready = std::move(batch.bytes);
    batches_.pop_front();
    return ready;
  }
  const size_t end = batch.replies[next - 1].end;
  ready.Append(batch.bytes.view().substr(batch.start, end - batch.start));
  bytes_ -= end - batch.start;
  replies_ -= next - batch.next;
  batch.next = next;
  batch.start = end;
  if (next == batch.replies.size()) batches_.pop_front();
  return ready;
}

Buffer ReplyHolder::TakeFailed(const Visible& visible, const HeldErrors& errors) {
  Batch& batch = batches_.front();
  Buffer ready;
  for (size_t i = batch.next; i < batch.replies.size(); ++i) {
    const HeldReply& reply = batch.replies[i];
    const size_t start = i == 0 ? 0 : batch.replies[i - 1].end;
    if (visible.Shows(reply) || reply.end == start) {
      ready.Append(batch.bytes.view().substr(start, reply.end - start));
      continue;
    }
    ready.Append('-');
    ready.Append(reply.wrote ? errors.write : errors.read);
    ready.Append("\r\n");
  }
  Drop();
  return ready;
}

}  // namespace holdfast
