// One question to each of many nodes, at the same time, and an answer about each of them in bounded
// time: what the node said, or why nothing is known of it.
//
// A question is one command on a connection of its own. One thread waits for all of them; only the
// resolution of host names, which addresses do not need, happens one after the other.
#pragma once

#include <string>
#include <vector>

#include "net/base/types.h"
#include "tools/kvctl/address.h"

namespace holdfast::kvctl {

struct Question {
  Endpoint to;
  std::vector<std::string> words;
};

struct Answer {
  enum class Kind {
    kText,          // a string reply
    kError,         // an error reply
    kUnauthorized,  // an error reply that asks for other credentials
    kUnreachable,   // the question was not sent
    kSilent,        // the question was sent; no answer, and its effect is unknown
    kGarbage,       // something that no node says
    kInterrupted,   // the user did not want to wait
  };
  Kind kind = Kind::kUnreachable;
  std::string text;  // the reply, or one line that says why there is none
  Nanos took;
};

struct AskOptions {
  std::string user;      // empty: the default user
  std::string password;  // empty: none is sent
  Nanos patience;        // for all answers together
};

// In the order of the questions.
std::vector<Answer> AskAll(const std::vector<Question>& questions, const AskOptions& options);

}  // namespace holdfast::kvctl
