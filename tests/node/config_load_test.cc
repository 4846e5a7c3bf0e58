// Where a configuration comes from, which source wins, and what is said about a bad one.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/node/config_drive.h"

namespace holdfast {
namespace {

using config_drive::Load;
using config_drive::LoadText;
using config_drive::Sources;
using config_drive::ValueOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Settings SettingsOf(absl::string_view text) {
  const auto config = LoadText(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? config->settings() : Settings();
}

std::string ErrorOf(const absl::StatusOr<Config>& config) {
  return config.ok() ? "no error" : std::string(config.status().message());
}
std::string ErrorOf(absl::string_view text) { return ErrorOf(LoadText(text)); }

TEST(ConfigLoad, DefaultsNeedNoSource) {
  const auto config = Load({});
  ASSERT_TRUE(config.ok()) << config.status();
  const Settings& settings = config->settings();
  EXPECT_EQ(settings.port, 6379);
  EXPECT_THAT(settings.bind, ElementsAre("*", "-::*"));
  EXPECT_TRUE(settings.protected_mode);
  EXPECT_EQ(settings.workers, 0);
  EXPECT_EQ(settings.io, IoBackend::kAuto);
  EXPECT_EQ(settings.maxmemory_bytes, 0u);
  EXPECT_EQ(settings.maxclients, 10'000);
  EXPECT_EQ(settings.loglevel, LogLevel::kNotice);
  EXPECT_EQ(settings.dir, "/data");
  EXPECT_EQ(settings.client_output_buffer_limits[kPubSubClients],
            (OutputBufferLimit{33'554'432, 8'388'608, 60}));
  EXPECT_THAT(config->notices(), IsEmpty());
  EXPECT_EQ(config->path(), "");
}

TEST(ConfigLoad, LinesCommentsAndQuotes) {
  const Settings settings = SettingsOf(
      "# a comment\r\n"
      "\n"
      "   \t\n"
      "  PORT 7000  \r\n"
      "requirepass \"two words \\\"\\x41\\n\"\n"
      "logfile 'it\\'s'\n"
      "unixsocket \"\"\n"
      "pidfile #no-comment");
  EXPECT_EQ(settings.port, 7000);
  EXPECT_EQ(settings.requirepass, "two words \"A\n");
  EXPECT_EQ(settings.logfile, "it's");
  EXPECT_EQ(settings.unixsocket, "");
  EXPECT_EQ(settings.pidfile, "#no-comment");
}

TEST(ConfigLoad, MemoryUnits) {
  const std::pair<const char*, uint64_t> kCases[] = {
      {"0", 0},
      {"17", 17},
      {"17b", 17},
      {"2k", 2000},
      {"2Kb", 2048},
      {"3M", 3'000'000},
      {"3mb", 3 * 1'048'576},
      {"4g", 4'000'000'000},
      {"4GB", 4'294'967'296},
      {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& [text, bytes] : kCases) {
    EXPECT_EQ(SettingsOf(absl::StrCat("maxmemory ", text)).maxmemory_bytes, bytes) << text;
  }
  for (const char* text : {"gb", "1.5gb", "-1", "1 gb", "1tb", "18446744073709551616",
                           "18446744073709551615kb", "\"\""}) {
    EXPECT_NE(ErrorOf(absl::StrCat("maxmemory ", text)), "no error") << text;
  }
}

TEST(ConfigLoad, RepeatedLinesAddUpOnlyWhereTheyShould) {
  const Settings settings = SettingsOf(
      "timeout 5\ntimeout 6\n"
      "save 60 1\nsave 30 2 10 3\n"
      "client-output-buffer-limit normal 1mb 2 3\n"
      "client-output-buffer-limit replica 4kb 5 6\n"
      "rename-command FLUSHALL \"\"\nrename-command config c2\n"
      "bind 127.0.0.1\nbind 127.0.0.2 ::1\n");
  EXPECT_EQ(settings.timeout_seconds, 6);
  EXPECT_THAT(settings.save, ElementsAre(SavePoint{60, 1}, SavePoint{30, 2}, SavePoint{10, 3}));
  EXPECT_EQ(settings.client_output_buffer_limits[kNormalClients],
            (OutputBufferLimit{1'048'576, 2, 3}));
  EXPECT_EQ(settings.client_output_buffer_limits[kReplicaClients], (OutputBufferLimit{4096, 5, 6}));
  EXPECT_EQ(settings.client_output_buffer_limits[kPubSubClients],
            (OutputBufferLimit{33'554'432, 8'388'608, 60}));
  EXPECT_THAT(settings.rename_commands, ElementsAre(Pair("FLUSHALL", ""), Pair("config", "c2")));
  EXPECT_THAT(settings.bind, ElementsAre("127.0.0.2", "::1"));
  EXPECT_THAT(SettingsOf("save 60 1\nsave \"\"\n").save, IsEmpty());
  EXPECT_THAT(SettingsOf("save \"60 1 30 2\"").save,
              ElementsAre(SavePoint{60, 1}, SavePoint{30, 2}));
}

TEST(ConfigLoad, TheStrongerSourceWins) {
  Sources sources = {.files = {{"a.conf", "port 1\ntimeout 1\nmaxclients 1\nsave 1 1\n"}},
                     .arguments = {"a.conf", "--maxclients", "3", "--save", "3", "3"},
                     .environment = {{"KV_TIMEOUT", "2"},
                                     {"KV_MAXCLIENTS", "2"},
                                     {"KV_SAVE", "2 2"},
                                     {"KV_CLIENT_OUTPUT_BUFFER_LIMIT", "normal 2 2 2"},
                                     {"KVETCH", "ignored"},
                                     {"PATH", "/bin"}}};
  const auto config = Load(sources);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->path(), "/data/a.conf");
  EXPECT_EQ(config->settings().port, 1);
  EXPECT_EQ(config->settings().timeout_seconds, 2);
  EXPECT_EQ(config->settings().maxclients, 3);
  EXPECT_THAT(config->settings().save, ElementsAre(SavePoint{3, 3}));
  EXPECT_EQ(config->settings().client_output_buffer_limits[kNormalClients],
            (OutputBufferLimit{2, 2, 2}));
}

TEST(ConfigLoad, EnvironmentValuesAreTakenAsTheyStand) {
  const auto config = Load({.environment = {{"KV_REQUIREPASS", "a b\"c"}, {"KV_BIND", "::1 *"}}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().requirepass, "a b\"c");
  EXPECT_THAT(config->settings().bind, ElementsAre("::1", "*"));
}

TEST(ConfigLoad, UnknownNamesInTheEnvironmentAreNoticed) {
  const auto config = Load({.environment = {{"KV_MAXMEMRY", "1"}, {"KV_TIMEOUT", "7"}}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().timeout_seconds, 7);
  EXPECT_THAT(config->notices(),
              ElementsAre("environment KV_MAXMEMRY: unknown directive \"maxmemry\"; did you mean "
                          "\"maxmemory\"? (ignored)"));
}

TEST(ConfigLoad, WhatKubernetesTellsAboutAServiceCalledKvIsIgnored) {
  const auto config = Load({.arguments = {"--port", "7000"},
                            .environment = {{"KV_SERVICE_HOST", "10.0.0.11"},
                                            {"KV_SERVICE_PORT", "6379"},
                                            {"KV_PORT", "tcp://10.0.0.11:6379"},
                                            {"KV_PORT_6379_TCP", "tcp://10.0.0.11:6379"},
                                            {"KV_PORT_6379_TCP_PROTO", "tcp"},
                                            {"KV_PORT_6379_TCP_PORT", "6379"},
                                            {"KV_PORT_6379_TCP_ADDR", "10.0.0.11"},
                                            {"KV_TLS_PORT", "udp://[fd00::1]:6380"}}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().port, 7000);
  EXPECT_EQ(ValueOf(*config, "tls-port"), "0");
  EXPECT_EQ(config->notices().size(), 8u);
  EXPECT_THAT(config->notices(), Contains("environment KV_PORT: ignored: the address of a service "
                                          "that Kubernetes tells about, not a port"));
}

TEST(ConfigLoad, TheSentinelPortIsAPortOrAuto) {
  EXPECT_EQ(Config().settings().sentinel_port, Settings::kSentinelPortAuto);
  EXPECT_EQ(LoadText("sentinel-port AUTO")->settings().sentinel_port, Settings::kSentinelPortAuto);
  EXPECT_EQ(LoadText("sentinel-port 0")->settings().sentinel_port, 0);
  EXPECT_EQ(LoadText("sentinel-port 26380")->settings().sentinel_port, 26380);
  for (const char* wrong : {"sentinel-port 65536", "sentinel-port -1", "sentinel-port yes"}) {
    EXPECT_EQ(ErrorOf(wrong),
              "holdfast.conf:1: sentinel-port: argument must be auto or a port, 0 for none");
  }
}

TEST(ConfigLoad, HttpIsOffAndOnLoopbackUnlessItIsAskedFor) {
  EXPECT_EQ(Config().settings().http_port, 0);
  EXPECT_THAT(Config().settings().http_bind, ElementsAre("127.0.0.1", "-::1"));
  const auto config = LoadText("http-port 7379\nhttp-bind 10.0.0.1 ::1");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().http_port, 7379);
  EXPECT_THAT(config->settings().http_bind, ElementsAre("10.0.0.1", "::1"));
}

TEST(ConfigLoad, AnAddressIsNoPortElsewhere) {
  EXPECT_EQ(ErrorOf("port tcp://10.0.0.11:6379"),
            "holdfast.conf:1: port: argument couldn't be parsed into an integer");
  EXPECT_EQ(ErrorOf(Load({.environment = {{"KV_PORT", "http://10.0.0.11"}}})),
            "environment KV_PORT: port: argument couldn't be parsed into an integer");
  const auto config = Load({.environment = {{"KV_REQUIREPASS", "tcp://10.0.0.11:6379"}}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().requirepass, "tcp://10.0.0.11:6379");
}

TEST(ConfigLoad, FlagsNeedNoFile) {
  const auto config = Load({.arguments = {"--port", "0", "--list-max-ziplist-size", "-5", "--save",
                                          "", "--io", "EPOLL", "--workers", "4"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().port, 0);
  EXPECT_EQ(config->settings().list_max_listpack_size, -5);
  EXPECT_THAT(config->settings().save, IsEmpty());
  EXPECT_EQ(config->settings().io, IoBackend::kEpoll);
  EXPECT_EQ(config->settings().workers, 4);
}

TEST(ConfigLoad, IncludesAreReadWhereTheyStand) {
  const auto config =
      Load({.files = {{"main.conf", "port 1\ninclude sub/*.conf none/*\ntimeout 9\n"},
                      {"sub/a.conf", "port 2\ntimeout 2\n"},
                      {"sub/b.conf", "port 3\ninclude \"deep one\"\n"},
                      {"deep one", "maxclients 4\n"}},
            .arguments = {"main.conf"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->settings().port, 3);
  EXPECT_EQ(config->settings().timeout_seconds, 9);
  EXPECT_EQ(config->settings().maxclients, 4);
}

TEST(ConfigLoad, IncludesAreBounded) {
  EXPECT_THAT(ErrorOf("include holdfast.conf"), HasSubstr("include one another"));
  // Two includes of itself would be 2^16 files deep down.
  EXPECT_THAT(ErrorOf(Load({.files = {{"a", "include b* b*"},
                                      {"b", "include c c c c c c c c c"},
                                      {"c", "include d d d d d d d d d d d d d d d d d d d d"},
                                      {"d", "port 1"}},
                            .arguments = {"a"}})),
              HasSubstr("256 files are included"));
  EXPECT_EQ(ErrorOf("\ninclude missing.conf"),
            "holdfast.conf:2: include: cannot open missing.conf");
  EXPECT_EQ(ErrorOf("include"), "holdfast.conf:1: include: wrong number of arguments");
}

TEST(ConfigLoad, UnknownDirectivesNameTheNearest) {
  EXPECT_EQ(ErrorOf("port 1\n\nmaxmemry 1gb"),
            "holdfast.conf:3: unknown directive \"maxmemry\"; did you mean \"maxmemory\"?");
  EXPECT_EQ(ErrorOf("prot 1"),
            "holdfast.conf:1: unknown directive \"prot\"; did you mean \"port\"?");
  EXPECT_EQ(ErrorOf("slave-readonly no"),
            "holdfast.conf:1: unknown directive \"slave-readonly\"; did you mean "
            "\"slave-read-only\"?");
  EXPECT_EQ(ErrorOf("quux 1"), "holdfast.conf:1: unknown directive \"quux\"");
  EXPECT_EQ(ErrorOf(Load({.arguments = {"--timout", "1"}})),
            "command line: unknown directive \"timout\"; did you mean \"timeout\"?");
}

TEST(ConfigLoad, ErrorsSayWhereAndWhy) {
  EXPECT_EQ(ErrorOf("port x"),
            "holdfast.conf:1: port: argument couldn't be parsed into an integer");
  EXPECT_EQ(ErrorOf("port 1 2"), "holdfast.conf:1: port: wrong number of arguments");
  EXPECT_EQ(ErrorOf("port"), "holdfast.conf:1: port: wrong number of arguments");
  EXPECT_EQ(ErrorOf("timeout 1 # seconds"), "holdfast.conf:1: timeout: wrong number of arguments");
  EXPECT_EQ(ErrorOf("port 65536"),
            "holdfast.conf:1: port: argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(ErrorOf("requirepass \"open"), "holdfast.conf:1: unbalanced quotes");
  EXPECT_EQ(ErrorOf("unixsocketperm 1000"),
            "holdfast.conf:1: unixsocketperm: argument must be between 0 and 777 inclusive");
  EXPECT_EQ(ErrorOf("rename-command GET"),
            "holdfast.conf:1: rename-command: wrong number of arguments");
  EXPECT_EQ(ErrorOf(Load({.arguments = {"--port", "x"}})),
            "command line: port: argument couldn't be parsed into an integer");
  EXPECT_EQ(ErrorOf(Load({.arguments = {"--include", "x"}})),
            "command line: include: belongs into a configuration file");
  EXPECT_EQ(ErrorOf(Load({.arguments = {"a.conf"}})), "cannot open a.conf");
  EXPECT_EQ(ErrorOf(Load({.environment = {{"KV_DAEMONIZE", "maybe"}}})),
            "environment KV_DAEMONIZE: daemonize: argument must be 'yes' or 'no'");
}

TEST(ConfigLoad, WhatCannotBeHonouredSafelyIsRefused) {
  EXPECT_THAT(ErrorOf("databases 32"), HasSubstr("databases: holdfast has 16 databases"));
  EXPECT_THAT(ErrorOf("tls-port 6380"), HasSubstr("TLS"));
  EXPECT_THAT(ErrorOf("aclfile users.acl"), HasSubstr("aclfile: this release has one user"));
  EXPECT_THAT(ErrorOf("user alice on >secret"), HasSubstr("user: this release has one user"));
  EXPECT_THAT(ErrorOf("loadmodule x.so"), HasSubstr("modules are not supported"));
  EXPECT_THAT(ErrorOf("slaveof 10.0.0.1 6379"), HasSubstr("replicaof: this release"));
  EXPECT_THAT(ErrorOf("min-slaves-to-write 1"), HasSubstr("min-replicas-to-write: this release"));
  EXPECT_EQ(ErrorOf("databases 16\ntls-port 0\naclfile \"\"\nreplicaof no one\n"), "no error");
}

TEST(ConfigLoad, WhatHasNoEffectIsNoticed) {
  const auto config = LoadText("maxmemory-policy allkeys-lru\nrdbcompression yes\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(
      config->notices(),
      ElementsAre("holdfast.conf:1: maxmemory-policy has no effect: keys are never evicted: "
                  "writes over maxmemory are refused"));
  EXPECT_EQ(config->settings().maxmemory_policy, MaxmemoryPolicy::kAllkeysLru);
}

TEST(ConfigLoad, IoThreadsAreWorkers) {
  const auto mapped = LoadText("io-threads 3");
  ASSERT_TRUE(mapped.ok()) << mapped.status();
  EXPECT_EQ(mapped->settings().workers, 3);
  EXPECT_THAT(mapped->notices(), ElementsAre(HasSubstr("is taken as workers 3")));
  const auto overruled = LoadText("io-threads 3\nworkers 2");
  ASSERT_TRUE(overruled.ok()) << overruled.status();
  EXPECT_EQ(overruled->settings().workers, 2);
  EXPECT_THAT(overruled->notices(), ElementsAre(HasSubstr("io-threads has no effect")));
}

TEST(ConfigLoad, DirIsMadeAbsolute) {
  EXPECT_EQ(SettingsOf("dir ./").dir, "/data");
  EXPECT_EQ(SettingsOf("dir sub/../other/").dir, "/data/other");
  EXPECT_EQ(SettingsOf("dir /var/lib/").dir, "/var/lib");
  EXPECT_EQ(SettingsOf("dir /").dir, "/");
}

}  // namespace
}  // namespace holdfast
