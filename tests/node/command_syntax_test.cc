#include "node/commands/command_syntax.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "node/command_table.h"

namespace holdfast {
namespace {

std::string Text(const std::vector<SyntaxArgument>& arguments);

std::string Text(const SyntaxArgument& argument) {
  std::string text = argument.token.empty() ? "" : absl::StrCat(argument.token, "=");
  absl::StrAppend(&text, argument.type);
  absl::StrAppend(&text, argument.members.empty() ? absl::StrCat(":", argument.name)
                                                  : absl::StrCat("(", Text(argument.members), ")"));
  return absl::StrCat(text, argument.repeated ? "*" : "", argument.optional ? "?" : "");
}

std::string Text(const std::vector<SyntaxArgument>& arguments) {
  std::string text;
  for (const SyntaxArgument& argument : arguments) {
    absl::StrAppend(&text, text.empty() ? "" : " ", Text(argument));
  }
  return text;
}

std::string Parsed(absl::string_view syntax) {
  const auto arguments = ParseSyntax(syntax);
  return arguments ? Text(*arguments) : "(malformed)";
}

TEST(CommandSyntaxTest, WordsHaveTypes) {
  EXPECT_EQ(Parsed(""), "");
  EXPECT_EQ(Parsed("key value"), "key:key string:value");
  EXPECT_EQ(Parsed("source:key count:integer by:double p:pattern at:unix-time"),
            "key:source integer:count double:by pattern:p unix-time:at");
  EXPECT_EQ(Parsed("ip:port"), "string:ip:port");
}

TEST(CommandSyntaxTest, TokensStandAloneOrIntroduceAnArgument) {
  EXPECT_EQ(Parsed("[LEN] [COUNT count:integer]"), "LEN=pure-token:len? COUNT=integer:count?");
  EXPECT_EQ(Parsed("TYPE (NORMAL | PUBSUB)"),
            "TYPE=oneof(NORMAL=pure-token:normal PUBSUB=pure-token:pubsub)");
}

TEST(CommandSyntaxTest, GroupsAreAlternativesOrBlocks) {
  EXPECT_EQ(Parsed("(LEFT | RIGHT) x"),
            "oneof(LEFT=pure-token:left RIGHT=pure-token:right) string:x");
  EXPECT_EQ(Parsed("[a b | C]"), "oneof(block(string:a string:b) C=pure-token:c)?");
  EXPECT_EQ(Parsed("[a [b]]"), "block(string:a string:b?)?");
}

TEST(CommandSyntaxTest, DotsRepeatWhatStandsBeforeThem) {
  EXPECT_EQ(Parsed("key ..."), "key:key*");
  EXPECT_EQ(Parsed("(key value) ..."), "block(key:key string:value)*");
  EXPECT_EQ(Parsed("[name ...]"), "string:name*?");
  EXPECT_EQ(Parsed("[ID id:integer ...]"), "ID=integer:id*?");
}

TEST(CommandSyntaxTest, MalformedTextIsRefused) {
  for (const absl::string_view syntax :
       {"(a", "[a", "a)", "a]", "(a]", "()", "[a |]", "| a", "... a", "a | b", "(a))"}) {
    EXPECT_EQ(Parsed(syntax), "(malformed)") << syntax;
  }
}

TEST(CommandSyntaxTest, EveryRowOfTheTableIsWellFormed) {
  for (const CommandSpec& spec : AllCommands()) {
    EXPECT_TRUE(ParseSyntax(spec.syntax).has_value()) << spec.name << " " << spec.syntax;
  }
}

TEST(CommandSyntaxTest, UsageLeavesTheTypesOut) {
  EXPECT_EQ(UsageOf("source:key [COUNT count:integer] at:unix-time ip:port"),
            "source [COUNT count] at ip:port");
}

}  // namespace
}  // namespace holdfast
