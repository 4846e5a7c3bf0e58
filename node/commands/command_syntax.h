// A command's arguments as one line of text, and as the tree that COMMAND DOCS answers.
//
//   key value [NX | XX] [GET] [EX seconds:integer | KEEPTTL]
//
//   word          an argument; ":type" behind it tells its type. A word without one is a string,
//   the
//                 word "key" is a key.
//   WORD          a token that stands for itself; one that an argument or a group follows
//   introduces
//                 it, as in "EX seconds:integer"
//   ( ... )       a group; with '|' one of several alternatives, otherwise all of it in this order
//   [ ... ]       the same, and it may be left out
//   x ...         the argument or group before the dots may be repeated
//
// A token takes the next element if that is a lower-case word or a '(' group, so a token that
// stands alone never precedes one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast {

struct SyntaxArgument {
  // Names and tokens point into the text. A group that a token introduces has the token's name, any
  // other group one made of its members' names.
  std::string name;
  std::string
      type;  // as COMMAND DOCS spells it: "string", "key", "oneof", "block", "pure-token", ...
  absl::string_view token;
  bool optional = false;
  bool repeated = false;
  std::vector<SyntaxArgument> members;  // of "oneof" and "block"
};

// Nothing if the text does not follow the rules above.
std::optional<std::vector<SyntaxArgument>> ParseSyntax(absl::string_view syntax);

// The text without the types, for people.
std::string UsageOf(absl::string_view syntax);

}  // namespace holdfast
