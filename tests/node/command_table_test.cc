#include "node/command_table.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/commands/command_info.h"
#include "node/commands/server.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string NameOf(const CommandSpec* spec) {
  return spec == nullptr ? "(unknown)" : std::string(spec->name);
}

class CommandTableTest : public ::testing::Test {
 protected:
  std::string Find(std::vector<absl::string_view> arguments) {
    return NameOf(table_.Find(arguments));
  }
  const CommandTable table_{{}};
};

TEST_F(CommandTableTest, FindsEveryRowUnderItsNameInAnyCase) {
  for (const CommandSpec& spec : AllCommands()) {
    EXPECT_EQ(table_.FindByName(spec.name), &spec);
    EXPECT_EQ(table_.FindByName(absl::AsciiStrToUpper(spec.name)), &spec);
    const std::vector<std::string> words = absl::StrSplit(spec.name, '|');
    std::vector<absl::string_view> arguments(words.begin(), words.end());
    EXPECT_EQ(NameOf(table_.Find(arguments)), spec.name);
  }
}

TEST_F(CommandTableTest, FindsNothingElse) {
  EXPECT_EQ(Find({""}), "(unknown)");
  EXPECT_EQ(Find({"ge"}), "(unknown)");
  EXPECT_EQ(Find({"gett"}), "(unknown)");
  EXPECT_EQ(Find({absl::string_view("get\0", 4)}), "(unknown)");
  EXPECT_EQ(Find({"pexpiretimepexpiretime"}), "(unknown)");
  EXPECT_EQ(Find({"config|get"}), "(unknown)");
  // "get" with the top bit of every byte set.
  EXPECT_EQ(Find({"\xe7\xe5\xf4"}), "(unknown)");
}

// Every name that is one byte away from a command's is unknown or that command in another case.
TEST_F(CommandTableTest, EveryByteOfANameCounts) {
  for (const CommandSpec& spec : AllCommands()) {
    if (CommandTable::IsSubcommand(spec)) continue;
    for (size_t at = 0; at < spec.name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string name(spec.name);
        name[at] = static_cast<char>(byte);
        const CommandSpec* found = table_.FindByName(name);
        if (found == nullptr) continue;
        EXPECT_EQ(found->name, absl::AsciiStrToLower(name));
      }
    }
  }
}

TEST_F(CommandTableTest, AContainerStandsForUnknownSubcommands) {
  EXPECT_EQ(Find({"config", "get"}), "config|get");
  EXPECT_EQ(Find({"CONFIG", "GeT", "*"}), "config|get");
  EXPECT_EQ(Find({"config", "nosuch"}), "config");
  EXPECT_EQ(Find({"config", ""}), "config");
  EXPECT_EQ(Find({"config"}), "config");
  EXPECT_EQ(Find({"get", "set"}), "get");
}

TEST(CommandTableRenameTest, ARenamedCommandHasItsNewNameOnly) {
  const CommandTable::Rename renames[] = {
      {"CONFIG", "a-long-secret-name-of-an-operator"}, {"flushall", ""}, {"nosuch", "get"}};
  const CommandTable table(renames);
  EXPECT_EQ(NameOf(table.FindByName("config")), "(unknown)");
  EXPECT_EQ(NameOf(table.FindByName("A-long-secret-name-of-an-operator")), "config");
  EXPECT_EQ(NameOf(table.FindByName("a-long-secret-name-of-an-operator|get")), "config|get");
  EXPECT_EQ(NameOf(table.FindByName("a-long-secret-name-of-an-operatop")), "(unknown)");
  EXPECT_EQ(NameOf(table.FindByName("flushall")), "(unknown)");
  EXPECT_EQ(NameOf(table.FindByName("get")), "get");
}

TEST(CommandRowsTest, StandInOrderAndKnowTheirPlace) {
  const auto rows = AllCommands();
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(CommandTable::IndexOf(&rows[i]), i);
    if (i > 0) {
      EXPECT_LT(rows[i - 1].name, rows[i].name);
    }
    for (const CommandSpec& subcommand : CommandTable::Subcommands(rows[i])) {
      EXPECT_EQ(&CommandTable::ContainerOf(subcommand), &rows[i]);
    }
  }
}

