#include "cluster/wire/configuration_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/base/limits.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;

ClusterConfiguration Sample() {
  const Identity one = {.node = {1}, .incarnation = {11}};
  const Identity two = {.node = {2}, .incarnation = {22}};
  return {
      .version = 7,
      .cluster_id = 0xfeedfacecafebeef,
      .name = "prod",
      .hash_seed = 42,
      .nodes =
          {{.id = {1}, .name = "a", .host = "10.0.0.1", .client_port = 6379, .peer_port = 16379},
           {.id = {2}, .name = "b", .host = "::1", .client_port = 65535, .peer_port = 1},
           {.id = {3}, .name = "w", .host = "w.example", .witness = true}},
      .voters = {{1}, {2}, {3}},
      .next_voters = {{2}},
      .group = {.epoch = {5}, .primary = two, .in_sync = {one, two}}};
}

std::string Refusal(const ClusterConfiguration& configuration) {
  return std::string(CheckWellFormed(configuration).message());
}

TEST(ConfigurationCodec, GivesBackWhatWasEncoded) {
  EXPECT_EQ(*DecodeConfiguration(EncodeConfiguration(Sample())), Sample());
  EXPECT_EQ(*DecodeConfiguration(EncodeConfiguration({})), ClusterConfiguration{});
  ClusterConfiguration lost = Sample();
  lost.group.status = GroupStatus::kLost;
  EXPECT_EQ(*DecodeConfiguration(EncodeConfiguration(lost)), lost);
}

TEST(ConfigurationCodec, TheBytesAreTheFormat) {
  const ClusterConfiguration small = {.version = 2, .cluster_id = 3, .name = "n"};
  EXPECT_EQ(EncodeConfiguration(small),
            std::string("\x08\x02"                // version
                        "\x11\x03\0\0\0\0\0\0\0"  // cluster_id
                        "\x1a\x01n"               // name
                        "\x42\x02\x12\0",         // group, its primary: nobody
                        2 + 9 + 3 + 4));
}

TEST(ConfigurationCodec, ListsOutOfOrderAreRefused) {
  ClusterConfiguration bad = Sample();
  std::swap(bad.nodes[0], bad.nodes[1]);
  EXPECT_THAT(Refusal(bad), HasSubstr("nodes out of order"));
  bad = Sample();
  bad.nodes[0].id = {};
  EXPECT_THAT(Refusal(bad), HasSubstr("without an id"));
  bad = Sample();
  bad.voters = {{2}, {1}};
  EXPECT_THAT(Refusal(bad), HasSubstr("voters out of order"));
  bad = Sample();
  bad.next_voters = {{2}, {2}};
  EXPECT_THAT(Refusal(bad), HasSubstr("next voters out of order"));
  bad = Sample();
  std::swap(bad.group.in_sync[0], bad.group.in_sync[1]);
  EXPECT_THAT(Refusal(bad), HasSubstr("in-sync identities out of order"));
}

TEST(ConfigurationCodec, StrangersAreRefused) {
  ClusterConfiguration bad = Sample();
  bad.voters.push_back({9});
  EXPECT_THAT(Refusal(bad), HasSubstr("voters: 0000000000000009 is not a listed node"));
  bad = Sample();
  bad.group.in_sync.push_back({.node = {9}});
  EXPECT_THAT(Refusal(bad), HasSubstr("is of no listed node"));
}

TEST(ConfigurationCodec, BoundsAreKept) {
  ClusterConfiguration bad = Sample();
  bad.name.assign(limits::kNodeNameBytesMax + 1, 'x');
  EXPECT_THAT(Refusal(bad), HasSubstr("name longer"));
  bad = Sample();
  bad.nodes[1].host.assign(limits::kNodeNameBytesMax + 1, 'x');
  EXPECT_THAT(Refusal(bad), HasSubstr("of node 0000000000000002 longer"));
  bad = Sample();
  bad.nodes.clear();
  for (uint64_t id = 1; id <= limits::kClusterNodesMax + 1; ++id) bad.nodes.push_back({.id = {id}});
  EXPECT_THAT(Refusal(bad), HasSubstr("65 nodes"));
  bad.nodes.pop_back();
  for (uint64_t id = 4; id <= limits::kVotersMax + 1; ++id) bad.voters.push_back({id});
  EXPECT_THAT(Refusal(bad), HasSubstr("8 voters"));
}

TEST(ConfigurationCodec, TheLargestValueFits) {
  ClusterConfiguration large = Sample();
  large.nodes.clear();
  const std::string longest(limits::kNodeNameBytesMax, 'x');
  for (uint64_t id = 1; id <= limits::kClusterNodesMax; ++id) {
    large.nodes.push_back({.id = {id},
                           .name = longest,
                           .host = longest,
                           .client_port = 65535,
                           .peer_port = 65535,
                           .witness = true});
  }
  const std::string bytes = EncodeConfiguration(large);
  EXPECT_LE(bytes.size(), limits::kConfigurationBytesMax);
  EXPECT_EQ(*DecodeConfiguration(bytes), large);
}

TEST(ConfigurationCodec, BytesThatAreNoConfigurationAreRefused) {
  EXPECT_THAT(std::string(DecodeConfiguration("\xff").status().message()), HasSubstr("no such"));
  const std::string unknown_field = EncodeConfiguration(Sample()) + "\xa0\x06\x01";
  EXPECT_THAT(std::string(DecodeConfiguration(unknown_field).status().message()),
              HasSubstr("does not know"));
  const std::string unknown_inside("\x42\x05\x12\x03\xa0\x06\x01", 7);
  EXPECT_THAT(std::string(DecodeConfiguration(unknown_inside).status().message()),
              HasSubstr("does not know"));
  EXPECT_THAT(std::string(DecodeConfiguration("\x42\x02\x20\x07").status().message()),
              HasSubstr("unknown group status 7"));
  EXPECT_THAT(std::string(DecodeConfiguration(
                              std::string("\x2a\x0d\x09\x01\0\0\0\0\0\0\0\x20\x80\x80\x04", 15))
                              .status()
                              .message()),
              HasSubstr("port of node 0000000000000001"));
  EXPECT_FALSE(DecodeConfiguration(std::string(limits::kConfigurationBytesMax * 2, '\0')).ok());
}

}  // namespace
}  // namespace holdfast
