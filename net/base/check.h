// Checks that stay alive in release builds.
//
// A CHECK states what the surrounding code relies on. When it does not hold, the process prints the
// expression, the place and both values, and aborts: a node that is wrong about itself must stop,
// its peers are the redundancy. Checks are for programmer errors only; bad input from a client or a
// peer is answered with an error, a failed system call with a Status.
#pragma once

#include <sstream>
#include <string>

namespace holdfast {

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line,
                              const std::string& detail);

namespace check_internal {

template <typename Value>
void Print(std::ostringstream& out, const Value& value) {
  if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "<" << sizeof(Value) << "-byte value>";
  }
}

template <typename Left, typename Right>
std::string Values(const Left& left, const Right& right) {
  std::ostringstream out;
  Print(out, left);
  out << " vs ";
  Print(out, right);
  return out.str();
}

}  // namespace check_internal
}  // namespace holdfast

#define CHECK(condition)                             \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::holdfast::CheckFailed(#condition, __FILE__, __LINE__, ""))

#define HOLDFAST_CHECK_OP(left, op, right)                                                  \
  do {                                                                                      \
    const auto& check_left = (left);                                                        \
    const auto& check_right = (right);                                                      \
    if (__builtin_expect(!(check_left op check_right), 0)) {                                \
      ::holdfast::CheckFailed(#left " " #op " " #right, __FILE__, __LINE__,                 \
                              ::holdfast::check_internal::Values(check_left, check_right)); \
    }                                                                                       \
  } while (false)

#define CHECK_EQ(left, right) HOLDFAST_CHECK_OP(left, ==, right)
#define CHECK_NE(left, right) HOLDFAST_CHECK_OP(left, !=, right)
#define CHECK_LT(left, right) HOLDFAST_CHECK_OP(left, <, right)
#define CHECK_LE(left, right) HOLDFAST_CHECK_OP(left, <=, right)
#define CHECK_GT(left, right) HOLDFAST_CHECK_OP(left, >, right)
#define CHECK_GE(left, right) HOLDFAST_CHECK_OP(left, >=, right)
