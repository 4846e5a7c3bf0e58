#include "sim/trace.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/random.h"
#include "sim/hash.h"

namespace holdfast {

void Trace::Add(Nanos time, Actor actor, absl::string_view event, uint64_t payload) {
  const uint64_t who = uint64_t{actor.id} << 32 | actor.incarnation;
  hash_ = MixBits(hash_ + static_cast<uint64_t>(time.value));
  hash_ = MixBits(hash_ + HashBytes(event, who) + MixBits(payload));
  ++event_count_;
  if (recording()) {
    Record(absl::StrFormat("%15d %3d.%-2d %-16s %016x", time.value, actor.id, actor.incarnation,
                           event, payload));
  }
}

void Trace::Note(Nanos time, Actor actor, absl::string_view text) {
  if (!recording()) return;
  Record(absl::StrFormat("%15d %3d.%-2d   %s", time.value, actor.id, actor.incarnation, text));
}

void Trace::Record(std::string line) {
  if (file_ != nullptr) std::fprintf(file_, "%s\n", line.c_str());
  if (keep_ == 0) return;
  kept_.push_back(std::move(line));
  if (kept_.size() > keep_) kept_.pop_front();
}

}  // namespace holdfast
