// One question to each of many nodes, at the same time, and an answer about each of them in bounded
// time: what the node said, or why nothing is known of it.
//
// A question is one command on a connection of its own. One thread waits for all of them; only the
// resolution of host names, which addresses do not need, happens one after the other.
#pragma once

#include <string>
#include <vector>

#include "net/base/types.h"
#include "net/resp/reply_value.h"
#include "tools/kvctl/address.h"

namespace holdfast::kvctl {

struct Question {
  Endpoint to;
  std::vector<std::string> words;
  bool any = false;  // every kind of reply is an answer, not only text
};

struct Answer {
  enum class Kind {
    kText,          // a string reply
    kValue,         // another reply, where any will do
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
  ReplyValue value;  // the reply as a tree, where any will do
};

struct AskOptions {
  std::string user;      // empty: the default user
  std::string password;  // empty: none is sent
  Nanos patience;        // for all answers together
};

// In the order of the questions.
std::vector<Answer> AskAll(const std::vector<Question>& questions, const AskOptions& options);

}  // namespace holdfast::kvctl
