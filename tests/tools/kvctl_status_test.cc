// Reading what nodes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/kvctl/node_status.h"
#include "tools/kvctl/preflight.h"

namespace holdfast::kvctl {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

Json Sample() {
  return Json::parse(R"({
    "schema": "holdfast.status/v1",
    "node": {"id": "000000000000000a", "incarnation": "00000000000000ff", "name": "n1",
             "address": "10.0.0.1:7001", "peer_address": "10.0.0.1:17001", "version": "0.1.0",
             "witness": false, "uptime_seconds": 12, "keys": 3, "colour": "new in some release"},
    "cluster": {"name": "shop", "id": "c1", "version": 7,
      "nodes": [{"id": "0a", "name": "n1", "host": "10.0.0.1", "client_port": 7001,
                 "peer_port": 17001, "witness": false}],
      "voters": ["0a"], "next_voters": [],
      "group": {"epoch": 3, "primary": {"node": "0a", "incarnation": "ff"},
                "in_sync": [{"node": "0a", "incarnation": "ff"}], "status": "active"}},
    "group": {"role": "primary", "serving": true, "epoch": 3, "tail": 10, "committed": 9,
      "applied": 8, "why": "", "lease_margin_ms": -12, "held_replies": 1,
      "oldest_uncommitted_ms": 2, "min_in_sync": 1, "open_change": false,
      "members": [{"node": "0b", "incarnation": "01", "state": "learner", "acked": 5,
                   "last_heard_ms": 35, "sync_percent": 12.5}]},
    "register": {"open": true, "why": "no majority"}})");
}

TEST(ParseNodeStatus, TakesWhatANodeSays) {
  Result<NodeStatus> status = ParseNodeStatus(Sample().dump());
  ASSERT_TRUE(status.ok()) << status.failure().why;
  EXPECT_EQ(status->identity, (Identity{{0xa}, {0xff}}));
  EXPECT_EQ(status->keys, 3u);
  ASSERT_TRUE(status->configuration.has_value());
  EXPECT_EQ(status->configuration->cluster_id, 0xc1u);
  EXPECT_EQ(status->configuration->nodes[0].client_port, 7001);
  EXPECT_EQ(status->configuration->group.in_sync[0], (Identity{{0xa}, {0xff}}));
  EXPECT_EQ(status->group.role, Role::kPrimary);
  EXPECT_EQ(status->group.lease_margin_ms, -12);
  ASSERT_EQ(status->group.members.size(), 1u);
  EXPECT_EQ(status->group.members[0].state, MemberState::kLearner);
  EXPECT_EQ(status->group.members[0].sync_percent, 12.5);
  EXPECT_TRUE(status->config_register.open);
}

TEST(ParseNodeStatus, ANodeOutsideOfClustersHasNoConfiguration) {
  Json json = Sample();
  json["cluster"] = nullptr;
  Result<NodeStatus> status = ParseNodeStatus(json.dump());
  ASSERT_TRUE(status.ok()) << status.failure().why;
  EXPECT_FALSE(status->configuration.has_value());
}

std::string Complaint(const Json& json) {
  Result<NodeStatus> status = ParseNodeStatus(json.dump());
  return status.ok() ? "" : status.failure().why;
}

TEST(ParseNodeStatus, NamesTheFieldThatIsMissing) {
  Json json = Sample();
  json["group"].erase("tail");
  EXPECT_EQ(Complaint(json), "field \"group.tail\" is missing");
  json = Sample();
  json["cluster"]["group"]["primary"].erase("incarnation");
  EXPECT_EQ(Complaint(json), "field \"cluster.group.primary.incarnation\" is missing");
  json = Sample();
  json["group"]["members"][0].erase("acked");
  EXPECT_EQ(Complaint(json), "field \"group.members[0].acked\" is missing");
  json = Sample();
  json.erase("register");
  EXPECT_EQ(Complaint(json), "field \"register\" is missing");
}

TEST(ParseNodeStatus, EveryFieldIsNeeded) {
  // Each leaf in turn, by its pointer.
  const Json leaves = Sample().flatten();
  for (const auto& [pointer, value] : leaves.items()) {
    if (pointer == "/node/colour" || pointer.find("next_voters") != std::string::npos) continue;
    const Json::json_pointer place(pointer);
    Json json = Sample();
    if (!json[place.parent_pointer()].is_object()) continue;
    json[place.parent_pointer()].erase(place.back());
    EXPECT_THAT(Complaint(json), HasSubstr(place.back() + "\" is missing")) << pointer;
  }
}

TEST(ParseNodeStatus, NamesTheFieldThatIsSomethingElse) {
  Json json = Sample();
  json["group"]["tail"] = "ten";
  EXPECT_EQ(Complaint(json), "field \"group.tail\" is not a count");
  json = Sample();
  json["group"]["role"] = "king";
  EXPECT_EQ(Complaint(json), "field \"group.role\" has the unknown value \"king\"");
  json = Sample();
  json["node"]["id"] = "xyz";
  EXPECT_EQ(Complaint(json), "field \"node.id\" is not an id");
  json = Sample();
  json["cluster"]["nodes"][0]["peer_port"] = 70'000;
  EXPECT_EQ(Complaint(json), "field \"cluster.nodes[0].peer_port\" is not a port");
  json = Sample();
  json["cluster"]["voters"] = {1, 2};
  EXPECT_EQ(Complaint(json), "field \"cluster.voters\" is not a list of ids");
  json = Sample();
  json["node"] = "me";
  EXPECT_EQ(Complaint(json), "field \"node\" is not an object");
  json = Sample();
  json["schema"] = "holdfast.status/v9";
  EXPECT_THAT(Complaint(json), HasSubstr("holdfast.status/v9"));
}

TEST(ParseNodeStatus, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[]", "7", "null", "\"text\"", "{\"schema\":1}", "\xff\xfe"}) {
    EXPECT_FALSE(ParseNodeStatus(text).ok()) << text;
  }
}

TEST(ParsePreflight, TakesAFindingForEachPeer) {
  Result<std::vector<PeerFinding>> findings = ParsePreflight(
      R"([{"peer":"a:1","ok":true,"clock_offset_ms":2.5,"why":""},
          {"peer":"b:2","ok":false,"why":"refused"}])",
      2);
  ASSERT_TRUE(findings.ok()) << findings.failure().why;
  EXPECT_TRUE((*findings)[0].ok);
  EXPECT_EQ((*findings)[0].clock_offset_ms, 2.5);
  EXPECT_FALSE((*findings)[1].ok);
  EXPECT_EQ((*findings)[1].why, "refused");
}

TEST(ParsePreflight, RefusesFewerAndOtherThings) {
  EXPECT_FALSE(ParsePreflight("[]", 1).ok());
  EXPECT_FALSE(ParsePreflight("{}", 1).ok());
  EXPECT_EQ(ParsePreflight(R"([{"ok":true,"why":""}])", 1).failure().why,
            "field \"[0].clock_offset_ms\" is missing");
}

}  // namespace
}  // namespace holdfast::kvctl
