// What is told when something did not work: what, why, what to do next, and a code.
//
//   error: peer port 17003 of n3 cannot be used from n1
//     why:  connection timed out after 3 s
//     try:  open 17003/tcp, then run the same command again
//     [PEER_UNREACHABLE, exit 3] nothing was changed
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <variant>

#include "net/base/check.h"
#include "tools/kvctl/exit_code.h"

namespace holdfast::kvctl {

struct Failure {
  ExitCode exit = ExitCode::kFailed;
  std::string code;    // for scripts: CAPITALS_WITH_UNDERSCORES
  std::string what;    // one line
  std::string why;     // may be empty
  std::string next;    // a command, or what to do; may be empty
  std::string effect;  // what has happened all the same; may be empty
};

// Lines, each with its end.
std::string FailureText(const Failure& failure);
nlohmann::json FailureJson(const Failure& failure);

Failure UsageFailure(std::string what, std::string next = "kvctl help");

// A value, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Result(Failure failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  T& operator*() { return Value(); }
  T* operator->() { return &Value(); }
  const Failure& failure() const {
    CHECK(!ok());
    return *std::get_if<Failure>(&state_);
  }

 private:
  T& Value() {
    CHECK(ok());
    return *std::get_if<T>(&state_);
  }

  std::variant<T, Failure> state_;
};

// Success has nothing to say.
using Done = Result<std::monostate>;
inline Done Succeeded() { return std::monostate{}; }

}  // namespace holdfast::kvctl
