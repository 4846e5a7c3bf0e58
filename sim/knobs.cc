#include "sim/knobs.h"

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/draws.h"
#include "sim/fault.h"

namespace holdfast {
namespace {

struct KnobRow {
  absl::string_view name;
  int64_t Knobs::*field;
};

constexpr KnobRow kKnobs[] = {
    {"nodes", &Knobs::nodes},
    {"witnesses", &Knobs::witnesses},
    {"workers", &Knobs::workers},
    {"min_in_sync", &Knobs::min_in_sync},
    {"confirm_reads", &Knobs::confirm_reads},
    {"redirects", &Knobs::redirects},
    {"backlog_bytes", &Knobs::backlog_bytes},
    {"window_bytes", &Knobs::window_bytes},
    {"block_bytes", &Knobs::block_bytes},
    {"clients", &Knobs::clients},
    {"replica_readers", &Knobs::replica_readers},
    {"tags", &Knobs::tags},
    {"keys_per_tag", &Knobs::keys_per_tag},
    {"log_on_disk", &Knobs::log_on_disk},
    {"fsync", &Knobs::fsync},
    {"save_changes", &Knobs::save_changes},
    {"operations", &Knobs::operations},
    {"ballast_keys", &Knobs::ballast_keys},
    {"chaos_ms", &Knobs::chaos_ms},
    {"false_start", &Knobs::false_start},
    {"fault_classes", &Knobs::fault_classes},
    {"stressed_class", &Knobs::stressed_class},
    {"latency_max_us", &Knobs::latency_max_us},
    {"bytes_per_second", &Knobs::bytes_per_second},
    {"socket_window_bytes", &Knobs::socket_window_bytes},
    {"reset_per_10000_segments", &Knobs::reset_per_10000_segments},
    {"connect_failures_per_100", &Knobs::connect_failures_per_100},
    {"priority_step_us", &Knobs::priority_step_us},
};

const KnobRow* FindKnob(absl::string_view name) {
  for (const KnobRow& row : kKnobs) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

// How the machines of a cluster are drawn: three of them most of the time.
void DrawCluster(uint64_t seed, Knobs& knobs) {
  const auto draws = [seed](absl::string_view name) {
    return Draws(seed, absl::StrCat("knob ", name), 0);
  };
  constexpr int64_t kNodes[] = {3, 3, 3, 2, 2, 4, 5, 7};
  knobs.nodes = kNodes[draws("nodes").Below(std::size(kNodes))];
  // Two copies need a third voter; others have one now and then.
  const bool witnessed = knobs.nodes == 2 || draws("witnesses").Chance({1, 6});
  knobs.witnesses = witnessed ? 1 : 0;
  if (draws("min_in_sync").Chance({1, 4})) knobs.min_in_sync = 1;
  knobs.confirm_reads = draws("confirm_reads").Chance({1, 5}) ? 1 : 0;
  knobs.redirects = draws("redirects").Chance({1, 3}) ? 1 : 0;
  if (draws("backlog_bytes").Chance({1, 3})) knobs.backlog_bytes = 1024;
  if (draws("window_bytes").Chance({1, 4})) knobs.window_bytes = 1024;
  if (draws("block_bytes").Chance({1, 3})) knobs.block_bytes = 1;
  if (Draws ballast = draws("ballast_keys"); ballast.Chance({1, 4})) {
    knobs.ballast_keys = ballast.Between(100, 1000);
  }
  knobs.replica_readers = draws("replica_readers").Between(0, 2);
}

// One node by itself in a third of the seeds.
void DrawDisk(uint64_t seed, Knobs& knobs) {
  const auto draws = [seed](absl::string_view name) {
    return Draws(seed, absl::StrCat("knob ", name), 0);
  };
  knobs.log_on_disk = 1;
  constexpr int64_t kPolicies[] = {0, 1, 1, 2};
  knobs.fsync = kPolicies[draws("fsync").Below(std::size(kPolicies))];
  if (Draws save = draws("save_changes"); save.Chance({1, 2})) {
    knobs.save_changes = save.Between(1, 100);
  }
}

constexpr std::pair<Profile, absl::string_view> kProfiles[] = {
    {Profile::kSingle, "single"}, {Profile::kCluster, "cluster"}, {Profile::kDisk, "disk"}};

}  // namespace

absl::string_view NameOf(Profile profile) {
  for (const auto& [known, name] : kProfiles) {
    if (known == profile) return name;
  }
  return "";
}

std::optional<Profile> ProfileNamed(absl::string_view name) {
  for (const auto& [profile, known] : kProfiles) {
    if (known == name) return profile;
  }
  return std::nullopt;
}

Knobs DrawKnobs(uint64_t seed, Profile profile) {
  const auto draws = [seed](absl::string_view name) {
    return Draws(seed, absl::StrCat("knob ", name), 0);
  };
  Knobs knobs;
  knobs.workers = draws("workers").Between(1, profile == Profile::kSingle ? 8 : 4);
  const bool disk = profile == Profile::kDisk;
  const bool clustered = profile == Profile::kCluster || (disk && !draws("alone").Chance({1, 3}));
  if (clustered) DrawCluster(seed, knobs);
  if (disk) DrawDisk(seed, knobs);
  knobs.clients = draws("clients").Between(2, 8);
  knobs.tags = draws("tags").Between(1, 8);
  knobs.keys_per_tag = draws("keys_per_tag").Between(1, 8);
  knobs.chaos_ms = draws("chaos_ms").Between(8'000, 24'000);
  knobs.false_start = draws("false_start").Chance({1, 4}) ? 1 : 0;
  knobs.fault_classes = DrawFaultClasses(draws("fault_classes"), profile);
  if (profile != Profile::kSingle) {
    knobs.stressed_class = DrawStressedClass(draws("stressed_class"), knobs.fault_classes);
  }
  if (Draws slow = draws("latency_max_us"); slow.Chance({1, 4})) {
    knobs.latency_max_us += slow.Exponential(Milliseconds(20)).value / 1000;
  }
  if (draws("bytes_per_second").Chance({1, 10})) knobs.bytes_per_second = 1'000'000;
  if (Draws small = draws("socket_window_bytes"); small.Chance({1, 4})) {
    knobs.socket_window_bytes = small.Between(64, 4096);
  }
  if (draws("reset_per_10000_segments").Chance({1, 2})) knobs.reset_per_10000_segments = 1;
  if (draws("connect_failures_per_100").Chance({1, 2})) knobs.connect_failures_per_100 = 5;
  if (Draws priority = draws("priority_step_us"); priority.Chance({1, 5})) {
    knobs.priority_step_us = int64_t{10} << (2 * priority.Below(3));
  }
  return knobs;
}

std::vector<absl::string_view> KnobNames() {
  std::vector<absl::string_view> names;
  for (const KnobRow& row : kKnobs) names.push_back(row.name);
  return names;
}

int64_t GetKnob(const Knobs& knobs, absl::string_view name) {
  const KnobRow* row = FindKnob(name);
  CHECK(row != nullptr);
  return knobs.*row->field;
}

bool SetKnob(Knobs& knobs, absl::string_view name, int64_t value) {
  const KnobRow* row = FindKnob(name);
  if (row != nullptr) knobs.*row->field = value;
  return row != nullptr;
}

}  // namespace holdfast
