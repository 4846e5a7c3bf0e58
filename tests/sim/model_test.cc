#include "sim/model.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

Command Words(absl::string_view line) { return absl::StrSplit(line, ' '); }

class ModelTest : public testing::Test {
 protected:
  // The reply as redis-cli would print it, one line.
  std::string Do(absl::string_view line) {
    model_.EraseDue(now_);
    std::string text = model_.Execute(Words(line), {now_, now_}).ToString();
    for (char& byte : text) byte = byte == '\n' ? ' ' : byte;
    return text;
  }
  Model model_;
  Millis now_{1'000'000};
};

TEST_F(ModelTest, Strings) {
  EXPECT_EQ(Do("GET k"), "(nil)");
  EXPECT_EQ(Do("SET k v"), "OK");
  EXPECT_EQ(Do("GET k"), "\"v\"");
  EXPECT_EQ(Do("SET k w NX"), "(nil)");
  EXPECT_EQ(Do("SET k w XX GET"), "\"v\"");
  EXPECT_EQ(Do("SET other w XX"), "(nil)");
  EXPECT_EQ(Do("SET other w NX GET"), "(nil)");
  EXPECT_EQ(Do("GET other"), "\"w\"");
  EXPECT_EQ(Do("APPEND k xyz"), "(integer) 4");
  EXPECT_EQ(Do("STRLEN k"), "(integer) 4");
  EXPECT_EQ(Do("INCRBY k 2"), "(error) ERR value is not an integer or out of range");
  EXPECT_EQ(Do("INCRBY n 5"), "(integer) 5");
  EXPECT_EQ(Do("DECRBY n 7"), "(integer) -2");
  EXPECT_EQ(Do("SET n 9223372036854775807"), "OK");
  EXPECT_EQ(Do("INCRBY n 1"), "(error) ERR increment or decrement would overflow");
  EXPECT_EQ(Do("GETSET k new"), "\"wxyz\"");
  EXPECT_EQ(Do("GETDEL k"), "\"new\"");
  EXPECT_EQ(Do("EXISTS k n n"), "(integer) 2");
  EXPECT_EQ(Do("MSET a 1 b 2"), "OK");
  EXPECT_EQ(Do("MGET a none b"), "1) \"1\" 2) (nil) 3) \"2\"");
  EXPECT_EQ(Do("SETNX a 2"), "(integer) 0");
}

TEST_F(ModelTest, Lists) {
  EXPECT_EQ(Do("RPUSH l a b c"), "(integer) 3");
  EXPECT_EQ(Do("LPUSH l z"), "(integer) 4");
  EXPECT_EQ(Do("LRANGE l 0 -1"), "1) \"z\" 2) \"a\" 3) \"b\" 4) \"c\"");
  EXPECT_EQ(Do("LRANGE l -2 100"), "1) \"b\" 2) \"c\"");
  EXPECT_EQ(Do("LRANGE l 3 1"), "(empty array)");
  EXPECT_EQ(Do("LINDEX l -1"), "\"c\"");
  EXPECT_EQ(Do("LPOP l"), "\"z\"");
  EXPECT_EQ(Do("RPOP l 2"), "1) \"c\" 2) \"b\"");
  EXPECT_EQ(Do("LMOVE l m LEFT RIGHT"), "\"a\"");
  EXPECT_EQ(Do("EXISTS l"), "(integer) 0");
  EXPECT_EQ(Do("RPUSH m b"), "(integer) 2");
  EXPECT_EQ(Do("LMOVE m m LEFT RIGHT"), "\"a\"");
  EXPECT_EQ(Do("LRANGE m 0 -1"), "1) \"b\" 2) \"a\"");
  EXPECT_EQ(Do("LPOP none"), "(nil)");
  EXPECT_EQ(Do("LLEN none"), "(integer) 0");
  EXPECT_EQ(Do("TYPE m"), "list");
  EXPECT_EQ(Do("GET m").substr(0, 17), "(error) WRONGTYPE");
  EXPECT_EQ(Do("SET m s GET").substr(0, 17), "(error) WRONGTYPE");
  EXPECT_EQ(Do("SET m s"), "OK");
  EXPECT_EQ(Do("LPUSH m s").substr(0, 17), "(error) WRONGTYPE");
  EXPECT_EQ(Do("LMOVE none m LEFT LEFT"), "(nil)");
}

