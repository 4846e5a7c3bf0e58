// Numbers as bytes: little endian, without padding, wherever they lie.
#pragma once

#include <bit>
#include <cstring>

#include "absl/strings/string_view.h"
#include "net/base/buffer.h"

namespace holdfast {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

template <typename Number>
Number LoadNumber(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof(number));
  return number;
}

// Returns the end.
template <typename Number>
char* StoreNumber(char* at, Number number) {
  std::memcpy(at, &number, sizeof(number));
  return at + sizeof(number);
}

template <typename Number>
void AppendNumber(Buffer& to, Number number) {
  StoreNumber(to.Extend(sizeof(number)), number);
}

// Takes a number off the front; false, and nothing is taken, if the bytes are too few.
template <typename Number>
bool TakeNumber(absl::string_view& bytes, Number& number) {
  if (bytes.size() < sizeof(number)) return false;
  number = LoadNumber<Number>(bytes.data());
  bytes.remove_prefix(sizeof(number));
  return true;
}

}  // namespace holdfast
