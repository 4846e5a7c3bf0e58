#include "net/runtime/patient_listen.h"

#include <utility>

namespace holdfast {
namespace {

constexpr Nanos kPause = Milliseconds(10);

void TryUntil(EventLoop& loop, const Clock& clock, PatientListen wanted, Nanos give_up) {
  absl::Status status = wanted.listen();
  if (!absl::IsAlreadyExists(status) || clock.Monotonic() >= give_up) {
    return wanted.done(std::move(status));
  }
  loop.RunAfter(kPause, [&loop, &clock, give_up, wanted = std::move(wanted)]() mutable {
    TryUntil(loop, clock, std::move(wanted), give_up);
  });
}

}  // namespace

void ListenPatiently(EventLoop& loop, const Clock& clock, PatientListen wanted) {
  const Nanos give_up = clock.Monotonic() + wanted.patience;
  TryUntil(loop, clock, std::move(wanted), give_up);
}

}  // namespace holdfast
