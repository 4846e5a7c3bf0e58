// EntryDecoder: one entry out of the snapshot stream, whatever pieces its bytes come in.
//
//   database, form -> [deadline] -> key size -> key -> integer
//                                                   -> size -> text
//                                                   -> count -> (size -> element) * count
//
// Bytes may come from anywhere. What is not an entry is refused with a reason; nothing is reserved
// for sizes before their bytes are there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "storage/keyspace/entry.h"
#include "storage/snapshot/stream_format.h"
#include "storage/types/list.h"

namespace holdfast {

class EntryDecoder {
 public:
  explicit EntryDecoder(const ListLimits& list_limits) : list_limits_(list_limits) {}

  // Takes the next bytes of the entry; an error if some are left over at its end, or make no sense.
  absl::Status Feed(absl::string_view bytes);
  // Whether no byte of an entry has come yet.
  bool idle() const { return stage_ == Stage::kHead && filled_ == 0; }
  bool done() const { return stage_ == Stage::kDone; }

  // done(): the entry. The value's text is good until the next call; a list is the caller's.
  DatabaseId database() const { return database_; }
  std::optional<Millis> deadline() const { return deadline_; }
  absl::string_view key() const { return key_; }
  Value TakeValue();
  // Gets ready for the next entry.
  void Reset();

 private:
  enum class Stage {
    kHead,
    kDeadline,
    kKeySize,
    kKey,
    kInteger,
    kTextSize,
    kText,
    kCount,
    kElementSize,
    kElement,
    kDone,
  };

  // Each takes from the front of `bytes` and tells whether what it collects is complete.
  bool CollectFixed(size_t count, absl::string_view& bytes);
  bool CollectVarint(absl::string_view& bytes);
  bool CollectText(std::string& text, absl::string_view& bytes);

  absl::Status Advance(absl::string_view& bytes);
  absl::Status TakeHead();
  void StartValue();
  absl::Status StartText();
  absl::Status StartList();
  absl::Status StartElement();
  void FinishElement();

  const ListLimits list_limits_;
  Stage stage_ = Stage::kHead;
  char fixed_[8];
  size_t filled_ = 0;  // bytes of fixed_ or of a varint so far
  uint64_t varint_ = 0;
  uint64_t text_left_ = 0;  // bytes that a key, text or element still lacks

  DatabaseId database_;
  snapshot_format::Form form_ = snapshot_format::Form::kText;
  std::optional<Millis> deadline_;
  std::string key_;
  std::string text_;  // or an element
  int64_t integer_ = 0;
  uint64_t elements_left_ = 0;
  std::unique_ptr<List> list_;
};

}  // namespace holdfast
