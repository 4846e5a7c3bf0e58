// How clients say when a key goes.
#pragma once

#include <cstdint>
#include <optional>

#include "node/command.h"

namespace holdfast {

// In which unit, and whether from now on or as Unix time.
enum class DeadlineForm : uint8_t { kSeconds, kMillis, kAtSeconds, kAtMillis };

// The absolute deadline that a number says; nothing if it is too far away to be counted.
std::optional<Millis> ResolveDeadline(int64_t number, DeadlineForm form, Millis now);

// The argument as the deadline of a value that is being written, which has to be a positive number;
// otherwise replies what is wrong.
std::optional<Millis> DeadlineArgument(CommandContext& context, size_t index, DeadlineForm form);

// Replies that the deadline makes no sense.
void RefuseDeadline(CommandContext& context);

}  // namespace holdfast
