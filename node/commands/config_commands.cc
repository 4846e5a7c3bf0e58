#include "node/commands/config_commands.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "node/commands/waiting.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"
#include "storage/types/glob.h"

namespace holdfast {
namespace {

// Brings the configuration file up to date without ever leaving half a file behind: the new text
// goes to a file beside it, which replaces it when it is safe on disk.
//
//   read old text -> create path.<client id>.tmp -> write -> sync -> rename -> sync directory ->
//   reply
//
// Each step is a handler on the worker's loop and keeps the object alive; whoever drops the
// handlers (a loop that ends) drops it.
class ConfigRewrite : public std::enable_shared_from_this<ConfigRewrite> {
 public:
  ConfigRewrite(Session& session, std::string path)
      : node_(session.worker().node),
        worker_(session.worker()),
        session_id_(session.info().id),
        path_(std::move(path)),
        temporary_path_(absl::StrCat(path_, ".", session_id_, ".tmp")) {}

  void Start() {
    disk().Open(path_, OpenMode::kRead,
                [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                  if (absl::IsNotFound(opened.status())) {
                    self->Create("");
                  } else if (!opened.ok()) {
                    self->Finish(opened.status());
                  } else {
                    self->ReadOld(*std::move(opened));
                  }
                });
  }

 private:
  Disk& disk() { return worker_.loop.disk(); }

  void ReadOld(OpenedFile opened) {
    file_ = std::move(opened.file);
    file_->Read(0, opened.size, [self = shared_from_this()](absl::StatusOr<Buffer> text) {
      text.ok() ? self->Create(text->view()) : self->Finish(text.status());
    });
  }

  void Create(absl::string_view old_text) {
    {
      GateHolder gate(node_.gate(), worker_.index);
      new_text_.Append(node_.config().Rewrite(old_text));
    }
    disk().Open(temporary_path_, OpenMode::kReadWrite,
                [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                  if (!opened.ok()) {
                    self->Finish(opened.status());
                    return;
                  }
                  self->file_ = std::move(opened->file);
                  // A crash may have left a longer one.
                  self->file_->Truncate(0, self->Then([self = self.get()] { self->Write(); }));
                });
  }

  void Write() {
    file_->Write(0, std::move(new_text_),
                 Then([this] { file_->Sync(Then([this] { Rename(); })); }));
  }

  void Rename() {
    file_ = nullptr;
    disk().Rename(temporary_path_, path_, Then([this] {
                    const size_t slash = path_.rfind('/');
                    disk().SyncDirectory(
                        slash == std::string::npos ? "." : path_.substr(0, slash + 1),
                        Then([this] { Finish(absl::OkStatus()); }));
                  }));
  }

  // Goes on with the next step, or ends with the error.
  StatusHandler Then(absl::AnyInvocable<void()> next) {
    return [self = shared_from_this(), next = std::move(next)](absl::Status status) mutable {
      status.ok() ? next() : self->Finish(std::move(status));
    };
  }

  void Finish(const absl::Status& status) {
    std::string error;
    if (status.ok()) {
      node_.Log(LogLevel::kNotice, "CONFIG REWRITE executed with success.");
    } else {
      node_.Log(LogLevel::kWarning, "CONFIG REWRITE failed: %s", status.message());
      error = absl::StrCat("ERR Rewriting config file: ", status.message());
    }
    node_.PostToSession(worker_.index, session_id_, [error](Session& session) {
      error.empty() ? session.reply().Ok() : session.reply().Error(error);
      session.Unblock();
    });
  }