TEST_F(ModelTest, Deadlines) {
  EXPECT_EQ(Do("SET k v PX 100"), "OK");
  EXPECT_EQ(Do("PTTL k"), "(integer) 100");
  now_ = now_ + Millis{99};
  EXPECT_EQ(Do("PTTL k"), "(integer) 1");
  EXPECT_EQ(Do("APPEND k w"), "(integer) 2");
  EXPECT_EQ(Do("PEXPIRETIME k"), "(integer) 1000100");
  now_ = now_ + Millis{1};
  EXPECT_EQ(Do("PTTL k"), "(integer) -2");
  EXPECT_EQ(Do("SET k v EX 10"), "OK");
  EXPECT_EQ(Do("SET k w KEEPTTL"), "OK");
  EXPECT_EQ(Do("TTL k"), "(integer) 10");
  EXPECT_EQ(Do("SET k x"), "OK");
  EXPECT_EQ(Do("TTL k"), "(integer) -1");
  EXPECT_EQ(Do("PERSIST k"), "(integer) 0");
  EXPECT_EQ(Do("PEXPIREAT k 1000500"), "(integer) 1");
  EXPECT_EQ(Do("PEXPIRE k 100 NX"), "(integer) 0");
  EXPECT_EQ(Do("RENAME k r"), "OK");
  EXPECT_EQ(Do("PTTL r"), "(integer) 400");
  EXPECT_EQ(Do("COPY r c"), "(integer) 1");
  EXPECT_EQ(Do("PERSIST r"), "(integer) 1");
  EXPECT_EQ(Do("GETEX r PX 50"), "\"x\"");
  now_ = now_ + Millis{60};
  EXPECT_EQ(Do("EXISTS r c"), "(integer) 1");
  EXPECT_EQ(Do("PEXPIRE c -1"), "(integer) 1");
  EXPECT_EQ(Do("EXISTS c"), "(integer) 0");
  EXPECT_EQ(Do("SET k v PX 0").substr(0, 31), "(error) ERR invalid expire time");
  EXPECT_EQ(Do("RENAME none k"), "(error) ERR no such key");
}

ReplyValue Integer(int64_t value) { return {.kind = ReplyValue::Kind::kInteger, .integer = value}; }

TEST(Model, RepliesNarrowADeadlineThatIsKnownWithinBounds) {
  Model model;
  model.Execute(Words("SET k v PX 100"), {{1000}, {1020}});
  EXPECT_EQ(model.Find("k")->deadline, (Model::Window{{1100}, {1120}}));
  Model other = model;
  EXPECT_FALSE(other.Accept(Words("PTTL k"), {{1050}, {1060}}, Integer(71)));
  EXPECT_FALSE(other.Accept(Words("PTTL k"), {{1050}, {1060}}, Integer(39)));
  EXPECT_TRUE(model.Accept(Words("PTTL k"), {{1050}, {1060}}, Integer(42)));
  EXPECT_EQ(model.Find("k")->deadline, (Model::Window{{1100}, {1102}}));
  EXPECT_FALSE(model.Accept(Words("PEXPIRETIME k"), {{1060}, {1060}}, Integer(1103)));
  EXPECT_TRUE(model.Accept(Words("PEXPIRETIME k"), {{1060}, {1060}}, Integer(1101)));
  EXPECT_EQ(model.Find("k")->deadline, (Model::Window{{1101}, {1101}}));
}

TEST(Model, KnowsKeysAndReads) {
  EXPECT_EQ(Model::KeysOf(Words("MSET b 1 a 2 b 3")), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Model::KeysOf(Words("lmove x y LEFT LEFT")), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(Model::KeysOf(Words("MGET a b c")).size(), 3u);
  EXPECT_TRUE(Model::IsRead(Words("pttl k")));
  EXPECT_FALSE(Model::IsRead(Words("GETEX k")));
  EXPECT_FALSE(Model::Knows(Words("SWAPDB 0 1")));
  EXPECT_TRUE(Model::IsOfAllKeys(Words("FLUSHALL")));
  EXPECT_FALSE(Model::IsOfAllKeys(Words("DEL k")));
}

TEST(Model, EqualStatesHashEqual) {
  Model one;
  Model other;
  const Model::Window now{{1}, {1}};
  one.Execute(Words("MSET a 1 b 2"), now);
  other.Execute(Words("SET b 2"), now);
  EXPECT_NE(one.Hash(), other.Hash());
  other.Execute(Words("SET a 1"), now);
  EXPECT_EQ(one.Hash(), other.Hash());
  one.Execute(Words("PEXPIRE a 10"), now);
  EXPECT_NE(one.Hash(), other.Hash());
}

}  // namespace
}  // namespace holdfast
