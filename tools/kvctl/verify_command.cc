// kvctl verify: do all members hold the same?
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"
#include "tools/kvctl/table.h"
#include "tools/kvctl/verify.h"

namespace holdfast::kvctl {
namespace {

class VerifyCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command =
        app.add_subcommand("verify", "Compare what all members hold at one place in the log");
    command->add_option("--pause", pause_, "Let writes wait meanwhile, for at most SPAN")
        ->type_name("SPAN");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    if (pause_.empty()) return Compare(session, *view);
    Result<Nanos> span = ParseDuration(pause_);
    if (!span.ok()) return span.failure();
    const NodeRow* primary = view->Primary();
    if (primary == nullptr) return Compare(session, *view);
    const std::string& name = primary->description.name;
    Result<Consent> consent = AskForConsent(
        session,
        {.version = view->configuration.version,
         .summary = absl::StrCat("writes wait on ", name, " for at most ", DurationText(*span)),
         .subject = name});
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    const Endpoint at = ClientEndpoint(primary->description);
    Done paused = Carry(
        session, {.what = "pausing writes",
                  .to = at,
                  .words = {"CLIENT", "PAUSE", absl::StrCat(ToMillis(*span).value), "WRITE"}});
    if (!paused.ok()) return paused.failure();
    Result<ExitCode> compared = Compare(session, *view);
    Done again =
        Carry(session, {.what = "letting writes go on", .to = at, .words = {"CLIENT", "UNPAUSE"}});
    if (compared.ok() && !again.ok()) return again.failure();
    return compared;
  }

 private:
  static Result<ExitCode> Compare(const Session& session, const ClusterView& view) {
    Result<std::vector<MemberDigest>> digests = ReadDigests(session, view);
    if (!digests.ok()) return digests.failure();
    const bool equal = AllEqual(*digests);
    nlohmann::json members = nlohmann::json::array();
    Table table({{"NODE"}, {"LSN", Align::kRight}, {"KEYS", Align::kRight}, {"DIGEST"}});
    for (const MemberDigest& digest : *digests) {
      members.push_back({{"node", digest.node},
                         {"lsn", digest.lsn},
                         {"keys", digest.keys},
                         {"digest", digest.digest}});
      table.AddRow(
          {digest.node, absl::StrCat(digest.lsn), absl::StrCat(digest.keys), digest.digest});
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.verify/v1"}, {"equal", equal}, {"members", members}});
    } else {
      session.Out(absl::StrCat(table.Render(),
                               equal ? "equal: " : "DIFFERENT: ", Count(digests->size(), "member"),
                               " at LSN ", digests->front().lsn, "\n"));
    }
    return equal ? ExitCode::kOk : ExitCode::kFailed;
  }

  std::string pause_;
};

}  // namespace

std::unique_ptr<Command> MakeVerifyCommand() { return std::make_unique<VerifyCommand>(); }

}  // namespace holdfast::kvctl
