#include <string>

#include "gtest/gtest.h"
#include "net/resp/reply_length.h"

namespace holdfast {
namespace {

TEST(RespLengthTest, EveryKindIsAsLongAsItIs) {
  for (const std::string reply :
       {"+OK\r\n", "-ERR no\r\n", ":-42\r\n", "$4\r\na\r\nb\r\n", "$0\r\n\r\n", "$-1\r\n",
        "*-1\r\n", "_\r\n", ",-1.5e3\r\n", "#t\r\n", "(-12345678901234567890\r\n",
        "=8\r\ntxt:text\r\n", "!6\r\nERR no\r\n", "*0\r\n", "*2\r\n:1\r\n$1\r\nx\r\n",
        "*3\r\n*0\r\n%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n>1\r\n+m\r\n",
        "*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:9\r\n:2\r\n"}) {
    EXPECT_EQ(ReplyLength(reply + "+next\r\n"), reply.size()) << reply;
    for (size_t size = 0; size < reply.size(); ++size) {
      EXPECT_EQ(ReplyLength(reply.substr(0, size)), absl::nullopt) << reply << " cut at " << size;
    }
  }
}

TEST(RespLengthTest, WhatIsNoReplyHasNoLength) {
  for (const std::string bytes : {"", "OK\r\n", "$x\r\n", "*9999999999999999999\r\n", "$\r\n",
                                  "*5000000000\r\n", "$99999999999\r\nab\r\n"}) {
    EXPECT_EQ(ReplyLength(bytes), absl::nullopt) << bytes;
  }
}

}  // namespace
}  // namespace holdfast
