#include "storage/digest/digest.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr DatabaseId kDatabase{0};

void Put(Keyspace& keyspace, absl::string_view name, const Value& value,
         std::optional<Millis> deadline = {}, DatabaseId database = kDatabase) {
  const Key key = keyspace.MakeKey(name);
  keyspace.Put(database, key, keyspace.Find(database, key), value, deadline);
}

Value ListOf(int elements, const ListLimits& limits) {
  auto* list = new List;
  for (int i = 0; i < elements; ++i) list->Push(ListEnd::kBack, absl::StrCat(i), limits);
  return Value::OfList(list);
}

// The digest of a keyspace with a single key.
Digest DigestOf(absl::string_view name, const Value& value, std::optional<Millis> deadline = {},
                DatabaseId database = kDatabase) {
  Keyspace keyspace(1);
  Put(keyspace, name, value, deadline, database);
  return KeyspaceDigest(keyspace);
}

TEST(Digest, DependsOnAllThatClientsSee) {
  const Digest digest = DigestOf("key", Value::Text("value"), Millis{5});
  EXPECT_EQ(digest.keys, 1u);
  EXPECT_EQ(digest, DigestOf("key", Value::Text("value"), Millis{5}));
  EXPECT_NE(digest, DigestOf("kez", Value::Text("value"), Millis{5}));
  EXPECT_NE(digest, DigestOf("key", Value::Text("valuf"), Millis{5}));
  EXPECT_NE(digest, DigestOf("key", Value::Text("value"), Millis{6}));
  EXPECT_NE(digest, DigestOf("key", Value::Text("value")));
  EXPECT_NE(digest, DigestOf("key", Value::Text("value"), Millis{5}, DatabaseId{1}));
  EXPECT_NE(DigestOf("key", Value::Text("")), DigestOf("key", Value::Text(""), Millis{0}));
  EXPECT_NE(DigestOf("key", ListOf(2, {})), DigestOf("key", ListOf(3, {})));
  EXPECT_NE(DigestOf("key", ListOf(1, {})), DigestOf("key", Value::Text("0")));
}

TEST(Digest, IgnoresEncodings) {
  EXPECT_EQ(DigestOf("key", Value::Integer(-12)), DigestOf("key", Value::Text("-12")));
  EXPECT_EQ(DigestOf("key", Value::Roomy("abc", 100)), DigestOf("key", Value::Text("abc")));
  EXPECT_EQ(DigestOf("key", ListOf(500, ListLimits::FromDirective(3))),
            DigestOf("key", ListOf(500, ListLimits::FromDirective(-2))));
}

TEST(Digest, IgnoresSeedsAndHistories) {
  Keyspace one(1);
  Keyspace other(2);
  for (int i = 0; i < 2000; ++i) Put(one, absl::StrCat("key", i), Value::Integer(i));
  for (int i = 2100; i-- > 0;) Put(other, absl::StrCat("key", i), Value::Integer(i));
  EXPECT_NE(KeyspaceDigest(one), KeyspaceDigest(other));
  for (int i = 2000; i < 2100; ++i) {
    const std::string name = absl::StrCat("key", i);
    const Key key = other.MakeKey(name);
    other.Erase(kDatabase, key, other.Find(kDatabase, key));
  }
  EXPECT_EQ(KeyspaceDigest(one), KeyspaceDigest(other));
}

TEST(Digest, InStepsIsTheSameAsAtOnce) {
  Keyspace keyspace(1);
  for (int i = 0; i < 2000; ++i) {
    Put(keyspace, absl::StrCat("key", i), Value::Integer(i), {},
        DatabaseId{static_cast<uint8_t>(i % 3)});
  }
  DigestWalk walk;
  int steps = 0;
  while (walk.Step(keyspace, 100)) ++steps;
  EXPECT_GE(steps, 15);
  EXPECT_EQ(walk.digest(), KeyspaceDigest(keyspace));
  EXPECT_EQ(walk.digest().ToString().size(), 32u + 5u);
}

}  // namespace
}  // namespace holdfast
