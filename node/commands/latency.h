// LATENCY (https://redis.io/commands/latency-latest/ and its siblings).
#pragma once

#include "node/command.h"

namespace holdfast {

void LatencyDoctorCommand(CommandContext& context);
void LatencyGraphCommand(CommandContext& context);
void LatencyHistogramCommand(CommandContext& context);
void LatencyHistoryCommand(CommandContext& context);
void LatencyLatestCommand(CommandContext& context);
void LatencyResetCommand(CommandContext& context);

}  // namespace holdfast
