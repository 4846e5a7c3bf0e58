// One cluster, drawn once, and what each of the doors makes of it, byte for byte.
#include "node/cluster_map.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "node/commands/cluster_reply.h"
#include "node/sentinel/sentinel_view.h"

namespace holdfast {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Settings TestSettings() {
  Settings settings;
  settings.suspect_after_ms = 300;
  settings.lease_ms = 1000;
  settings.port = 6379;
  return settings;
}

constexpr Identity kOne{{1}, {11}};
constexpr Identity kTwo{{2}, {22}};
constexpr Identity kThree{{3}, {33}};

// n1 leads, n2 is in sync and looks, n3 is not in sync; n4 is a witness.
ClusterStatus Status() {
  ClusterStatus status{.self = kTwo};
  status.configuration = {.version = 9,
                          .cluster_id = 77,
                          .name = "shop",
                          .nodes = {{.id = {1}, .name = "n1", .host = "10.0.0.1"},
                                    {.id = {2}, .name = "n2", .host = "10.0.0.2"},
                                    {.id = {3}, .name = "n3", .host = "10.0.0.3"},
                                    {.id = {4}, .name = "n4", .host = "10.0.0.4", .witness = true}},
                          .voters = {{1}, {2}, {4}},
                          .group = {.epoch = {5}, .primary = kOne, .in_sync = {kOne, kTwo}}};
  for (NodeDescription& node : status.configuration.nodes) {
    node.client_port = node.witness ? 0 : 6379;
    node.peer_port = 16379;
  }
  status.group.epoch = {5};
  status.group.role = GroupRole::kReplica;
  status.group.condition = GroupCondition::kLed;
  status.group.attached = true;
  status.group.commit = {100};
  status.group.applied = {98};
  status.doors[NodeId{1}] = {.sentinel_port = 26379};
  status.doors[NodeId{2}] = {.sentinel_port = 26379};
  return status;
}

ClusterMap Map(const ClusterStatus& status = Status()) { return MapOf(status, TestSettings()); }

// Ids as n1, n2, n3, so that the texts can be read.
std::string Named(std::string text) {
  for (uint64_t i = 1; i <= 3; ++i) {
    text = absl::StrReplaceAll(text, {{RedisId({i}), absl::StrCat("n", i)}});
  }
  return text;
}

std::string Wire(Protocol protocol, void (*write)(const ClusterView&, ReplyWriter&),
                 const ClusterMap& map, EndpointType endpoint = EndpointType::kIp) {
  Buffer out;
  ReplyWriter reply(out, protocol);
  write({.map = map, .endpoint = endpoint, .now = {1'700'000'000'000}}, reply);
  return absl::StrReplaceAll(Named(std::string(out.view())), {{"\r\n", " "}});
}

TEST(ClusterMap, ClientsSeeTheMembersThatHoldData) {
  const ClusterMap map = Map();
  ASSERT_EQ(map.members.size(), 3u);
  EXPECT_EQ(map.primary()->name, "n1");
  EXPECT_EQ(map.myself()->name, "n2");
  EXPECT_TRUE(map.working);
  EXPECT_EQ(map.voters_reachable, 3u);
  EXPECT_EQ(map.Find({1})->offset, Lsn{100});
  EXPECT_EQ(map.Find({2})->offset, Lsn{98});
  EXPECT_EQ(map.Find({3})->offset, Lsn{0});
}

TEST(ClusterMap, APrimaryThatIsNotHeardDoesNotWork) {
  ClusterStatus status = Status();
  status.group.since_heard = Milliseconds(1'039);
  EXPECT_TRUE(Map(status).working);
  status.group.since_heard = Milliseconds(1'040);
  EXPECT_FALSE(Map(status).working);
  status.group.since_heard = Milliseconds(300);
  status.group.primary = kOne;
  status.unreachable = {{{1}, "refused"}};
  EXPECT_FALSE(Map(status).working);
  status = Status();
  status.group.condition = GroupCondition::kLost;
  EXPECT_FALSE(Map(status).working);
}

TEST(ClusterMap, IdsAreFortyDigitsAndDiffer) {
  EXPECT_EQ(RedisId({1}).size(), 40u);
  EXPECT_EQ(RedisId({1}).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(RedisId({1}), RedisId({2}));
  EXPECT_EQ(RedisShardId(1).size(), 40u);
  EXPECT_NE(RedisShardId(1), RedisId({1}));
}

TEST(ClusterNodes, ALineEach) {
  const ClusterMap map = Map();
  EXPECT_EQ(Named(ClusterNodesText({.map = map, .now = {1'700'000'000'000}})),
            "n1 10.0.0.1:6379@16379 master - 0 1700000000000 5 connected 0-16383\n"
            "n2 10.0.0.2:6379@16379 myself,slave n1 0 0 5 connected\n"
            "n3 10.0.0.3:6379@16379 slave n1 0 1700000000000 5 connected\n");
}

TEST(ClusterNodes, WhoCannotBeReachedAndItsName) {
  ClusterStatus status = Status();
  status.unreachable = {{{1}, "refused"}, {{3}, "refused"}};
  status.doors[NodeId{1}].hostname = "one.example";
  const ClusterMap map = Map(status);
  EXPECT_EQ(Named(ClusterNodesText({.map = map, .now = {1'700'000'000'000}})),
            "n1 10.0.0.1:6379@16379,one.example master,fail? - 0 0 5 disconnected 0-16383\n"
            "n2 10.0.0.2:6379@16379 myself,slave n1 0 0 5 connected\n"
            "n3 10.0.0.3:6379@16379 slave,fail n1 0 0 5 disconnected\n");
}

TEST(ClusterNodes, ANodeOfNoClusterIsAMasterWithoutSlots) {
  const ClusterMap map = Map({.self = kTwo});
  EXPECT_EQ(Named(ClusterNodesText({.map = map, .local_host = "127.0.0.1"})),
            "n2 127.0.0.1:6379@16379 myself,master - 0 0 0 connected\n");
  EXPECT_THAT(ClusterInfoText(map),
              HasSubstr("cluster_state:fail\r\ncluster_slots_assigned:0\r\n"));
  EXPECT_EQ(Wire(Protocol::kResp2, ReplyClusterSlots, map), "*0 ");
}

TEST(ClusterInfo, AllSlotsAreTheGroups) {
  EXPECT_EQ(ClusterInfoText(Map()),
            "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
            "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:3\r\n"
            "cluster_size:1\r\ncluster_current_epoch:5\r\ncluster_my_epoch:5\r\n"
            "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
            "total_cluster_links_buffer_limit_exceeded:0\r\n");
}

TEST(ClusterSlots, ThePrimaryFirstThenReplicasInSync) {
  EXPECT_EQ(Wire(Protocol::kResp2, ReplyClusterSlots, Map()),
            "*1 *4 :0 :16383 *4 $8 10.0.0.1 :6379 $40 n1 *0 *4 $8 10.0.0.2 :6379 $40 n2 *0 ");
  EXPECT_EQ(Wire(Protocol::kResp3, ReplyClusterSlots, Map()),
            "*1 *4 :0 :16383 *4 $8 10.0.0.1 :6379 $40 n1 %0 *4 $8 10.0.0.2 :6379 $40 n2 %0 ");
}

TEST(ClusterSlots, NamesWhenNamesArePreferred) {
  ClusterStatus status = Status();
  status.doors[NodeId{1}].hostname = "one.example";
  EXPECT_EQ(Wire(Protocol::kResp2, ReplyClusterSlots, Map(status), EndpointType::kHostname),
            "*1 *4 :0 :16383 *4 $11 one.example :6379 $40 n1 *2 $2 ip $8 10.0.0.1 "
            "*4 $1 ? :6379 $40 n2 *2 $2 ip $8 10.0.0.2 ");
  EXPECT_THAT(Wire(Protocol::kResp2, ReplyClusterSlots, Map(status), EndpointType::kUnknown),
              HasSubstr("*4 $-1 :6379 $40 n1 *4 $2 ip $8 10.0.0.1 $8 hostname $11 one.example "));
}

TEST(ClusterShards, OneShardWithEverybodysHealth) {
  EXPECT_EQ(Wire(Protocol::kResp3, ReplyClusterShards, Map()),
            "*1 %2 $5 slots *2 :0 :16383 $5 nodes *3 "
            "%7 $2 id $40 n1 $4 port :6379 $2 ip $8 10.0.0.1 $8 endpoint $8 10.0.0.1 "
            "$4 role $6 master $18 replication-offset :100 $6 health $6 online "
            "%7 $2 id $40 n2 $4 port :6379 $2 ip $8 10.0.0.2 $8 endpoint $8 10.0.0.2 "
            "$4 role $7 replica $18 replication-offset :98 $6 health $6 online "
            "%7 $2 id $40 n3 $4 port :6379 $2 ip $8 10.0.0.3 $8 endpoint $8 10.0.0.3 "
            "$4 role $7 replica $18 replication-offset :0 $6 health $7 loading ");
}

TEST(Sentinel, MasterReplicasAndOthers) {
  const ClusterMap map = Map();
  const SentinelFields master = MasterFields(map, TestSettings());
  EXPECT_THAT(master, Contains(Pair("name", "shop")));
  EXPECT_THAT(master, Contains(Pair("ip", "10.0.0.1")));
  EXPECT_THAT(master, Contains(Pair("flags", "master")));
  EXPECT_THAT(master, Contains(Pair("num-slaves", "2")));
  EXPECT_THAT(master, Contains(Pair("num-other-sentinels", "1")));
  EXPECT_THAT(master, Contains(Pair("quorum", "2")));
  const SentinelFields good = ReplicaFields(map, *map.Find({2}), TestSettings());
  EXPECT_THAT(good, Contains(Pair("name", "10.0.0.2:6379")));
  EXPECT_THAT(good, Contains(Pair("master-link-status", "ok")));
  EXPECT_THAT(good, Contains(Pair("slave-repl-offset", "98")));
  EXPECT_THAT(ReplicaFields(map, *map.Find({3}), TestSettings()),
              Contains(Pair("master-link-status", "err")));
  ASSERT_EQ(OtherSentinels(map).size(), 1u);
  EXPECT_THAT(PeerFields(*OtherSentinels(map)[0], TestSettings()), Contains(Pair("port", "26379")));
}

TEST(Sentinel, QuorumIsTheMajorityOfVoters) {
  EXPECT_TRUE(CheckQuorum(Map()).reached);
  EXPECT_EQ(CheckQuorum(Map()).text,
            "OK 3 usable Sentinels. Quorum and failover authorization can be reached");
  ClusterStatus status = Status();
  status.unreachable = {{{1}, "refused"}, {{4}, "refused"}};
  EXPECT_FALSE(CheckQuorum(Map(status)).reached);
}

std::vector<std::string> Heard(SentinelAnnouncer& announcer, const ClusterStatus& status) {
  std::vector<std::string> heard;
  for (const SentinelMessage& message : announcer.Look(Map(status))) {
    heard.push_back(message.channel + " " + message.text);
  }
  return heard;
}

TEST(Sentinel, ANewPrimaryIsAnnouncedOnceItWorks) {
  SentinelAnnouncer announcer;
  EXPECT_THAT(Heard(announcer, Status()),
              ElementsAre("+slave slave 10.0.0.2:6379 10.0.0.2 6379 @ shop 10.0.0.1 6379",
                          "+slave slave 10.0.0.3:6379 10.0.0.3 6379 @ shop 10.0.0.1 6379"));
  EXPECT_THAT(Heard(announcer, Status()), ElementsAre());
  ClusterStatus status = Status();
  status.group.since_heard = Seconds(2);
  EXPECT_THAT(Heard(announcer, status),
              ElementsAre("+sdown master shop 10.0.0.1 6379",
                          "+odown master shop 10.0.0.1 6379 #quorum 3/2"));
  status.configuration.group = {.epoch = {6}, .primary = kTwo, .in_sync = {kTwo}};
  status.group.role = GroupRole::kPrimary;
  status.unreachable = {{{1}, "refused"}};
  EXPECT_THAT(Heard(announcer, status), ElementsAre());
  status.serving = true;
  EXPECT_THAT(Heard(announcer, status),
              ElementsAre("+switch-master shop 10.0.0.1 6379 10.0.0.2 6379",
                          "+slave slave 10.0.0.1:6379 10.0.0.1 6379 @ shop 10.0.0.2 6379"));
}

TEST(Sentinel, AReplicaThatComesAndGoes) {
  SentinelAnnouncer announcer;
  Heard(announcer, Status());
  ClusterStatus status = Status();
  status.unreachable = {{{3}, "refused"}};
  EXPECT_THAT(Heard(announcer, status),
              ElementsAre("+sdown slave 10.0.0.3:6379 10.0.0.3 6379 @ shop 10.0.0.1 6379"));
  status.unreachable.clear();
  status.configuration.group.in_sync.push_back(kThree);
  EXPECT_THAT(
      Heard(announcer, status),
      ElementsAre("-sdown slave 10.0.0.3:6379 10.0.0.3 6379 @ shop 10.0.0.1 6379",
                  "+slave-reconf-done slave 10.0.0.3:6379 10.0.0.3 6379 @ shop 10.0.0.1 6379",
                  "+replica-reconf-done slave 10.0.0.3:6379 10.0.0.3 6379 @ shop 10.0.0.1 6379"));
}

TEST(NodeDoors, TravelAndAreChecked) {
  const NodeDoors doors{.sentinel_port = 26379, .client_port = 7000, .hostname = "one.example"};
  EXPECT_EQ(*DecodeDoors(EncodeDoors(doors)), doors);
  EXPECT_EQ(*DecodeDoors(EncodeDoors({})), NodeDoors{});
  EXPECT_FALSE(DecodeDoors("abc").ok());
  EXPECT_FALSE(DecodeDoors(std::string(4, '\0') + "a b").ok());
  EXPECT_FALSE(DecodeDoors(std::string(4, '\0') + "a\nb").ok());
}

}  // namespace
}  // namespace holdfast
