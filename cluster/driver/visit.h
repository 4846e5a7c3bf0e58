// Visit: one question to one address, answered or given up in bounded time.
//
// It dials on the visit channel, whatever node answers there, and goes away with its answer.
#pragma once

#include <memory>
#include <string>

#include "cluster/core/identity.h"
#include "net/peer/link.h"

namespace holdfast {

struct VisitQuestion {
  Address to;
  FrameType type = 0;
  std::string payload;
  FrameType answer_type = 0;
  Nanos timeout = Seconds(3);
};

struct VisitAnswer {
  Identity from;
  uint64_t cluster_id = 0;
  std::string payload;
  Nanos round_trip;  // of question and answer
};

// `self` must outlive the visit. The handler comes once, later, on the loop's thread.
void PayVisit(Runtime& runtime, EventLoop& loop, const PeerSelf& self, VisitQuestion question,
              absl::AnyInvocable<void(absl::StatusOr<VisitAnswer>)> done);

}  // namespace holdfast
