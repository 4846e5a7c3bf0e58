// Replies as text that a person writes and a test compares: redis-cli's look, made exact.
//
//   RESP                       text                       RESP                 text
//   +OK                        OK                         _ , $-1              (nil)
//   +(odd) text                (simple) "(odd) text"      *-1                  (nil array)
//   -ERR no                    (error) ERR no             *0 %0 ~0 >0          (empty array) (empty
//   map) :7                         (integer) 7                                     (empty set)
//   (empty push) $2 hi                      "hi"                       ,1.5 (double) 1.5 #t #f
//   (true) (false)             (123                 (big number) 123 =txt:hi (verbatim) "hi" !ERR
//   no              (bulk error) ERR no
//
//   *2 :1 *1 $1 a     1) (integer) 1        %1 $1 k :1     1# "k" => (integer) 1
//                     2) 1) "a"             ~1 $1 m        1~ "m"
//                                           >1 $1 p        1> "p"
//
// An expectation is such a text in which any element may be a pattern instead:
//
//   (any)               any one value, aggregates included
//   (integer 5..9)      an integer in that range, ends included
//   (has "a" "b")       a string or error that contains each of the texts
//   ~ regex             a value whose text, as above, matches the whole POSIX extended regex
//   (any order)         the aggregate that starts on the next line, its elements in any order
//
// Element numbers count from 1; element lines are indented to the column behind their parent's
// number. A number 1 in the first column begins the next reply.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/resp/reply_value.h"

namespace holdfast {

// The text of a reply, without the last line end. Two replies have one text only if they are equal.
std::string FormatReply(const ReplyValue& reply);

// What a reply must look like.
class ReplyPattern {
 public:
  virtual ~ReplyPattern() = default;
  virtual bool Matches(const ReplyValue& reply) const = 0;
};

// Reads the expectations that `lines` hold, in order.
absl::StatusOr<std::vector<std::unique_ptr<ReplyPattern>>> ParseReplyPatterns(
    absl::Span<const std::string> lines);

// Whether the line holds a pattern rather than the text of one value.
bool HoldsPattern(absl::string_view line);

// Reads a text in double quotes with the escapes of QuoteBytes from the front of `text`.
absl::StatusOr<std::string> TakeQuoted(absl::string_view& text);

}  // namespace holdfast
