// LargeValue: an entry that is too large for a block, on its way into a snapshot piece by piece.
//
//   bytes     | head: database, form, deadline, key, size | value .................... |
//                                                          ^ written so far
//
// Where the value is, strings being opaque values too:
//
//   in place     a string, in its entry; read and told about under its slot's lock only
//   taken        a string, in an entry that is no longer in any table
//   copied       a string, what had not been written when it was about to be edited
//   list         shared with the live one
//
// It never goes back to being in place, and one that is not needs no slot lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/base/types.h"
#include "storage/keyspace/entry.h"
#include "storage/types/list.h"

namespace holdfast {

class LargeValue {
 public:
  // A string in place, or a list, which is shared; `head` has its size or count in it. Or an
  // integer, all of which is in `head`.
  LargeValue(std::string head, Slot slot, Entry* entry);
  LargeValue(const LargeValue&) = delete;
  LargeValue& operator=(const LargeValue&) = delete;

  Slot slot() const { return slot_; }
  bool in_place() const { return where_ == Where::kInPlace; }
  // What the live side knows it by: the entry of a string, a list itself, null for an integer.
  const void* object() const { return object_; }
  // Memory that is there for the snapshot alone; of a list an estimate from above.
  size_t held_bytes() const { return held_bytes_; }

  // Writes the next bytes, at most `room` of them, and returns where they end.
  char* Write(char* out, size_t room);
  bool done() const { return done_; }

  // The entry belongs to this from now on.
  void Take();
  // The entry's string is about to change.
  void Copy();
  // The live list is about to be edited, or went away as a whole.
  void NoteListEdit();
  void NoteListGone() { held_bytes_ = list_bytes_; }
  // The entry that was taken, to be given back; null if none was. It is forgotten here.
  Entry* ReleaseEntry();

 private:
  enum class Where { kInPlace, kTaken, kCopied, kList };

  char* WriteString(char* out, size_t room);
  char* WriteList(char* out, size_t room);

  const std::string head_;
  const Slot slot_;
  Where where_ = Where::kInPlace;
  const void* object_;
  Entry* entry_ = nullptr;
  size_t head_written_ = 0;
  size_t value_written_ = 0;  // of a string
  std::string copy_;          // from value_written_ of the moment of copying on
  size_t copied_from_ = 0;
  std::optional<List> list_;
  std::optional<List::Cursor> cursor_;
  size_t element_written_ = 0;
  size_t list_bytes_ = 0;
  size_t held_bytes_ = 0;
  bool done_ = false;
};

}  // namespace holdfast
