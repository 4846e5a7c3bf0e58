// CONFIG GET and CONFIG SET: values, atomicity, and the texts of Redis 7's errors.
#include <fstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/config_drive.h"

namespace holdfast {
namespace {

using config_drive::LoadText;
using config_drive::Matches;
using config_drive::ValueOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Pairs = std::vector<Config::Pair>;

std::string Set(Config& config, const Pairs& pairs, Config::SetOptions options = {}) {
  const absl::Status status = config.Set(pairs, options);
  return status.ok() ? "OK" : std::string(status.message());
}

// What CONFIG SET answers to one pair after naming it.
std::string WhyNot(const std::string& name, const std::string& value) {
  Config config;
  const std::string answer = Set(config, {{name, value}});
  const std::string prefix =
      absl::StrCat("CONFIG SET failed (possibly related to argument '", name, "') - ");
  EXPECT_EQ(answer.substr(0, prefix.size()), prefix);
  EXPECT_EQ(ValueOf(config, name), ValueOf(Config(), name));
  return answer.size() < prefix.size() ? answer : answer.substr(prefix.size());
}

// The value that CONFIG GET tells after CONFIG SET.
std::string After(const std::string& name, const std::string& value) {
  Config config;
  EXPECT_EQ(Set(config, {{name, value}}), "OK");
  return ValueOf(config, name);
}

TEST(ConfigGet, NamesPatternsAndAliases) {
  const Config config;
  EXPECT_THAT(config.Get({"slowlog-*", "SLOWLOG-MAX-LEN", "timeout"}, Matches),
              ElementsAre(Pair("slowlog-log-slower-than", "10000"), Pair("slowlog-max-len", "128"),
                          Pair("timeout", "0")));
  EXPECT_THAT(config.Get({"*priority"}, Matches),
              ElementsAre(Pair("replica-priority", "100"), Pair("slave-priority", "100")));
  EXPECT_THAT(config.Get({"nosuch", "nosuch*", "include", "user"}, Matches), IsEmpty());
  EXPECT_THAT(config.Get({"watchdog*"}, Matches), IsEmpty());
  EXPECT_THAT(config.Get({"watchdog-period"}, Matches), ElementsAre(Pair("watchdog-period", "0")));
}

// The answer of redis-server 7.0.15, less `dir` and `port`, both given by flags.
TEST(ConfigGet, KnowsEveryNameOfRedisWithItsDefault) {
  std::ifstream golden(HOLDFAST_SOURCE_DIR "/tests/node/config_redis_7_0_defaults.txt");
  ASSERT_TRUE(golden.good());
  const Config config;
  int names = 0;
  for (std::string line; std::getline(golden, line); ++names) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    EXPECT_EQ(ValueOf(config, pair.first), pair.second) << pair.first;
  }
  EXPECT_EQ(names, 190);
}

TEST(ConfigGet, KnowsWhatCameWithRedis72) {
  const Config config;
  EXPECT_EQ(ValueOf(config, "set-max-listpack-entries"), "128");
  EXPECT_EQ(ValueOf(config, "set-max-listpack-value"), "64");
  EXPECT_EQ(ValueOf(config, "locale-collate"), "");
  EXPECT_EQ(ValueOf(config, "cluster-announce-human-nodename"), "");
}

TEST(ConfigSet, CanonicalValues) {
  EXPECT_EQ(After("maxmemory", "1kb"), "1024");
  EXPECT_EQ(After("SAVE", "60 1"), "60 1");
  EXPECT_EQ(After("save", ""), "");
  EXPECT_EQ(After("latency-tracking", "YES"), "yes");
  EXPECT_EQ(After("loglevel", "WARNING"), "warning");
  EXPECT_EQ(After("client-output-buffer-limit", "replica 1mb 1 1"),
            "normal 0 0 0 slave 1048576 1 1 pubsub 33554432 8388608 60");
  EXPECT_EQ(After("latency-tracking-info-percentiles", "50 99.90 1e1"), "50 99.9 10");
  EXPECT_EQ(After("maxmemory-clients", "5%"), "5%");
  EXPECT_EQ(After("shutdown-on-sigint", "now save"), "save now");
  EXPECT_EQ(After("hz", "10000"), "500");
  EXPECT_EQ(After("hz", "0"), "1");
  EXPECT_EQ(After("notify-keyspace-events", "KA"), "AK");
  EXPECT_EQ(After("notify-keyspace-events", "$lghzxetKE"), "g$lhzxetKE");
  EXPECT_EQ(After("notify-keyspace-events", "g$lshzxetd"), "A");
  EXPECT_EQ(After("notify-keyspace-events", "KEmx"), "xKEm");
  EXPECT_EQ(After("oom-score-adj-values", "-5 2 3"), "-5 2 3");
}

TEST(ConfigSet, ErrorTexts) {
  EXPECT_EQ(WhyNot("timeout", "x"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(WhyNot("timeout", ""), "argument couldn't be parsed into an integer");
  EXPECT_EQ(WhyNot("tcp-keepalive", " 1"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(WhyNot("tcp-keepalive", "99999999999999999999"),
            "argument couldn't be parsed into an integer");
  EXPECT_EQ(WhyNot("maxclients", "0"), "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(WhyNot("slowlog-log-slower-than", "-5"),
            "argument must be between -1 and 9223372036854775807 inclusive");
  EXPECT_EQ(WhyNot("proto-max-bulk-len", "1k"),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
  EXPECT_EQ(WhyNot("maxmemory", "1xb"), "argument must be a memory value");
  EXPECT_EQ(WhyNot("maxmemory-clients", "5x"), "argument must be a memory or percent value");
  EXPECT_EQ(WhyNot("maxmemory-clients", "5%%"), "argument must be a memory or percent value");
  EXPECT_EQ(WhyNot("maxmemory-clients", "101%"),
            "percentage argument must be less or equal to 100");
  EXPECT_EQ(WhyNot("rdbcompression", "maybe"), "argument must be 'yes' or 'no'");
  EXPECT_EQ(WhyNot("loglevel", "foo"),
            "argument(s) must be one of the following: debug, verbose, notice, warning");
  EXPECT_EQ(WhyNot("save", "1 2 3"), "Invalid save parameters");
  EXPECT_EQ(WhyNot("save", "0 1"), "Invalid save parameters");
  EXPECT_EQ(WhyNot("save", "1 -1"), "Invalid save parameters");
  EXPECT_EQ(WhyNot("client-output-buffer-limit", "normal 0"),
            "Wrong number of arguments in buffer limit configuration.");
  EXPECT_EQ(WhyNot("client-output-buffer-limit", "norma 0 0 0"),
            "Invalid client class specified in buffer limit configuration.");
  EXPECT_EQ(WhyNot("client-output-buffer-limit", "normal x 0 0"),
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  EXPECT_EQ(WhyNot("client-output-buffer-limit", "normal 1 1 -1"),
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  EXPECT_EQ(WhyNot("notify-keyspace-events", "KEAxyz"),
            "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  EXPECT_EQ(WhyNot("latency-tracking-info-percentiles", "101"),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  EXPECT_EQ(WhyNot("latency-tracking-info-percentiles", "a"),
            "Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(WhyNot("latency-tracking-info-percentiles", "nan"),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  EXPECT_EQ(WhyNot("oom-score-adj-values", "1 2"), "wrong number of arguments");
  EXPECT_EQ(WhyNot("oom-score-adj-values", "a 2 3"),
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  EXPECT_EQ(WhyNot("shutdown-on-sigint", "save x"),
            "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(WhyNot("shutdown-on-sigterm", "save nosave"),
            "shutdown options SAVE and NOSAVE can't be used simultaneously");
  EXPECT_EQ(WhyNot("daemonize", "yes"), "can't set immutable config");
  EXPECT_EQ(WhyNot("dir", "/tmp"), "can't set protected config");
  EXPECT_EQ(WhyNot("dbfilename", "x"), "can't set protected config");
  EXPECT_EQ(WhyNot("tls-port", "1"), "this release does not speak TLS");
}

TEST(ConfigSet, UnknownNames) {
  Config config;
  for (const char* name : {"nosuch", "include", "user", "rename-command"}) {
    EXPECT_EQ(Set(config, {{"timeout", "7"}, {name, "1"}}),
              absl::StrCat("Unknown option or number of arguments for CONFIG SET - '", name, "'"));
  }
  EXPECT_EQ(config.settings().timeout_seconds, 0);
}

TEST(ConfigSet, AllPairsOrNone) {
  Config config;
  EXPECT_EQ(Set(config, {{"timeout", "7"}, {"maxmemory", "1mb"}, {"hz", "x"}}),
            "CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed "
            "into an integer");
  EXPECT_EQ(config.settings(), Config().settings());
  EXPECT_EQ(Set(config, {{"timeout", "7"}, {"TIMEOUT", "8"}}),
            "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter");
  EXPECT_EQ(Set(config, {{"timeout", "7"}, {"maxmemory", "1mb"}, {"requirepass", "a b"}}), "OK");
  EXPECT_EQ(config.settings().timeout_seconds, 7);
  EXPECT_EQ(config.settings().maxmemory_bytes, 1'048'576u);
  EXPECT_EQ(config.settings().requirepass, "a b");
}

TEST(ConfigSet, ProtectedDirectivesFollowTheirGuard) {
  auto config = LoadText("enable-protected-configs local");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_NE(Set(*config, {{"dbfilename", "x.rdb"}}), "OK");
  EXPECT_EQ(Set(*config, {{"dbfilename", "x.rdb"}, {"dir", "sub"}}, {.from_loopback = true}), "OK");
  EXPECT_EQ(config->settings().dbfilename, "x.rdb");
  EXPECT_EQ(config->settings().dir, "/data/sub");
  EXPECT_EQ(Set(*config, {{"dbfilename", "a/b"}}, {.from_loopback = true}),
            "CONFIG SET failed (possibly related to argument 'dbfilename') - dbfilename can't be a "
            "path, just a filename");
}

TEST(Directives, TheTableIsConsistent) {
  std::vector<absl::string_view> names;
  for (const Directive& directive : AllDirectives()) {
    names.push_back(directive.name);
    if (!directive.alias.empty()) names.push_back(directive.alias);
    EXPECT_EQ(FindDirective(directive.name), &directive);
    EXPECT_EQ(directive.reason.empty(), directive.treatment == Treatment::kHonoured)
        << directive.name;
    if (directive.is(kFileOnly)) continue;
    // Honoured means that some code can see it.
    EXPECT_TRUE(directive.treatment != Treatment::kHonoured ||
                !std::holds_alternative<std::monostate>(directive.field))
        << directive.name;
    std::vector<absl::string_view> words = {directive.default_value};
    if (directive.is(kManyWords)) {
      words = absl::StrSplit(directive.default_value, ' ', absl::SkipEmpty());
    }
    const auto canonical = CanonicalValue(directive, words, "");
    EXPECT_TRUE(canonical.ok() && *canonical == directive.default_value)
        << directive.name << ": " << canonical.status();
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace holdfast
