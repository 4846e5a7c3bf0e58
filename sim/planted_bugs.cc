#include "sim/planted_bugs.h"

namespace holdfast {
namespace {

constexpr PlantedBug kBugs[] = {
    {"expired-served", "reads serve an expired key until active expiry has removed it"},
    {"write-sees-expired", "a write on an expired key goes on with its old value"},
    {"expiry-by-wall-clock", "expiry follows the wall clock instead of log_time"},
    {"expiry-asleep", "expired keys that nobody touches are never removed"},
    {"set-keeps-ttl", "SET without KEEPTTL keeps the old deadline"},
    {"persist-stays-indexed", "PERSIST says 1 and leaves the key in the expiry index"},
    {"rename-loses-ttl", "RENAME of a list moves it without its deadline"},
    {"copy-keeps-target-ttl", "RENAME and COPY leave the deadline of the key they overwrite"},
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
