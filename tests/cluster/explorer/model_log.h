// A log of small values, as a node of an imagined world keeps it. Its front may be forgotten.
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
  ModelLog() = default;
  explicit ModelLog(LogPosition base) : base_(base) {}

  LogPosition Base() const override { return base_; }
  LogPosition Tail() const override { return *PositionAt(Lsn{base_.lsn.value + records_.size()}); }
  std::optional<LogPosition> PositionAt(Lsn lsn) const override {
    if (lsn < base_.lsn || lsn.value > base_.lsn.value + records_.size()) return std::nullopt;
    const uint64_t count = lsn.value - base_.lsn.value;
    if (count == 0) return base_;
    return LogPosition{records_[count - 1].epoch, lsn, hashes_[count - 1]};
  }

  void Append(ModelRecord record) {
    uint64_t hash = hashes_.empty() ? base_.hash : hashes_.back();
    hash = (hash ^ (record.epoch.value << 8) ^ record.value) * 0x9E37'79B9'7F4A'7C15;
    hashes_.push_back(hash ^ (hash >> 29));
    records_.push_back(record);
  }
  void CutTo(Lsn lsn) {
    records_.resize(lsn.value - base_.lsn.value);
    hashes_.resize(lsn.value - base_.lsn.value);
  }
  void ForgetUpTo(Lsn lsn) {
    const LogPosition base = *PositionAt(lsn);
    const auto count = static_cast<int64_t>(lsn.value - base_.lsn.value);
    records_.erase(records_.begin(), records_.begin() + count);
    hashes_.erase(hashes_.begin(), hashes_.begin() + count);
    base_ = base;
  }
  // Those after Base().
  const std::vector<ModelRecord>& records() const { return records_; }
  // The values up to a position, as a set of bits; of a log that forgot nothing.
  uint32_t ValuesUpTo(Lsn lsn) const {
    uint32_t values = 0;
    for (size_t index = 0; index < records_.size() && index < lsn.value; ++index) {
      if (records_[index].value != 0) values |= 1U << records_[index].value;
    }
    return values;
  }
  auto Fields() const { return std::tie(base_, records_); }

 private:
  LogPosition base_;
  std::vector<ModelRecord> records_;
  std::vector<uint64_t> hashes_;
};

}  // namespace holdfast::explorer
