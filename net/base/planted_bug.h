// BUG("name"): a mistake that can be switched on, to prove that a test would see it.
//
//   if (BUG("set-keeps-ttl")) deadline = DeadlineOf(old);
//
// Only the simulator's build compiles the mistakes in (HOLDFAST_PLANTED_BUGS), and runs one when it
// is asked for by name; everywhere else a hook is the constant false and leaves no code.
#pragma once

#ifdef HOLDFAST_PLANTED_BUGS

#include "absl/strings/string_view.h"

namespace holdfast {
// Whether this is the bug that was chosen; provided by the simulator.
bool IsPlanted(absl::string_view bug);
}  // namespace holdfast

#define BUG(name) ::holdfast::IsPlanted(name)

#else

#define BUG(name) false

#endif
