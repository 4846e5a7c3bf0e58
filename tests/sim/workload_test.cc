#include "sim/workload.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_join.h"

namespace holdfast {
namespace {

std::string Text(const Operation& operation) {
  std::string text;
  for (const Command& command : operation.commands) text += absl::StrJoin(command, " ") + ";";
  return text;
}

TEST(Workload, AsksOnlyForWhatTheModelKnowsWithinOneTag) {
  Kernel kernel(1);
  const LogTimeBounds bounds;
  Workload workload(kernel, {.tags = 3, .keys_per_tag = 5}, bounds, 0);
  const std::vector<std::string> keys = Workload::AllKeys({.tags = 3, .keys_per_tag = 5});
  const std::set<std::string> all(keys.begin(), keys.end());
  EXPECT_EQ(all.size(), 15u);
  std::set<std::string> names;
  std::set<std::string> touched;
  for (int i = 0; i < 20'000; ++i) {
    const Operation operation = workload.Next();
    ASSERT_FALSE(operation.commands.empty());
    ASSERT_TRUE(operation.is_transaction || operation.commands.size() == 1);
    std::set<std::string> tags;
    for (const Command& command : operation.commands) {
      ASSERT_TRUE(Model::Knows(command)) << Text(operation);
      names.insert(command[0]);
      for (const std::string& key : Model::KeysOf(command)) {
        ASSERT_TRUE(all.contains(key)) << key;
        touched.insert(key);
        tags.insert(key.substr(0, key.find('}')));
      }
    }
    ASSERT_EQ(tags.size(), 1u) << Text(operation);
  }
  EXPECT_EQ(touched, all);
  EXPECT_EQ(names.size(), 28u);
}

TEST(Workload, EachHasASequenceOfItsOwn) {
  Kernel kernel(1);
  const LogTimeBounds bounds;
  Workload alone(kernel, {}, bounds, 1);
  Workload again(kernel, {}, bounds, 1);
  Workload other(kernel, {}, bounds, 2);
  int equal = 0;
  for (int i = 0; i < 500; ++i) {
    const std::string text = Text(alone.Next());
    equal += text == Text(other.Next());
    EXPECT_EQ(text, Text(again.Next()));
  }
  EXPECT_LT(equal, 100);
}

// What a model replies to one workload that runs alone is a legal history for the checker, and hits
// the branches that matter: keys found, missing, of the other type, with and without a deadline.
TEST(Workload, ReachesTheInterestingReplies) {
  Kernel kernel(3);
  const LogTimeBounds bounds;
  Workload workload(kernel, {.tags = 1, .keys_per_tag = 4}, bounds, 0);
  Model model;
  int nulls = 0;
  int wrong_types = 0;
  int with_deadline = 0;
  int values = 0;
  for (int64_t at = 0; at < 3000; ++at) {
    kernel.RunUntil(Milliseconds(at * 10));
    const Millis now{at * 10};
    const Operation operation = workload.Next();
    for (const Command& command : operation.commands) {
      model.EraseDue(now);
      const ReplyValue reply = model.Execute(command, {now, now});
      nulls += reply.is_null();
      values += reply.kind == ReplyValue::Kind::kBulk;
      wrong_types += reply.is_error() && reply.text.rfind("WRONGTYPE", 0) == 0;
      with_deadline += command[0] == "PTTL" && reply.integer > 0;
    }
  }
  EXPECT_GT(nulls, 100);
  EXPECT_GT(values, 200);
  EXPECT_GT(wrong_types, 100);
  EXPECT_GT(with_deadline, 30);
}

}  // namespace
}  // namespace holdfast