TEST(CommandRowsTest, AreComplete) {
  for (const CommandSpec& spec : AllCommands()) {
    SCOPED_TRACE(std::string(spec.name));
    // What has no handler is only ever called through its subcommands.
    if (spec.handler == nullptr) {
      EXPECT_TRUE(CommandTable::IsContainer(spec));
      EXPECT_EQ(spec.arity, -2);
    }
    EXPECT_NE(spec.arity, 0);
    EXPECT_FALSE(spec.since.empty());
    EXPECT_FALSE(spec.complexity.empty());
    EXPECT_FALSE(spec.summary.empty());
    EXPECT_EQ(spec.name, absl::AsciiStrToLower(spec.name));
    EXPECT_FALSE(spec.is(kWrite) && spec.is(kReadonly));
    // Keys and what happens to them are told together, and a call long enough has the first one.
    const bool has_keys = spec.keys.first != 0 || spec.keys.count_at != 0;
    EXPECT_EQ(has_keys, !spec.key_access.empty());
    EXPECT_LT(std::max(spec.keys.first, spec.keys.count_at), std::abs(spec.arity));
    EXPECT_TRUE(spec.keys.first == 0 || spec.keys.step > 0);
    // A command that changes keys without naming them must keep everybody else out.
    EXPECT_TRUE(!spec.is(kWrite) || has_keys || spec.is(kWorld));
  }
}

std::vector<std::string> KeysOf(absl::string_view name, std::vector<absl::string_view> arguments) {
  const CommandSpec* spec = CommandTable({}).FindByName(name);
  std::vector<std::string> keys;
  EXPECT_FALSE(ExtractKeys(*spec, arguments, [&](absl::string_view key) {
                 keys.emplace_back(key);
               }).has_value());
  return keys;
}

TEST(CommandRowsTest, SayWhichArgumentsAreKeys) {
  EXPECT_THAT(KeysOf("get", {"get", "a"}), ElementsAre("a"));
  EXPECT_THAT(KeysOf("mset", {"mset", "a", "1", "b", "2"}), ElementsAre("a", "b"));
  EXPECT_THAT(KeysOf("del", {"del", "a", "b", "a"}), ElementsAre("a", "b", "a"));
  EXPECT_THAT(KeysOf("rename", {"rename", "a", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(KeysOf("lmpop", {"lmpop", "2", "a", "b", "LEFT", "COUNT", "3"}),
              ElementsAre("a", "b"));
  EXPECT_THAT(KeysOf("object|encoding", {"object", "encoding", "a"}), ElementsAre("a"));
  EXPECT_THAT(KeysOf("ping", {"ping", "a"}), IsEmpty());
}

TEST(CommandRowsTest, CategoriesFollowFromFlagsAndGroup) {
  const CommandTable table({});
  EXPECT_THAT(AclCategories(*table.FindByName("get")), ElementsAre("read", "string", "fast"));
  EXPECT_THAT(AclCategories(*table.FindByName("keys")),
              ElementsAre("keyspace", "read", "slow", "dangerous"));
  EXPECT_THAT(AclCategories(*table.FindByName("flushall")),
              ElementsAre("keyspace", "write", "slow", "dangerous"));
  EXPECT_THAT(AclCategories(*table.FindByName("client")), ElementsAre("slow"));
  EXPECT_THAT(AclCategories(*table.FindByName("client|kill")),
              ElementsAre("admin", "slow", "dangerous", "connection"));
  EXPECT_THAT(AclCategories(*table.FindByName("exec")), ElementsAre("slow", "transaction"));
}

TEST(CommandRowsTest, KeySpecificationsFollowFromPositions) {
  const CommandTable table({});
  const auto rename = KeySpecs(*table.FindByName("rename"));
  ASSERT_EQ(rename.size(), 2u);
  EXPECT_EQ(rename[1].begin, 2);
  EXPECT_EQ(rename[1].last, 0);
  EXPECT_THAT(rename[1].flags, ElementsAre("OW", "update"));
  const auto mset = KeySpecs(*table.FindByName("mset"));
  ASSERT_EQ(mset.size(), 1u);
  EXPECT_EQ(mset[0].last, -1);
  EXPECT_EQ(mset[0].step, 2);
  const auto lmpop = KeySpecs(*table.FindByName("lmpop"));
  ASSERT_EQ(lmpop.size(), 1u);
  EXPECT_TRUE(lmpop[0].by_count);
  EXPECT_THAT(KeySpecs(*table.FindByName("ping")), IsEmpty());
}

TEST(UnknownCommandTest, QuotesTheBeginningOfTheArguments) {
  const std::string longer(200, 'x');
  const absl::string_view short_call[] = {"foo", "a", "b"};
  EXPECT_EQ(UnknownCommandError(short_call),
            "ERR unknown command 'foo', with args beginning with: 'a' 'b' ");
  const absl::string_view alone[] = {"foo"};
  EXPECT_EQ(UnknownCommandError(alone), "ERR unknown command 'foo', with args beginning with: ");
  const absl::string_view long_call[] = {longer, longer, "b"};
  EXPECT_EQ(UnknownCommandError(long_call), "ERR unknown command '" + longer.substr(0, 128) +
                                                "', with args beginning with: '" +
                                                longer.substr(0, 128) + "' ");
}

}  // namespace
}  // namespace holdfast
