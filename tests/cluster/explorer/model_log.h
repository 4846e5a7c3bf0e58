// A log of small values, as a node of the explored world keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "cluster/core/log_view.h"

namespace holdfast::explorer {

struct ModelRecord {
  Epoch epoch;
  uint8_t value = 0;  // 0: an epoch's no-op
  bool operator==(const ModelRecord&) const = default;
  auto Fields() const { return std::tie(epoch, value); }
};

class ModelLog final : public LogView {
 public:
  LogPosition Base() const override { return {}; }
  LogPosition Tail() const override { return *PositionAt(Lsn{records_.size()}); }
  std::optional<LogPosition> PositionAt(Lsn lsn) const override {
    if (lsn.value > records_.size()) return std::nullopt;
    if (lsn.value == 0) return LogPosition{};
    return LogPosition{records_[lsn.value - 1].epoch, lsn, hashes_[lsn.value - 1]};
  }

  void Append(ModelRecord record) {
    uint64_t hash = hashes_.empty() ? 0 : hashes_.back();
    hash = (hash ^ (record.epoch.value << 8) ^ record.value) * 0x9E37'79B9'7F4A'7C15;
    hashes_.push_back(hash ^ (hash >> 29));
    records_.push_back(record);
  }
  void CutTo(Lsn lsn) {
    records_.resize(lsn.value);
    hashes_.resize(lsn.value);
  }
  const std::vector<ModelRecord>& records() const { return records_; }
  // The values up to a position, as a set of bits.
  uint32_t ValuesUpTo(Lsn lsn) const {
    uint32_t values = 0;
    for (size_t index = 0; index < records_.size() && index < lsn.value; ++index) {
      if (records_[index].value != 0) values |= 1U << records_[index].value;
    }
    return values;
  }
  auto Fields() const { return std::tie(records_); }

 private:
  std::vector<ModelRecord> records_;
  std::vector<uint64_t> hashes_;
};

}  // namespace holdfast::explorer
