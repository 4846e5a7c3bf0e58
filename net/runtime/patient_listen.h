// Opens doors that a predecessor has only just left.
//
// A process that was killed is gone before its sockets are: the kernel frees an io_uring's a few
// milliseconds later. Whoever starts a successor at once would find its own address in use.
#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "net/base/types.h"
#include "net/runtime/clock.h"
#include "net/runtime/event_loop.h"

namespace holdfast {

struct PatientListen {
  // Listens. ALREADY_EXISTS: the address is taken, which leaves everything as it was.
  absl::AnyInvocable<absl::Status()> listen;
  // Told the last result, on the loop.
  absl::AnyInvocable<void(absl::Status)> done;
  Nanos patience = Milliseconds(500);
};

// Listens, again and again while the address is taken. On the loop; the first time inside the call.
void ListenPatiently(EventLoop& loop, const Clock& clock, PatientListen wanted);

}  // namespace holdfast
