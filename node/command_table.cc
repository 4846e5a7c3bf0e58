#include "node/command_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/match.h"
#include "net/base/check.h"
#include "net/base/random.h"
#include "node/commands/table_rows.h"

namespace holdfast {
namespace {

// Enough buckets that most names stand where their hash says.
constexpr size_t kBucketsPerName = 2;

std::vector<CommandSpec> PutTogether() {
  std::vector<CommandSpec> rows;
  for (const absl::Span<const CommandSpec> part :
       {StringRows(), ListRows(), KeyRows(), ConnectionRows(), ServerRows(), PersistenceRows(),
        ClusterRows(), ClusterApiRows()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  std::sort(rows.begin(), rows.end(), [](const CommandSpec& left, const CommandSpec& right) {
    return left.name < right.name;
  });
  CommandSpec* container = nullptr;
  for (size_t i = 0; i < rows.size(); ++i) {
    CommandSpec& row = rows[i];
    row.index = static_cast<uint16_t>(i);
    CHECK(i == 0 || rows[i - 1].name != row.name);
    const size_t bar = row.name.find('|');
    if (bar == absl::string_view::npos) {
      container = &row;
      continue;
    }
    CHECK(container != nullptr);
    CHECK(container->name == row.name.substr(0, bar));
    ++container->subcommand_count;
  }
  return rows;
}

// Up to eight bytes as a little-endian word, without reading past the end.
uint64_t LoadWord(const char* bytes, size_t size) {
  if (size >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
  }
  if (size >= 4) {
    uint32_t front, back;
    std::memcpy(&front, bytes, 4);
    std::memcpy(&back, bytes + size - 4, 4);
    return front | uint64_t{back} << (8 * (size - 4));
  }
  if (size == 0) return 0;
  const auto byte = [&](size_t at) {
    return uint64_t{static_cast<uint8_t>(bytes[at])} << (8 * at);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

// Eight bytes at once: A-Z to a-z, all others as they are.
uint64_t FoldWord(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  // Bytes of 128 and more are no letters; without their top bit the sums below do not carry over.
  const uint64_t low_bits = word & (0x7f * kEach);
  const uint64_t at_least_a = low_bits + (0x80 - 'A') * kEach;
  const uint64_t above_z = low_bits + (0x80 - 'Z' - 1) * kEach;
  const uint64_t upper = at_least_a & ~above_z & ~word & (0x80 * kEach);
  return word | upper >> 2;
}

}  // namespace

absl::Span<const CommandSpec> AllCommands() {
  static const std::vector<CommandSpec>& rows = *new std::vector<CommandSpec>(PutTogether());
  return rows;
}

size_t CommandTable::FoldedName::Hash() const {
  return MixBits(low ^ std::rotl(high, 23) ^ length);
}

CommandTable::FoldedName CommandTable::Fold(absl::string_view name) {
  FoldedName folded{.low = FoldWord(LoadWord(name.data(), name.size())), .length = name.size()};
  if (name.size() > 8) folded.high = FoldWord(LoadWord(name.data() + 8, name.size() - 8));
  return folded;
}

CommandTable::CommandTable(absl::Span<const Rename> renames)
    : buckets_(std::bit_ceil(AllCommands().size() * kBucketsPerName)) {
  for (const CommandSpec& spec : AllCommands()) {
    if (IsSubcommand(spec)) continue;
    absl::string_view name = spec.name;
    for (const Rename& rename : renames) {
      if (absl::EqualsIgnoreCase(rename.from, spec.name)) name = rename.to;
    }
    if (!name.empty()) Insert(name, spec);
  }
}

void CommandTable::Insert(absl::string_view name, const CommandSpec& spec) {
  const FoldedName folded = Fold(name);
  size_t at = folded.Hash() & (buckets_.size() - 1);
  while (buckets_[at].spec != nullptr) {
    // Two commands under one name: the first in the alphabet has it.
    if (absl::EqualsIgnoreCase(buckets_[at].name, name)) return;
    at = (at + 1) & (buckets_.size() - 1);
  }
  buckets_[at] = {folded, std::string(name), &spec};
}

const CommandSpec* CommandTable::FindTopLevel(absl::string_view name) const {
  const FoldedName folded = Fold(name);
  for (size_t at = folded.Hash() & (buckets_.size() - 1); buckets_[at].spec != nullptr;
       at = (at + 1) & (buckets_.size() - 1)) {
    const Bucket& bucket = buckets_[at];
    if (bucket.folded != folded) continue;
    // Two words hold sixteen bytes; only an operator chooses longer names.
    if (name.size() > 16 && !absl::EqualsIgnoreCase(bucket.name, name)) continue;
    return bucket.spec;
  }
  return nullptr;
}

const CommandSpec* CommandTable::Find(Arguments arguments) const {
  const CommandSpec* spec = FindTopLevel(arguments[0]);
  if (spec == nullptr || spec->subcommand_count == 0 || arguments.size() < 2) return spec;
  for (const CommandSpec& subcommand : Subcommands(*spec)) {
    if (absl::EqualsIgnoreCase(subcommand.name.substr(spec->name.size() + 1), arguments[1])) {
      return &subcommand;
    }
  }
  return spec;
}

const CommandSpec* CommandTable::FindByName(absl::string_view name) const {
  const size_t bar = name.find('|');
  if (bar == absl::string_view::npos) return FindTopLevel(name);
  const absl::string_view words[] = {name.substr(0, bar), name.substr(bar + 1)};
  const CommandSpec* spec = Find(words);
  return spec != nullptr && IsSubcommand(*spec) ? spec : nullptr;
}

}  // namespace holdfast
