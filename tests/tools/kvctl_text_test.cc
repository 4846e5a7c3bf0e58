// Names, addresses, durations, tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/kvctl/address.h"
#include "tools/kvctl/did_you_mean.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/progress.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("stauts", "status"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("ca", "abc"), 3u);
}

TEST(Nearest, IsNearOrNothing) {
  const std::vector<std::string> commands = {"status", "switchover", "create"};
  EXPECT_EQ(Nearest("stat", {"state", "status"}), "state");
  EXPECT_EQ(Nearest("switch-over", commands), "switchover");
  EXPECT_EQ(Nearest("x", commands), "");
  EXPECT_EQ(Nearest("delete", {}), "");
  EXPECT_EQ(DidYouMean("statsu", commands), ". Did you mean \"status\"?");
}

TEST(ParseEndpoint, KnowsNamesAddressesAndBrackets) {
  EXPECT_EQ(*ParseEndpoint("db"), (Endpoint{"db", 6379}));
  EXPECT_EQ(*ParseEndpoint("10.0.0.1:7001"), (Endpoint{"10.0.0.1", 7001}));
  EXPECT_EQ(*ParseEndpoint("[::1]"), (Endpoint{"::1", 6379}));
  EXPECT_EQ(*ParseEndpoint("[::1]:7001"), (Endpoint{"::1", 7001}));
  EXPECT_EQ((Endpoint{"::1", 7001}).ToString(), "[::1]:7001");
  for (const char* text : {"", ":1", "a:", "a:0", "a:65536", "a:b", "a:1:2", "[::1", "[::1]7"}) {
    Result<Endpoint> endpoint = ParseEndpoint(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint.failure().exit, ExitCode::kUsage);
  }
}

TEST(ParseNode, FillsInWhatIsNotSaid) {
  EXPECT_EQ(NodeText(*ParseNode("n1=h:7001:17005")), "n1=h:7001:17005");
  EXPECT_EQ(NodeText(*ParseNode("n1=h:7001")), "n1=h:7001:17001");
  EXPECT_EQ(NodeText(*ParseNode("h")), "=h:6379:16379");
  EXPECT_EQ(NodeText(*ParseNode("w=h:7001:17001:witness")), "w=h:7001:17001:witness");
  EXPECT_EQ(NodeText(*ParseNode("w=h:witness")), "w=h:6379:16379:witness");
  EXPECT_EQ(NodeText(*ParseNode("n1=[fe80::1]:7001")), "n1=[fe80::1]:7001:17001");
  EXPECT_TRUE(ParseNode("h:60000:10000").ok());
  for (const char* text :
       {"", "=h", "n1=", "h:1:2:3", "h:x", "h:1:y", "h:60000", "h:1:2:witless", "h:"}) {
    EXPECT_FALSE(ParseNode(text).ok()) << text;
  }
}

TEST(ParseDuration, KnowsUnits) {
  EXPECT_EQ(*ParseDuration("500ms"), Milliseconds(500));
  EXPECT_EQ(*ParseDuration("1.5s"), Milliseconds(1500));
  EXPECT_EQ(*ParseDuration("3"), Seconds(3));
  EXPECT_EQ(*ParseDuration("2m"), Seconds(120));
  EXPECT_EQ(*ParseDuration("1h"), Seconds(3600));
  for (const char* text : {"", "s", "0", "-1s", "5d", "1e300", "nan", "five"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(DurationText(Milliseconds(187)), "187 ms");
  EXPECT_EQ(DurationText(Milliseconds(5'040)), "5.0 s");
  EXPECT_EQ(DurationText(Seconds(12 * 60)), "12m");
  EXPECT_EQ(DurationText(Seconds(3 * 3600)), "3h");
  EXPECT_EQ(DurationText(Seconds(41 * 86'400)), "41d");
}

TEST(Count, KnowsPlurals) {
  EXPECT_EQ(Count(1, "node"), "1 node");
  EXPECT_EQ(Count(0, "node"), "0 nodes");
  EXPECT_EQ(Count(5, "key"), "5 keys");
  EXPECT_EQ(Count(2, "in-sync copy"), "2 in-sync copies");
}

TEST(Table, AlignsAndLeavesNoBlanksBehind) {
  Table table({{""}, {"NODE"}, {"LAG", Align::kRight}, {"VIEW"}});
  table.AddRow({"*", "n1", "-", "epoch 3"});
  table.AddRow({"", "node-2", "1200", ""});
  EXPECT_EQ(table.Render("| "),
            "|    NODE     LAG  VIEW\n"
            "| *  n1         -  epoch 3\n"
            "|    node-2  1200\n");
}

TEST(Bar, FillsFromTheLeft) {
  EXPECT_EQ(Bar(0), "[------------------------]");
  EXPECT_EQ(Bar(50), "[############------------]");
  EXPECT_EQ(Bar(250), "[########################]");
}

}  // namespace
}  // namespace holdfast::kvctl
