// Commands about the server as a whole that have no file of their own, what dispatch tells MONITOR
// and SLOWLOG, and the answers that all containers share.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "node/command.h"

namespace holdfast {

// The HELP subcommand of any container: its subcommands with syntax and summary, from the table.
void HelpCommand(CommandContext& context);
// CLUSTER, READONLY, READWRITE.
void ClusterDisabledCommand(CommandContext& context);
void TimeCommand(CommandContext& context);
void ShutdownCommand(CommandContext& context);
void MonitorCommand(CommandContext& context);

// Redis's text for a command that does not exist, with the arguments' beginnings.
std::string UnknownCommandError(Arguments arguments);
// Redis's text for an existing container called with a subcommand that does not exist.
std::string UnknownSubcommandError(const CommandSpec& container, absl::string_view subcommand);
// Replies that a subcommand got more or fewer arguments than it takes.
void ReplySubcommandArity(CommandContext& context);
// Replies a HELP text: a status line each.
void ReplyHelp(CommandContext& context, absl::Span<const absl::string_view> lines);

// Shows an executed command to the sessions in MONITOR mode. Commands of administrators
// are not shown, passwords neither.
void FeedMonitors(Node& node, const Session& session, Arguments arguments);
// Adds an executed command to the slow log.
void LogSlowCommand(Session& session, const CommandSpec& spec, Arguments arguments, Nanos duration);
// Tells the latency monitor of a command that took latency-monitor-threshold or longer.
void NoteLatencySpike(Node& node, const CommandSpec& spec, Nanos duration);

}  // namespace holdfast
