#include "node/front.h"

#include <limits>

#include "net/base/check.h"
#include "net/base/mark.h"
#include "net/base/planted_bug.h"
#include "net/resp/reply_length.h"

namespace holdfast {
namespace {

// Room that is kept when there is nothing in it.
constexpr size_t kBytesKept = 16 * 1024;
constexpr size_t kRequestsKept = 128;
// Answered bytes that are not yet given back.
constexpr size_t kGapMax = 64 * 1024;
constexpr uint64_t kNoWay = std::numeric_limits<uint64_t>::max();

}  // namespace

Buffer& Front::Add(const Request& request) {
  requests_.push_back(request);
  if (request.watches) watching_ = true;
  return bytes_;
}

void Front::Send(uint64_t way, uint64_t client, absl::FunctionRef<void(const ForwardItem&)> send) {
  CHECK(way != 0 && (sent_ == 0 || way_ == way));
  way_ = way;
  ForwardItem item{.client = client};
  size_t at = start_ + sent_bytes_;
  size_t item_start = at;
  const auto finish = [&] {
    if (item.count == 0) return;
    item.bytes = bytes_.view().substr(item_start, at - item_start);
    send(item);
  };
  for (; sent_ < requests(); ++sent_) {
    const Request& request = requests_[oldest_ + sent_];
    if (request.number != item.number + item.count || item.count == 0) {
      finish();
      item.number = request.number;
      item.count = 0;
      item_start = at;
    }
    item.count += request.count;
    at += request.bytes;
    // What was watched by another way is not watched here.
    if (request.watches) watch_way_ = watch_way_ == 0 || watch_way_ == way ? way : kNoWay;
  }
  finish();
  sent_bytes_ = at - start_;
}

absl::Status Front::TakeReplies(absl::string_view replies,
                                absl::FunctionRef<void(absl::string_view)> hand_on) {
  const char* run = replies.data();
  const auto hand_on_run = [&] {
    const auto size = static_cast<size_t>(replies.data() - run);
    if (size > 0) hand_on({run, size});
  };
  while (!replies.empty()) {
    const absl::optional<size_t> length = ReplyLength(replies);
    if (!length) return absl::DataLossError("the primary's answer is not whole replies");
    bool shown = true;
    if (replies[0] != '>') {
      if (sent_ == 0) return absl::DataLossError("the primary answered what nobody asked");
      const Request& oldest = Oldest();
      const bool last = ++replies_ == oldest.count;
      shown = last && !oldest.silent;
      if (last) Pop();
    }
    if (!shown) hand_on_run();
    replies.remove_prefix(*length);
    if (!shown) run = replies.data();
  }
  hand_on_run();
  return absl::OkStatus();
}

void Front::Pop() {
  const size_t size = Oldest().bytes;
  start_ += size;
  if (sent_ > 0) {
    --sent_;
    sent_bytes_ -= size;
  }
  replies_ = 0;
  ++oldest_;
  if (!busy()) {
    CHECK(start_ == bytes_.size());
    requests_.clear();
    oldest_ = 0;
    if (requests_.capacity() > kRequestsKept) requests_ = {};
    start_ = 0;
    bytes_.Truncate(0);
    if (bytes_.capacity() > kBytesKept) bytes_.Release();
  } else if (start_ > kGapMax && start_ > bytes_.size() / 2) {
    bytes_.RemovePrefix(start_);
    start_ = 0;
    requests_.erase(requests_.begin(), requests_.begin() + static_cast<ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
}

void Front::End(Fate fate, Conclude conclude) {
  const bool silent = Oldest().silent;
  Pop();
  if (!silent) conclude(fate);
}

void Front::Unsend(Conclude conclude) {
  sent_ = 0;
  sent_bytes_ = 0;
  replies_ = 0;
  if (busy() && Oldest().conditional) End(Fate::kNil, conclude);
}

void Front::Refused(Conclude conclude) {
  open_way_ = 0;
  Unsend(conclude);
}

void Front::Broken(Conclude conclude) {
  open_way_ = 0;
  size_t doubtful = 0;
  for (size_t i = 0; i < sent_; ++i) {
    if (requests_[oldest_ + i].writes) doubtful = i + 1;
  }
  if (BUG("forward-retries-an-unanswered-write")) doubtful = 0;
  for (; doubtful > 0; --doubtful) {
    const bool writes = Oldest().writes;
    if (!writes) MARK("a read stands before a write whose fate is unknown");
    End(writes ? Fate::kUnknown : Fate::kMayBeAsked, conclude);
  }
  if (sent_ > 0) MARK("a read is sent again");
  Unsend(conclude);
}

void Front::GiveUp(Nanos before, Conclude conclude) {
  while (busy() && sent_ == 0 && Oldest().since <= before) {
    End(Fate::kNotDone, conclude);
  }
}

}  // namespace holdfast
