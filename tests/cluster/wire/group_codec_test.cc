#include "cluster/wire/group_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/base/limits.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;

constexpr Identity kOne{{1}, {11}};
constexpr Identity kTwo{{2}, {0xffff'ffff'ffff'ffff}};
constexpr LogPosition kPosition{{3}, {1'000'000'007}, 0x8000'0000'0000'0001};

GroupView View() {
  return {.version = 9,
          .group = {.epoch = {3}, .primary = kTwo, .in_sync = {kOne, kTwo}},
          .data_nodes = {{1}, {2}, {0xffff'ffff'ffff'ffff}}};
}

std::vector<MessageBody> Bodies() {
  const Progress progress{.session = 4, .held = {70}, .applied = {60}, .arrivals = 5};
  GroupView lost = View();
  lost.group.status = GroupStatus::kLost;
  return {
      Heartbeat{.view = View(),
                .sent = {-5},
                .tail = {71},
                .commit = {70},
                .held_by_all = {69},
                .log_time = {-1},
                .session = 4},
      Heartbeat{},
      HeartbeatAck{.sent = {1'234'567'890'123}, .progress = progress},
      Join{.attempt = 2, .applied = {60}, .ladder = {kPosition, {{2}, {5}, 6}, {}}},
      Join{.ladder = Ladder(limits::kLadderRungsMax + 1, kPosition)},
      Joined{.attempt = 2, .session = 4, .shared = kPosition, .commit = {70}},
      FullSync{.attempt = 2, .session = 4},
      Ack{progress},
      Ack{},
      Release{kPosition},
      Probe{0xffff'ffff'ffff'ffff},
      ProbeAck{1},
      Leave{},
      Announce{View()},
      Announce{lost},
      Report{{.lives = {{7}, {11}}, .tail = kPosition, .complete_for = {11}}},
      Report{},
  };
}

TEST(GroupCodec, GivesBackEveryKindOfMessage) {
  for (const MessageBody& body : Bodies()) {
    const Message message{.epoch = {3}, .version = 9, .body = body};
    const auto decoded = DecodeGroupMessage(EncodeGroupMessage(message));
    ASSERT_TRUE(decoded.ok()) << "body " << body.index() << ": " << decoded.status();
    EXPECT_EQ(*decoded, message) << "body " << body.index();
  }
}

TEST(GroupCodec, GivesBackTheHeaderOfRecords) {
  const RecordsHeader header{
      .epoch = {3}, .session = 4, .previous = {{2}, {5}, 6}, .last = kPosition, .commit = {70}};
  EXPECT_EQ(*DecodeRecordsHeader(EncodeRecordsHeader(header)), header);
  EXPECT_EQ(*DecodeRecordsHeader(EncodeRecordsHeader({})), RecordsHeader{});
}

TEST(GroupCodec, WhatIsCutOffIsRefusedOrAnotherMessage) {
  for (const MessageBody& body : Bodies()) {
    const std::string whole = EncodeGroupMessage({.epoch = {3}, .version = 9, .body = body});
    for (size_t size = 0; size < whole.size(); ++size) {
      const auto decoded = DecodeGroupMessage(absl::string_view(whole).substr(0, size));
      if (!decoded.ok()) {
        EXPECT_FALSE(decoded.status().message().empty());
        continue;
      }
      EXPECT_EQ(*DecodeGroupMessage(EncodeGroupMessage(*decoded)), *decoded);
    }
  }
}

std::string Refusal(absl::string_view bytes) {
  return std::string(DecodeGroupMessage(bytes).status().message());
}

std::string Refusal(MessageBody body) {
  return Refusal(EncodeGroupMessage({.epoch = {3}, .version = 9, .body = std::move(body)}));
}

TEST(GroupCodec, WhatMakesNoSenseIsRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("no body"));
  EXPECT_THAT(Refusal("\x08\x03\x10\x09"), HasSubstr("no body"));
  EXPECT_THAT(Refusal("\x0b"), HasSubstr("no such message"));
  EXPECT_THAT(Refusal(std::string(limits::kRegisterMessageBytesMax + 1, '\0')),
              HasSubstr("at most"));
  EXPECT_THAT(Refusal(Join{.ladder = Ladder(limits::kLadderRungsMax + 2, kPosition)}),
              HasSubstr("a ladder of 18 rungs"));
  GroupView view = View();
  view.data_nodes = {{2}, {2}};
  EXPECT_THAT(Refusal(Announce{view}), HasSubstr("data nodes out of order or twice"));
  view = View();
  std::swap(view.group.in_sync[0], view.group.in_sync[1]);
  EXPECT_THAT(Refusal(Heartbeat{.view = view}), HasSubstr("in-sync identities out of order"));
  view = View();
  for (uint64_t node = 0; view.group.in_sync.size() <= limits::kGroupMembersMax; ++node) {
    view.group.in_sync.push_back({{100 + node}, {1}});
  }
  EXPECT_THAT(Refusal(Announce{view}), HasSubstr("identities in sync, at most"));
  view = View();
  view.group.status = static_cast<GroupStatus>(2);
  EXPECT_THAT(Refusal(Announce{view}), HasSubstr("unknown group status 2"));
  view = View();
  view.data_nodes.clear();
  for (uint64_t node = 1; node <= limits::kClusterNodesMax + 1; ++node) {
    view.data_nodes.push_back({node});
  }
  EXPECT_THAT(Refusal(Announce{view}), HasSubstr("65 data nodes"));
}

TEST(GroupCodec, FieldsThatAreNotKnownHereAreRefusedAtAnyDepth) {
  // Field 15 of the message, and field 9 inside its Ack (field 8).
  const std::string ack = EncodeGroupMessage({.epoch = {3}, .version = 9, .body = Ack{}});
  EXPECT_THAT(Refusal(ack + "\x78\x01"), HasSubstr("does not know"));
  EXPECT_THAT(Refusal(std::string("\x42\x02\x48\x01")), HasSubstr("does not know"));
  const auto header = DecodeRecordsHeader(EncodeRecordsHeader({}) + "\x78\x01");
  EXPECT_THAT(std::string(header.status().message()), HasSubstr("does not know"));
}

TEST(GroupCodec, AHeaderOfRecordsThatIsNoneIsRefused) {
  const auto header = DecodeRecordsHeader("\x0b");
  EXPECT_THAT(std::string(header.status().message()), HasSubstr("records header"));
}

}  // namespace
}  // namespace holdfast
