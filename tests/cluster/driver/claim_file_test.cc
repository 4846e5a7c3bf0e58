#include "cluster/driver/claim_file.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Claim, ComesBackAsItWas) {
  for (const Claim& claim : {Claim{}, Claim{.lives = {{1}}}, Claim{.lives = {{7}, {0xffff}}},
                             Claim{.lives = {{3}}, .complete = true}}) {
    const auto parsed = ParseClaim(EncodeClaim(claim));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, claim);
  }
}

TEST(Claim, IsReadable) {
  EXPECT_EQ(EncodeClaim({.lives = {{0x2a}}, .complete = true}), "000000000000002a complete\n");
  EXPECT_EQ(EncodeClaim({}), "\n");
}

TEST(Claim, ForgetsTheOldestOfVeryMany) {
  Claim claim;
  for (uint64_t life = 1; life <= 100; ++life) claim.lives.push_back({life});
  const auto parsed = ParseClaim(EncodeClaim(claim));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->lives.size(), 64u);
  EXPECT_EQ(parsed->lives.back(), Incarnation{100});
}

TEST(Claim, WhatIsCutOffOrGarbledIsNone) {
  const std::string whole = EncodeClaim({.lives = {{1}, {2}}, .complete = true});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseClaim(whole.substr(0, size)).ok()) << size;
  }
  for (const char* text :
       {"1\n", "000000000000000g \n", "complete 0000000000000001\n", "maybe\n"}) {
    EXPECT_FALSE(ParseClaim(text).ok()) << text;
  }
}

}  // namespace
}  // namespace holdfast
