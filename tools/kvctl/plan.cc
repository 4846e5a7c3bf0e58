#include "tools/kvctl/plan.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";

// FNV-1a: tells plans of one version apart, no more.
uint32_t Fingerprint(absl::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char byte : text) hash = (hash ^ static_cast<uint8_t>(byte)) * 16777619u;
  return hash;
}

Done CheckPlanId(const Session& session, const Plan& plan) {
  const std::string& wanted = session.options.plan;
  if (wanted.empty() || wanted == plan.Id()) return Succeeded();
  const bool same_version = absl::StartsWith(wanted, absl::StrCat("p-", plan.version, "-"));
  return Failure{.exit = ExitCode::kConflict,
                 .code = "PLAN_CHANGED",
                 .what = absl::StrCat("this is no longer plan ", wanted),
                 .why = same_version
                            ? absl::StrCat("the same configuration, another change: ", plan.Id())
                            : absl::StrCat("the configuration has changed to version ",
                                           plan.version, "; now it is ", plan.Id()),
                 .next = "look at it again with --dry-run",
                 .effect = kNothingChanged};
}

Failure Unconfirmed(const Plan& plan, std::string why) {
  return {.exit = ExitCode::kRefused,
          .code = "NOT_CONFIRMED",
          .what = absl::StrCat("not confirmed: ", plan.summary),
          .why = std::move(why),
          .next = absl::StrCat("add ", plan.ConsentFlag()),
          .effect = kNothingChanged};
}

}  // namespace

std::string Plan::Id() const {
  return absl::StrFormat("p-%d-%06x", version, Fingerprint(summary) & 0xffffff);
}

std::string Plan::ConsentFlag() const {
  if (cost == Cost::kReversible) return "-y";
  return absl::StrCat(cost == Cost::kData ? "--confirm-data-loss=" : "--confirm=", subject);
}

std::string Plan::Text() const {
  std::string text = absl::StrCat("plan ", Id());
  if (version != 0) absl::StrAppend(&text, " (configuration ", version, ")");
  absl::StrAppend(&text, ": ", summary, "\n");
  for (const std::string& step : steps) absl::StrAppend(&text, "  ", step, "\n");
  return text;
}

nlohmann::json Plan::ToJson() const {
  return {{"schema", "kvctl.plan/v1"}, {"plan", Id()},   {"configuration_version", version},
          {"summary", summary},        {"steps", steps}, {"confirm", ConsentFlag()}};
}

Result<Consent> AskForConsent(const Session& session, const Plan& plan) {
  Done same = CheckPlanId(session, plan);
  if (!same.ok()) return same.failure();
  const GlobalOptions& options = session.options;
  if (options.dry_run) {
    if (session.is_json()) {
      session.OutJson(plan.ToJson());
    } else {
      session.Out(plan.Text());
    }
    return Consent::kDryRun;
  }
  session.Note(plan.Text());
  const bool by_name = plan.cost != Cost::kReversible;
  const bool loses = plan.cost == Cost::kData;
  const std::string& named = loses ? options.confirm_data_loss : options.confirm;
  if (by_name && named == plan.subject) return Consent::kGiven;
  if (by_name && !named.empty()) {
    return Unconfirmed(
        plan, absl::StrCat(loses ? "--confirm-data-loss names " : "--confirm names ", named));
  }
  if (!by_name && options.yes) return Consent::kGiven;
  if (!session.may_prompt()) {
    return Unconfirmed(
        plan, options.no_input ? "--no-input forbids to ask" : "there is no terminal to ask at");
  }
  Result<std::string> reply = session.Prompt(loses ? "Type the cluster's name to lose this data: "
                                             : by_name ? "Type the node's name to continue: "
                                                       : "Continue? [y/N] ");
  if (!reply.ok()) return reply.failure();
  const std::string word(absl::StripAsciiWhitespace(*reply));
  const bool consents =
      by_name ? word == plan.subject
              : absl::EqualsIgnoreCase(word, "y") || absl::EqualsIgnoreCase(word, "yes");
  if (!consents) return Unconfirmed(plan, "the answer was no");
  return Consent::kGiven;
}

}  // namespace holdfast::kvctl
