#include "node/commands/config_commands.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/commands/waiting.h"
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
  const absl::Status status =
      context.node.config().Set(pairs, {.from_loopback = context.session.info().from_loopback});
  status.ok() ? context.reply.Ok() : context.Error(absl::StrCat("ERR ", status.message()));
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
