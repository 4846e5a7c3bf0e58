// ReplyValue: one reply as a tree, for whoever reads replies rather than writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

struct ReplyValue {
  enum class Kind {
    kSimple,     // +  text
    kError,      // -  text
    kInteger,    // :  integer
    kBulk,       // $  text
    kNull,       // $-1 or _
    kNullArray,  // *-1
    kArray,      // *  children
    kMap,        // %  children: key, value, key, value, ...
    kSet,        // ~  children
    kPush,       // >  children
    kDouble,     // ,  real; text as received
    kBoolean,    // #  integer, 0 or 1
    kBigNumber,  // (  text
    kVerbatim,   // =  text, without its format
    kBulkError,  // !  text
  };

  Kind kind = Kind::kNull;
  std::string text;
  int64_t integer = 0;
  double real = 0;
  std::vector<ReplyValue> children;
  // Of the attribute frame that came before the value: key, value, ...
  std::vector<ReplyValue> attributes;

  bool is_error() const { return kind == Kind::kError || kind == Kind::kBulkError; }
  bool is_null() const { return kind == Kind::kNull || kind == Kind::kNullArray; }
  // Equal as received; doubles are compared by their text, so that nan equals nan.
  bool operator==(const ReplyValue& other) const;
  // As redis-cli prints it on a terminal, without the last line end.
  std::string ToString() const;
};

// Bytes in double quotes with \n, \r, \t, \a, \b, \\, \" and \xHH for what does not print.
std::string QuoteBytes(const std::string& bytes);

}  // namespace holdfast
