// MARK("name"): a note beside a branch that is rarely taken, to prove that tests do take it.
//
//   if (!successor_answers) {
//     MARK("switchover gives up");
//     return Resume();
//   }
//
// The simulator's build counts how often each mark is passed and lists those that never were
// (`kvsim marks`); elsewhere a mark is nothing. Names are sentences, unique in the program. A mark
// may stand on any thread's path, but is counted without synchronisation: the simulator has one.
#pragma once

#ifdef HOLDFAST_PLANTED_BUGS

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast {

// One mark of the program; all of them are linked before main begins.
class Mark {
 public:
  explicit Mark(absl::string_view name) : name_(name), next_(first_) { first_ = this; }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  void Pass() { ++passed_; }
  absl::string_view name() const { return name_; }
  uint64_t passed() const { return passed_; }
  // All marks, in no particular order.
  static Mark* first() { return first_; }
  Mark* next() const { return next_; }

 private:
  static inline Mark* first_ = nullptr;
  const absl::string_view name_;
  Mark* const next_;
  uint64_t passed_ = 0;
};

namespace mark_internal {

template <size_t kSize>
struct Name {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is to become a template argument.
  consteval Name(const char (&text)[kSize]) { std::copy_n(text, kSize, characters); }
  char characters[kSize];
};

template <Name kName>
struct Site {
  static inline Mark mark{absl::string_view(kName.characters)};
};

}  // namespace mark_internal
}  // namespace holdfast

#define MARK(name) ::holdfast::mark_internal::Site<name>::mark.Pass()

#else

#define MARK(name) static_cast<void>(0)

#endif
