// Window: what has come of an RDB so far, read from the front.
//
// Every call takes what it names off the front, or fails and leaves the window in between:
//
//   OutOfRange   the bytes are not there yet: with more of them the same calls, made again from the
//                start, may succeed. missing() says how many more there must be at least.
//   DataLoss     no bytes that follow can make sense of these.
//
// Nothing is allocated for sizes before their bytes are there, and a compressed string at most what
// its compressed bytes can hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/number_bytes.h"
#include "net/base/status.h"

namespace holdfast::rdb {

// A string as the file has it: the bytes in the window, or decoded ones.
class FileString {
 public:
  FileString() = default;
  explicit FileString(absl::string_view bytes) : view_(bytes) {}
  explicit FileString(std::string decoded) : decoded_(std::move(decoded)), is_decoded_(true) {}
  // Good while the window's bytes are and this object lives.
  absl::string_view view() const { return is_decoded_ ? absl::string_view(decoded_) : view_; }

 private:
  absl::string_view view_;
  std::string decoded_;
  bool is_decoded_ = false;
};

class Window {
 public:
  explicit Window(absl::string_view bytes) : rest_(bytes) {}

  absl::string_view rest() const { return rest_; }
  // After an OutOfRange: so many more bytes are needed at least.
  size_t missing() const { return missing_; }

  absl::StatusOr<absl::string_view> Bytes(uint64_t count);
  // A number as the machine has it, which is little endian.
  template <typename Number>
  absl::StatusOr<Number> Fixed() {
    ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(sizeof(Number)));
    return LoadNumber<Number>(bytes.data());
  }
  absl::StatusOr<uint64_t> Length();
  absl::StatusOr<FileString> String();
  // As String, but what it says is not of interest.
  absl::Status SkipString();

 private:
  struct Head {
    bool encoded = false;
    uint64_t value = 0;  // the length, or the encoding
  };
  absl::StatusOr<Head> ReadHead();
  template <typename Number>
  absl::StatusOr<FileString> IntegerString();
  absl::StatusOr<FileString> CompressedString();

  absl::string_view rest_;
  size_t missing_ = 0;
};

}  // namespace holdfast::rdb
