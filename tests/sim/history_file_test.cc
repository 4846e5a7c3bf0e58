#include "sim/check/history_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace holdfast {
namespace {

class HistoryFile : public ::testing::Test {
 protected:
  ~HistoryFile() override { std::remove(path_.c_str()); }
  void Write(const std::string& text) const { std::ofstream(path_) << text; }

  const std::string path_ = ::testing::TempDir() +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".jsonl";
};

Operation Asked(Command command, ReplyValue reply) {
  Operation operation{.client = 1, .connection = 2, .commands = {std::move(command)}};
  operation.begin = Nanos{5};
  operation.end = Nanos{9};
  operation.outcome = Operation::Outcome::kReplied;
  operation.reply = std::move(reply);
  return operation;
}

TEST_F(HistoryFile, WhatIsWrittenIsRead) {
  using Kind = ReplyValue::Kind;
  Operation unanswered = Asked({"SET", "k", "3"}, {});
  unanswered.outcome = Operation::Outcome::kUnknown;
  unanswered.end = kForever;
  const History history = {Asked({"SET", "k", "1"}, {.kind = Kind::kSimple, .text = "OK"}),
                           Asked({"GET", "k"}, {.kind = Kind::kBulk, .text = "1"}),
                           Asked({"GET", "x"}, {.kind = Kind::kNull}), unanswered};
  std::string text;
  for (const Operation& operation : history) text += HistoryLine(operation);
  Write(text);
  const absl::StatusOr<History> read = ReadHistory(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), history.size());
  for (size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ((*read)[i].ToString(), history[i].ToString());
  }
  EXPECT_TRUE(JudgeHistory(*read).ok());
}

TEST_F(HistoryFile, ALostWriteIsSeen) {
  Write(
      "{\"client\":1,\"connection\":1,\"begin\":0,\"end\":1,\"command\":[\"SET\",\"k\",\"1\"],"
      "\"reply\":\"+OK\\r\\n\"}\n"
      "{\"client\":2,\"connection\":2,\"begin\":2,\"end\":3,\"command\":[\"GET\",\"k\"],"
      "\"reply\":\"$-1\\r\\n\"}\n");
  const absl::StatusOr<History> read = ReadHistory(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(JudgeHistory(*read).ok());
}

TEST_F(HistoryFile, ErrorsNameTheLine) {
  EXPECT_EQ(ReadHistory("/nowhere").status().code(), absl::StatusCode::kNotFound);
  for (const char* wrong : {"nonsense", "{}",
                            "{\"client\":1,\"connection\":1,\"begin\":0,"
                            "\"command\":[\"NONSENSE\"]}"}) {
    Write(HistoryLine(Asked({"GET", "k"}, {})) + wrong + "\n");
    const absl::Status status = ReadHistory(path_).status();
    EXPECT_NE(status.message().find(":2: "), absl::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace holdfast
