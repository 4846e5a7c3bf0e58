#include "tools/kvctl/demo/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/kvctl/health.h"

namespace holdfast::kvctl {
namespace {

constexpr char kFormat[] = "%5s  %-8s %8s %13s %6s %6s %8s %14s %8s  %-8s %s\n";

// 191151 as "191,151".
std::string Grouped(uint64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string Verdict(const RoundResult& result) {
  if (!result.linearizable) return "not linearizable";
  if (result.undecided == 0) return "linearizable";
  return absl::StrCat("linearizable (", Count(result.undecided, "key"), " undecided)");
}

nlohmann::json TallyJson(const Tally& tally) {
  return {{"operations", tally.operations},
          {"acknowledged", tally.acknowledged},
          {"lost", tally.lost},
          {"stale", tally.stale},
          {"phantom", tally.phantom},
          {"indeterminate", tally.indeterminate}};
}

}  // namespace

void Summary::Add(const RoundResult& result) {
  ++rounds;
  tally += result.tally;
  gap = std::max(gap, result.gap);
  if (!result.digests_equal) ++unequal;
  if (!result.linearizable) ++not_linearizable;
}

std::string RoundHeader() {
  return absl::StrFormat(kFormat, "ROUND", "HIT", "OPS/S", "ACKNOWLEDGED", "LOST", "STALE",
                         "PHANTOM", "INDETERMINATE", "GAP MS", "DIGESTS", "HISTORY");
}

std::string RoundLine(const RoundResult& result) {
  const Tally& tally = result.tally;
  return absl::StrFormat(
      kFormat, absl::StrCat(result.number), absl::StrCat(result.hit, result.hit_primary ? "*" : ""),
      Grouped(static_cast<uint64_t>(result.operations_per_second)), Grouped(tally.acknowledged),
      Grouped(tally.lost), Grouped(tally.stale), Grouped(tally.phantom),
      Grouped(tally.indeterminate), Grouped(static_cast<uint64_t>(ToMillis(result.gap).value)),
      result.digests_equal ? "equal" : "DIFFER", Verdict(result));
}

std::string SummaryLine(const Summary& summary) {
  const Tally& tally = summary.tally;
  return absl::StrCat(
      Count(summary.rounds, "round"), ": ", Grouped(tally.lost), " of ",
      Grouped(tally.acknowledged), " acknowledged writes lost, ", Grouped(tally.stale),
      " stale reads, ", Grouped(tally.phantom), " phantoms, ", Grouped(tally.indeterminate),
      " indeterminate; longest write gap ",
      Grouped(static_cast<uint64_t>(ToMillis(summary.gap).value)), " ms; digests ",
      summary.unequal == 0 ? "equal" : absl::StrCat("differ in ", Count(summary.unequal, "round")),
      "; ",
      summary.not_linearizable == 0
          ? "linearizable"
          : absl::StrCat("not linearizable in ", Count(summary.not_linearizable, "round")),
      "\n");
}

nlohmann::json RoundJson(const RoundResult& result) {
  nlohmann::json json = TallyJson(result.tally);
  json["round"] = result.number;
  json["hit"] = result.hit;
  json["hit_primary"] = result.hit_primary;
  json["operations_per_second"] = static_cast<uint64_t>(result.operations_per_second);
  json["gap_ms"] = ToMillis(result.gap).value;
  json["digests_equal"] = result.digests_equal;
  json["linearizable"] = result.linearizable;
  json["undecided"] = result.undecided;
  json["ok"] = result.ok();
  return json;
}

nlohmann::json SummaryJson(const Summary& summary) {
  nlohmann::json json = TallyJson(summary.tally);
  json["rounds"] = summary.rounds;
  json["gap_ms"] = ToMillis(summary.gap).value;
  json["rounds_with_unequal_digests"] = summary.unequal;
  json["rounds_not_linearizable"] = summary.not_linearizable;
  json["ok"] = summary.ok();
  return json;
}

}  // namespace holdfast::kvctl
