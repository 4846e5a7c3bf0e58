#include "sim/planted_bugs.h"

namespace holdfast {
namespace {

constexpr PlantedBug kBugs[] = {
    {"expired-served", "reads serve an expired key until active expiry has removed it"},
    {"expiry-by-wall-clock", "expiry follows the wall clock instead of log_time"},
    {"set-keeps-ttl", "SET without KEEPTTL keeps the old deadline"},
    {"persist-stays-indexed", "PERSIST leaves the key in the expiry index, which deletes it later"},
    {"rename-loses-ttl", "RENAME moves the value without its deadline"},
    {"copy-loses-ttl", "COPY copies the value without its deadline"},
};

absl::string_view planted;

}  // namespace

absl::Span<const PlantedBug> PlantedBugs() { return kBugs; }

bool PlantBug(absl::string_view name) {
  for (const PlantedBug& bug : kBugs) {
    if (bug.name == name) {
      planted = bug.name;
      return true;
    }
  }
  return false;
}

bool IsPlanted(absl::string_view bug) { return bug == planted; }

}  // namespace holdfast
