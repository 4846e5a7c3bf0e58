// Ctrl-C as a fact that waits can see, instead of an end in the middle of something.
//
// The first SIGINT or SIGTERM sets a flag and makes a pipe readable; whoever waits also waits for
// the pipe. It stays set until whoever has to clean up says that it has been noticed.
#pragma once

#include "net/base/types.h"

namespace holdfast::kvctl {

// Once, before any wait.
void WatchForInterrupt();

bool Interrupted();

// From here on waits wait again, and another Ctrl-C is another one.
void NoticeInterrupt();

// Readable once interrupted; -1 before WatchForInterrupt().
int InterruptDescriptor();

// Waits; false at once when interrupted.
bool PauseFor(Nanos span);

}  // namespace holdfast::kvctl
