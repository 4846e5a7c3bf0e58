#include "node/commands/info.h"

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "node/node.h"

namespace holdfast {
namespace {

// In which requests a section is contained without being named.
enum Membership : uint8_t {
  kDefault = 1 << 0,  // INFO, INFO default
  kAll = 1 << 1,      // INFO all
  kEverything = 1 << 2,
};
constexpr uint8_t kAlways = kDefault | kAll | kEverything;

struct InfoSection {
  absl::string_view name;
  void (*write)(Node& node, InfoText& info);
  uint8_t membership;
};

constexpr InfoSection kSections[] = {
    {"server", ServerSection, kAlways},
    {"clients", ClientsSection, kAlways},
    {"memory", MemorySection, kAlways},
    {"persistence", PersistenceSection, kAlways},
    {"stats", StatsSection, kAlways},
    {"replication", ReplicationSection, kAlways},
    {"cpu", CpuSection, kAlways},
    {"modules", ModulesSection, kDefault | kEverything},
    {"commandstats", CommandStatsSection, kAll | kEverything},
    {"errorstats", ErrorStatsSection, kAlways},
    {"latencystats", LatencyStatsSection, kAll | kEverything},
    {"cluster", ClusterSection, kAlways},
    {"keyspace", KeyspaceSection, kAlways},
};

uint8_t MembershipNamed(absl::string_view word) {
  if (absl::EqualsIgnoreCase(word, "default")) return kDefault;
  if (absl::EqualsIgnoreCase(word, "all")) return kAll;
  if (absl::EqualsIgnoreCase(word, "everything")) return kEverything;
  return 0;
}

bool IsWanted(const InfoSection& section, Arguments words) {
  if (words.empty()) return (section.membership & kDefault) != 0;
  for (const absl::string_view word : words) {
    if (absl::EqualsIgnoreCase(word, section.name)) return true;
    if ((section.membership & MembershipNamed(word)) != 0) return true;
  }
  return false;
}

// "0B", "1.35M", as Redis writes them.
std::string HumanBytes(uint64_t bytes) {
  constexpr absl::string_view kUnits = "KMGTP";
  if (bytes < 1024) return absl::StrCat(bytes, "B");
  auto value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.2f%c", value, kUnits[unit]);
}

}  // namespace

void InfoText::Decimal(absl::string_view name, double value, int decimals) {
  Field(name, absl::StrFormat("%.*f", decimals, value));
}

void InfoText::Memory(absl::string_view name, uint64_t bytes) {
  Field(name, bytes);
  Field(absl::StrCat(name, "_human"), HumanBytes(bytes));
}

void InfoCommand(CommandContext& context) {
  InfoText info;
  for (const InfoSection& section : kSections) {
    if (IsWanted(section, context.arguments.subspan(1))) section.write(context.node, info);
  }
  context.reply.Verbatim("txt", info.text());
}

}  // namespace holdfast
