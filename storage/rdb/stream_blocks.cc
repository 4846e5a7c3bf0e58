#include "storage/rdb/stream_blocks.h"

#include <cstring>
#include <vector>

#include "net/base/status.h"
#include "storage/rdb/packed_blocks.h"

namespace holdfast::rdb {
namespace {

constexpr int64_t kDeleted = 1;
constexpr int64_t kSameFields = 2;
// Of a head; nobody names more, and they are kept while the block is read.
constexpr int64_t kHeadFieldsMax = 1 << 20;

struct StreamId {
  uint64_t milliseconds = 0;
  uint64_t sequence = 0;
};

absl::StatusOr<StreamId> ReadId(absl::string_view bytes) {
  uint64_t numbers[2];
  if (bytes.size() != sizeof(numbers)) {
    return absl::DataLossError("a stream's block has not the id that it should");
  }
  std::memcpy(numbers, bytes.data(), sizeof(numbers));
  return StreamId{__builtin_bswap64(numbers[0]), __builtin_bswap64(numbers[1])};
}

// Takes the elements of one block, one after another.
class BlockWalk {
 public:
  BlockWalk(const StreamId& first, ElementVisitor& visitor) : first_(first), visitor_(visitor) {}

  absl::Status Take(const PackedElement& element) {
    if (IsText()) return TakeText(element);
    if (!element.is_integer) return absl::DataLossError("a stream has a text instead of a number");
    return TakeNumber(element.integer);
  }
  // Between two entries, and no head is missing.
  bool at_end() const { return stage_ == Stage::kFlags; }

 private:
  enum class Stage {
    kCount,
    kDeletedCount,
    kHeadFields,
    kHeadField,
    kHeadEnd,
    kFlags,
    kMilliseconds,
    kSequence,
    kFields,
    kField,
    kValue,
    kElements,
  };

  bool IsText() const {
    return stage_ == Stage::kHeadField || stage_ == Stage::kField || stage_ == Stage::kValue;
  }

  absl::Status TakeText(const PackedElement& element) {
    if (stage_ == Stage::kHeadField) {
      fields_.push_back(element);
      if (--left_ == 0) stage_ = Stage::kHeadEnd;
    } else if (stage_ == Stage::kField) {
      field_ = element;
      stage_ = Stage::kValue;
    } else {
      const bool same = (flags_ & kSameFields) != 0;
      if (same) field_ = fields_[fields_.size() - static_cast<size_t>(left_)];
      IntegerText scratch[2];
      if ((flags_ & kDeleted) == 0) {
        visitor_.OnField(field_.Text(scratch[0]), element.Text(scratch[1]));
      }
      stage_ = --left_ == 0 ? Stage::kElements : same ? Stage::kValue : Stage::kField;
    }
    return absl::OkStatus();
  }

  absl::Status TakeNumber(int64_t number) {
    switch (stage_) {
      case Stage::kHeadFields:
        if (number < 0 || number > kHeadFieldsMax) return BadCount();
        left_ = number;
        stage_ = left_ == 0 ? Stage::kHeadEnd : Stage::kHeadField;
        return absl::OkStatus();
      case Stage::kFlags:
        flags_ = number;
        stage_ = Stage::kMilliseconds;
        return absl::OkStatus();
      case Stage::kMilliseconds:
        id_.milliseconds = first_.milliseconds + static_cast<uint64_t>(number);
        stage_ = Stage::kSequence;
        return absl::OkStatus();
      case Stage::kSequence:
        id_.sequence = first_.sequence + static_cast<uint64_t>(number);
        if ((flags_ & kDeleted) == 0) visitor_.OnStreamEntry(id_.milliseconds, id_.sequence);
        if ((flags_ & kSameFields) == 0) {
          stage_ = Stage::kFields;
          return absl::OkStatus();
        }
        left_ = static_cast<int64_t>(fields_.size());
        stage_ = left_ == 0 ? Stage::kElements : Stage::kValue;
        return absl::OkStatus();
      case Stage::kFields:
        if (number < 0) return BadCount();
        left_ = number;
        stage_ = left_ == 0 ? Stage::kElements : Stage::kField;
        return absl::OkStatus();
      case Stage::kElements:
        stage_ = Stage::kFlags;
        return absl::OkStatus();
      default:  // the head's first two numbers, and the zero at its end
        stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
        return absl::OkStatus();
    }
  }

  static absl::Status BadCount() {
    return absl::DataLossError("a stream's entry has an impossible number of fields");
  }

  const StreamId first_;
  ElementVisitor& visitor_;
  Stage stage_ = Stage::kCount;
  std::vector<PackedElement> fields_;  // of the head; they point into the block
  int64_t flags_ = 0;
  StreamId id_;
  int64_t left_ = 0;  // fields still to come, of the head or the entry
  PackedElement field_;
};

}  // namespace

absl::Status WalkStream(Window& window, ElementVisitor& visitor) {
  ASSIGN_OR_RETURN(const uint64_t blocks, window.Length());
  for (uint64_t i = 0; i < blocks; ++i) {
    ASSIGN_OR_RETURN(const FileString key, window.String());
    ASSIGN_OR_RETURN(const StreamId first, ReadId(key.view()));
    ASSIGN_OR_RETURN(const FileString block, window.String());
    BlockWalk walk(first, visitor);
    RETURN_IF_ERROR(ReadListpack(block.view(),
                                 [&](const PackedElement& element) { return walk.Take(element); }));
    if (!walk.at_end()) return absl::DataLossError("a stream's block ends within an entry");
  }
  return absl::OkStatus();
}

}  // namespace holdfast::rdb