  Node& node_;
  Worker& worker_;
  const uint64_t session_id_;
  const std::string path_;
  const std::string temporary_path_;
  std::unique_ptr<File> file_;
  Buffer new_text_;
};

bool NamesSameDoors(const Settings& left, const Settings& right) {
  return left.port == right.port && left.bind == right.bind;
}

// Puts a configuration in force. World stopped.
void Install(Node& node, Config config) {
  node.config() = std::move(config);
  node.runtime().logger().SetLevel(node.settings().loglevel);
}

// Values are nobody's business: some are passwords.
void TellChange(Node& node, absl::Span<const Config::Pair> pairs) {
  if (node.membership() == nullptr) return;
  std::string names;
  for (const auto& [name, value] : pairs) absl::StrAppend(&names, names.empty() ? "" : ",", name);
  node.membership()->chronicle().Add("config-set", absl::StrCat("names=", names));
}

// What CONFIG SET replies when the doors that `pairs` name cannot be had; the log says why.
std::string CannotListen(absl::Span<const Config::Pair> pairs) {
  const auto named = std::find_if(pairs.begin(), pairs.end(), [](const Config::Pair& pair) {
    return absl::EqualsIgnoreCase(pair.first, "port") || absl::EqualsIgnoreCase(pair.first, "bind");
  });
  CHECK(named != pairs.end());
  return absl::StrCat("ERR CONFIG SET failed (possibly related to argument '", named->first,
                      "') - ",
                      absl::EqualsIgnoreCase(named->first, "port")
                          ? "Unable to listen on this port. Check server logs."
                          : "Failed to bind to specified addresses.");
}

// Opens the new doors on loop 0, where listeners live, and sets the pairs once they are open. The
// pairs are set twice, on a copy and then in the stopped world, because another CONFIG SET may come
// in between; loop 0 keeps two that change the doors apart.
std::string SetWithDoors(Node& node, absl::Span<const Config::Pair> pairs,
                         const Config::SetOptions& options) {
  const auto with_pairs = [&] {
    Config next = node.config();
    const absl::Status set = next.Set(pairs, options);
    CHECK(set.ok());
    return next;
  };
  Settings wanted;
  {
    GateHolder gate(node.gate(), 0);
    wanted = with_pairs().settings();
  }
  if (const absl::Status opened = node.Listen(wanted); !opened.ok()) {
    node.Log(LogLevel::kWarning, "CONFIG SET: %s", opened.message());
    return CannotListen(pairs);
  }
  {
    GateHolder gate(node.gate(), 0);
    WorldGate::Stop stop(node.gate(), 0);
    Install(node, with_pairs());
  }
  TellChange(node, pairs);
  return "";
}

void ChangeDoors(Session& session, std::vector<Config::Pair> pairs,
                 const Config::SetOptions& options) {
  Worker& worker = session.worker();
  worker.node.runtime().loop(0).Post(
      [&worker, pairs = std::move(pairs), options, id = session.info().id] {
        const std::string error = SetWithDoors(worker.node, pairs, options);
        worker.node.PostToSession(worker.index, id, [error](Session& waiting) {
          error.empty() ? waiting.reply().Ok() : waiting.reply().Error(error);
          waiting.Unblock();
        });
      });
}

}  // namespace

void ConfigGetCommand(CommandContext& context) {
  const auto pairs = context.node.config().Get(
      context.arguments.subspan(2), [](absl::string_view pattern, absl::string_view name) {
        return GlobMatch(pattern, name, {.ignore_case = true});
      });
  context.reply.Map(pairs.size());
  for (const auto& [name, value] : pairs) {
    context.reply.Bulk(name);
    context.reply.Bulk(value);
  }
}

void ConfigSetCommand(CommandContext& context) {
  if (context.arguments.size() % 2 != 0) {
    context.SyntaxError();
    return;
  }
  std::vector<Config::Pair> pairs;
  for (size_t i = 2; i < context.arguments.size(); i += 2) {
    pairs.emplace_back(context.arguments[i], context.arguments[i + 1]);
  }
  const Config::SetOptions options{.from_loopback = context.session.info().from_loopback};
  Config next = context.node.config();
  const absl::Status status = next.Set(pairs, options);
  if (!status.ok()) {
    context.Error(absl::StrCat("ERR ", status.message()));
  } else if (NamesSameDoors(next.settings(), context.node.settings())) {
    Install(context.node, std::move(next));
    TellChange(context.node, pairs);
    context.reply.Ok();
  } else if (RunsInTransaction(context)) {
    context.Error(
        "ERR CONFIG SET of port or bind opens sockets and cannot run inside a transaction");
  } else {
    context.session.Block();
    ChangeDoors(context.session, std::move(pairs), options);
  }
}

void ConfigResetStatCommand(CommandContext& context) {
  context.node.ResetCounters();
  context.reply.Ok();
}

void ConfigRewriteCommand(CommandContext& context) {
  if (context.node.config_path().empty()) {
    context.Error("ERR The server is running without a config file");
  } else if (RunsInTransaction(context)) {
    context.Error("ERR CONFIG REWRITE waits for the disk and cannot run inside a transaction");
  } else {
    context.session.Block();
    std::make_shared<ConfigRewrite>(context.session, context.node.config_path())->Start();
  }
}

}  // namespace holdfast
