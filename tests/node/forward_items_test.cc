#include "node/forward_items.h"

#include <string>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

TEST(ForwardItems, ComeBackAsTheyWere) {
  Buffer bytes;
  AppendItem({.kind = ForwardItem::Kind::kRequests,
              .client = uint64_t{5} << 56 | 9,
              .number = 12,
              .count = 3,
              .bytes = "abc"},
             bytes);
  AppendItem({.kind = ForwardItem::Kind::kEnded, .client = 9, .number = 1}, bytes);
  absl::string_view rest = bytes.view();
  const auto first = TakeItem(rest);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->kind, ForwardItem::Kind::kRequests);
  EXPECT_EQ(first->client, uint64_t{5} << 56 | 9);
  EXPECT_EQ(first->number, 12u);
  EXPECT_EQ(first->count, 3u);
  EXPECT_EQ(first->bytes, "abc");
  const auto second = TakeItem(rest);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->kind, ForwardItem::Kind::kEnded);
  EXPECT_TRUE(rest.empty());
}

TEST(ForwardItems, WhatIsCutOrUnknownIsRefused) {
  Buffer bytes;
  AppendItem({.client = 9, .bytes = "abc"}, bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    absl::string_view cut = bytes.view().substr(0, size);
    EXPECT_FALSE(TakeItem(cut).ok()) << size;
  }
  for (const char kind : {0, 7}) {
    bytes.data()[0] = kind;
    absl::string_view view = bytes.view();
    EXPECT_FALSE(TakeItem(view).ok());
  }
}

TEST(ForwardItems, AStateComesBackAsItWas) {
  const ClientState state{.database = DatabaseId{3},
                          .protocol = Protocol::kResp3,
                          .durability = Durability::kFsync,
                          .wrote = true,
                          .descriptor = 17,
                          .peer = {.host = "10.0.0.1", .port = 4000},
                          .local = {.unix_path = "/run/holdfast"},
                          .name = "me",
                          .library_name = "lib",
                          .library_version = "1.2"};
  const std::string bytes(EncodeState(state).view());
  const auto decoded = DecodeState(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->database, state.database);
  EXPECT_EQ(decoded->protocol, Protocol::kResp3);
  EXPECT_EQ(decoded->durability, Durability::kFsync);
  EXPECT_FALSE(decoded->no_touch);
  EXPECT_TRUE(decoded->wrote);
  EXPECT_EQ(decoded->descriptor, 17);
  EXPECT_EQ(decoded->peer.ToString(), "10.0.0.1:4000");
  EXPECT_EQ(decoded->local.unix_path, "/run/holdfast");
  EXPECT_EQ(decoded->name + decoded->library_name + decoded->library_version, "melib1.2");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeState(absl::string_view(bytes).substr(0, size)).ok()) << size;
  }
  std::string wrong = bytes;
  wrong[0] = 16;
  EXPECT_FALSE(DecodeState(wrong).ok());
  wrong = bytes;
  wrong[1] = 4;
  EXPECT_FALSE(DecodeState(wrong).ok());
}

}  // namespace
}  // namespace holdfast
