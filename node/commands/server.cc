#include "node/commands/server.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/commands/client_list.h"
#include "node/commands/command_syntax.h"
#include "node/node.h"
#include "node/session.h"

namespace holdfast {
namespace {

// Redis quotes at most so many bytes of what a client sent.
constexpr size_t kQuotedBytesMax = 128;

constexpr absl::string_view kRedacted = "(redacted)";

// The arguments as they may be shown to others: without passwords.
std::vector<absl::string_view> WithoutPasswords(const CommandSpec& spec, Arguments arguments) {
  std::vector<absl::string_view> shown(arguments.begin(), arguments.end());
  if (spec.name == "auth") {
    std::fill(shown.begin() + 1, shown.end(), kRedacted);
  } else if (spec.name == "hello") {
    for (size_t i = 1; i + 2 < shown.size(); ++i) {
      if (!absl::EqualsIgnoreCase(shown[i], "AUTH")) continue;
      shown[i + 1] = shown[i + 2] = kRedacted;
      i += 2;
    }
  } else if (spec.name == "config|set") {
    for (size_t i = 2; i + 1 < shown.size(); i += 2) {
      if (absl::EqualsIgnoreCase(shown[i], "requirepass")) shown[i + 1] = kRedacted;
    }
  }
  return shown;
}

// Like a C string literal, with every byte that is not printable ASCII escaped.
void AppendQuoted(absl::string_view bytes, std::string* text) {
  text->push_back('"');
  for (const char c : bytes) {
    switch (c) {
      case '\\':
      case '"':
        text->push_back('\\');
        text->push_back(c);
        break;
      case '\n':
        text->append("\\n");
        break;
      case '\r':
        text->append("\\r");
        break;
      case '\t':
        text->append("\\t");
        break;
      case '\a':
        text->append("\\a");
        break;
      case '\b':
        text->append("\\b");
        break;
      default:
        if (absl::ascii_isprint(static_cast<unsigned char>(c))) {
          text->push_back(c);
        } else {
          absl::StrAppendFormat(text, "\\x%02x", static_cast<uint8_t>(c));
        }
    }
  }
  text->push_back('"');
}

}  // namespace

std::string UnknownCommandError(Arguments arguments) {
  std::string shown;
  for (size_t i = 1; i < arguments.size() && shown.size() < kQuotedBytesMax; ++i) {
    absl::StrAppend(&shown, "'", arguments[i].substr(0, kQuotedBytesMax - shown.size()), "' ");
  }
  return absl::StrCat("ERR unknown command '", arguments[0].substr(0, kQuotedBytesMax),
                      "', with args beginning with: ", shown);
}

std::string UnknownSubcommandError(const CommandSpec& container, absl::string_view subcommand) {
  return absl::StrCat("ERR unknown subcommand '", subcommand.substr(0, kQuotedBytesMax), "'. Try ",
                      absl::AsciiStrToUpper(container.name), " HELP.");
}

void ReplySubcommandArity(CommandContext& context) {
  const CommandSpec& container = CommandTable::ContainerOf(context.spec);
  context.Error(absl::StrCat("ERR unknown subcommand or wrong number of arguments for '",
                             context.arguments[1].substr(0, kQuotedBytesMax), "'. Try ",
                             absl::AsciiStrToUpper(container.name), " HELP."));
}

void ReplyHelp(CommandContext& context, absl::Span<const absl::string_view> lines) {
  context.reply.Array(lines.size());
  for (const absl::string_view line : lines) context.reply.Simple(line);
}

void HelpCommand(CommandContext& context) {
  const CommandSpec& container = CommandTable::ContainerOf(context.spec);
  std::vector<std::string> lines{
      absl::StrCat(absl::AsciiStrToUpper(container.name),
                   " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")};
  for (const CommandSpec& spec : CommandTable::Subcommands(container)) {
    const absl::string_view name = spec.name.substr(container.name.size() + 1);
    lines.push_back(absl::StrCat(absl::AsciiStrToUpper(name), spec.syntax.empty() ? "" : " ",
                                 UsageOf(spec.syntax)));
    lines.push_back(absl::StrCat("    ", spec.summary));
  }
  ReplyHelp(context, std::vector<absl::string_view>(lines.begin(), lines.end()));
}

void ClusterDisabledCommand(CommandContext& context) {
  context.Error("ERR This instance has cluster support disabled");
}

void TimeCommand(CommandContext& context) {
  const int64_t microseconds = context.node.clock().Wall().value / 1000;
  context.reply.Array(2);
  context.reply.BulkInteger(microseconds / 1'000'000);
  context.reply.BulkInteger(microseconds % 1'000'000);
}

void ShutdownCommand(CommandContext& context) {
  bool save = false, nosave = false, abort = false, now = false, force = false;
  for (size_t i = 1; i < context.arguments.size(); ++i) {
    if (context.Is(i, "SAVE")) {
      save = true;
    } else if (context.Is(i, "NOSAVE")) {
      nosave = true;
    } else if (context.Is(i, "ABORT")) {
      abort = true;
    } else if (context.Is(i, "NOW")) {
      now = true;
    } else if (context.Is(i, "FORCE")) {
      force = true;
    } else {
      context.SyntaxError();
      return;
    }
  }
  if ((save && nosave) || (abort && (save || nosave || now || force))) {
    context.SyntaxError();
  } else if (abort) {
    context.Error("ERR No shutdown in progress.");
  } else {
    context.node.Log(LogLevel::kWarning, "User requested shutdown...");
    context.session.Block();
    context.node.Stop({.save = save     ? FinalSave::kAlways
                               : nosave ? FinalSave::kNever
                                        : FinalSave::kByRules,
                       .force = force},
                      [&node = context.node, worker = context.worker.index,
                       id = context.session.info().id](const absl::Status&) {
                        node.PostToSession(worker, id, [](Session& session) {
                          session.reply().Error("ERR Errors trying to SHUTDOWN. Check logs.");
                          session.Unblock();
                        });
                      });
  }
}

void MonitorCommand(CommandContext& context) {
  ClientInfo& info = context.session.info();
  if (!info.monitor) {
    info.monitor = true;
    context.node.monitors().emplace_back(context.worker.index, info.id);
  }
  context.reply.Ok();
}

void FeedMonitors(Node& node, const Session& session, Arguments arguments) {
  const CommandSpec* spec = node.commands().Find(arguments);
  if (spec == nullptr || spec->is(kAdmin)) return;
  const int64_t microseconds = node.clock().Wall().value / 1000;
  std::string line =
      absl::StrFormat("+%d.%06d [%d %s]", microseconds / 1'000'000, microseconds % 1'000'000,
                      session.database().value, PeerText(session));
  for (const absl::string_view argument : WithoutPasswords(*spec, arguments)) {
    line.push_back(' ');
    AppendQuoted(argument, &line);
  }
  line.append("\r\n");
  for (const auto& [worker, id] : node.monitors()) {
    node.PostToSession(worker, id, [line](Session& monitor) { monitor.Push(line); });
  }
}

void LogSlowCommand(Session& session, const CommandSpec& spec, Arguments arguments,
                    Nanos duration) {
  Node& node = session.worker().node;
  if (spec.is(kSkipSlowlog)) return;
  node.slowlog().Add({.unix_seconds = node.clock().Wall().value / 1'000'000'000,
                      .microseconds = duration.value / 1000,
                      .client_address = PeerText(session),
                      .client_name = session.info().name},
                     WithoutPasswords(spec, arguments),
                     static_cast<size_t>(node.settings().slowlog_max_len));
}

void NoteLatencySpike(Node& node, const CommandSpec& spec, Nanos duration) {
  node.latency_monitor().Add(spec.is(kFast) ? "fast-command" : "command",
                             {.unix_seconds = node.clock().Wall().value / 1'000'000'000,
                              .milliseconds = duration.value / 1'000'000});
}

}  // namespace holdfast
