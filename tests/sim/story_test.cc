#include "sim/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/story_page.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Story TwoNodes() {
  Story story(2);
  story.Add(Milliseconds(1500), 0, "leads epoch 1");
  story.Add(Milliseconds(1600), 1, "crash");
  story.Add(Seconds(2), -1, "fault 3 <split>");
  return story;
}

TEST(Story, GivesEachNodeAColumn) {
  const std::string diagram = TwoNodes().Diagram();
  EXPECT_THAT(diagram, HasSubstr("   1.500000 | leads epoch 1"));
  EXPECT_THAT(diagram, HasSubstr("   1.600000 |                            | crash\n"));
  EXPECT_THAT(diagram, HasSubstr("   2.000000 == fault 3 <split>\n"));
}

TEST(Story, ThePageStandsAlone) {
  const std::string page = StoryPage(TwoNodes(), "seed 7 & more");
  EXPECT_THAT(page, HasSubstr("<title>seed 7 &amp; more</title>"));
  EXPECT_THAT(page, HasSubstr("leads epoch 1"));
  EXPECT_THAT(page, Not(HasSubstr("<split>")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
}

}  // namespace
}  // namespace holdfast
