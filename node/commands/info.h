// INFO (https://redis.io/commands/info/).
//
// One function writes one section. All of them run while the world is stopped: the figures of one
// reply belong together. Fields that Redis has and that mean nothing here are there with the value
// that is true ("role:master", "aof_enabled:0"), since monitoring tools look for them.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "node/command.h"

namespace holdfast {

void InfoCommand(CommandContext& context);

// A reply to INFO under construction.
class InfoText {
 public:
  // Sections are set apart by an empty line.
  void Section(absl::string_view title) {
    absl::StrAppend(&text_, text_.empty() ? "" : "\r\n", "# ", title, "\r\n");
  }
  void Field(absl::string_view name, const absl::AlphaNum& value) {
    absl::StrAppend(&text_, name, ":", value, "\r\n");
  }
  // With so many decimals.
  void Decimal(absl::string_view name, double value, int decimals);
  // The bytes, and once more for people as name_human.
  void Memory(absl::string_view name, uint64_t bytes);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void ServerSection(Node& node, InfoText& info);
void ClientsSection(Node& node, InfoText& info);
void MemorySection(Node& node, InfoText& info);
void PersistenceSection(Node& node, InfoText& info);
void StatsSection(Node& node, InfoText& info);
void ReplicationSection(Node& node, InfoText& info);
void CpuSection(Node& node, InfoText& info);
void ModulesSection(Node& node, InfoText& info);
void CommandStatsSection(Node& node, InfoText& info);
void ErrorStatsSection(Node& node, InfoText& info);
void LatencyStatsSection(Node& node, InfoText& info);
void ClusterSection(Node& node, InfoText& info);
void KeyspaceSection(Node& node, InfoText& info);

}  // namespace holdfast
