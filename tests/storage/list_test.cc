#include "storage/types/list.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr ListLimits kDefault;
const ListLimits kFourElements = ListLimits::FromDirective(4);

Texts Contents(const List& list) {
  Texts texts;
  for (auto at = list.CursorAt(0); at.Valid(); at.Next()) texts.push_back(at.Get().ToString());
  return texts;
}

List Numbers(int count, const ListLimits& limits) {
  List list;
  for (int i = 0; i < count; ++i) list.Push(ListEnd::kBack, absl::StrCat(i), limits);
  return list;
}

TEST(List, PushesAndPopsAtBothEnds) {
  List list;
  EXPECT_EQ(list.Size(), 0u);
  EXPECT_EQ(list.MemoryBytes(), 0u);
  list.Push(ListEnd::kBack, {"b", "c"}, kDefault);
  list.Push(ListEnd::kFront, {"a", "7"}, kDefault);
  EXPECT_THAT(Contents(list), ElementsAre("7", "a", "b", "c"));
  EXPECT_EQ(list.Pop(ListEnd::kFront, kDefault), "7");
  EXPECT_EQ(list.Pop(ListEnd::kBack, kDefault), "c");
  EXPECT_EQ(list.Peek(ListEnd::kFront).ToString(), "a");
  EXPECT_EQ(list.Peek(ListEnd::kBack).ToString(), "b");
  list.Drop(ListEnd::kBack, kDefault);
  list.Drop(ListEnd::kBack, kDefault);
  EXPECT_EQ(list.Size(), 0u);
  EXPECT_EQ(list.MemoryBytes(), 0u);
}

TEST(List, ThreeShortElementsTakeOneSmallBlock) {
  List list;
  list.Push(ListEnd::kBack, {"a", "b", "c"}, kDefault);
  EXPECT_LE(sizeof(List), 16u);
  EXPECT_LE(list.MemoryBytes(), 24u);
}

TEST(List, ResolvesIndexesFromBothEnds) {
  const List list = Numbers(5, kDefault);
  EXPECT_EQ(list.Resolve(0), 0u);
  EXPECT_EQ(list.Resolve(4), 4u);
  EXPECT_EQ(list.Resolve(5), std::nullopt);
  EXPECT_EQ(list.Resolve(-1), 4u);
  EXPECT_EQ(list.Resolve(-5), 0u);
  EXPECT_EQ(list.Resolve(-6), std::nullopt);
  EXPECT_EQ(list.Resolve(std::numeric_limits<int64_t>::min()), std::nullopt);
}

TEST(List, LimitsReadAsTheDirectiveDoes) {
  EXPECT_EQ(ListLimits::FromDirective(-1).bytes, 4096u);
  EXPECT_EQ(ListLimits::FromDirective(-2), kDefault);
  EXPECT_EQ(ListLimits::FromDirective(-5).bytes, 65536u);
  EXPECT_EQ(ListLimits::FromDirective(-9).bytes, 65536u);
  EXPECT_EQ(ListLimits::FromDirective(128).elements, 128u);
  EXPECT_EQ(ListLimits::FromDirective(0).elements, 1u);
}

TEST(List, ChangesEncodingByElements) {
  List list = Numbers(4, kFourElements);
  EXPECT_EQ(list.Encoding(), "listpack");
  list.Push(ListEnd::kBack, "4", kFourElements);
  EXPECT_EQ(list.Encoding(), "quicklist");
  list.Drop(ListEnd::kBack, kFourElements);
  list.Drop(ListEnd::kBack, kFourElements);
  EXPECT_EQ(list.Encoding(), "quicklist") << "three of four are more than half";
  list.Drop(ListEnd::kBack, kFourElements);
  EXPECT_EQ(list.Encoding(), "listpack");
  EXPECT_THAT(Contents(list), ElementsAre("0", "1"));
}

TEST(List, ChangesEncodingByBytes) {
  // Seven bytes of framing count as well.
  List list;
  list.Push(ListEnd::kBack, std::string(8185, 'x'), kDefault);
  EXPECT_EQ(list.Encoding(), "listpack");
  list.Push(ListEnd::kBack, "", kDefault);
  EXPECT_EQ(list.Encoding(), "quicklist");
  list.Drop(ListEnd::kFront, kDefault);
  EXPECT_EQ(list.Encoding(), "listpack");

  List other;
  other.Push(ListEnd::kBack, std::string(8186, 'x'), kDefault);
  EXPECT_EQ(other.Encoding(), "quicklist");
}

TEST(List, CountsTheValuesOfOnePushTogether) {
  List list;
  list.Push(ListEnd::kBack, {"a", "b", "c", "d", "e"}, kFourElements);
  EXPECT_EQ(list.Encoding(), "quicklist");
  // Only their text counts then: 4,000 of them stay packed, though they take 12,000 bytes.
  List tiny;
  tiny.Push(ListEnd::kBack, std::vector<absl::string_view>(4000, "x"), kDefault);
  EXPECT_EQ(tiny.Encoding(), "listpack");
  EXPECT_EQ(tiny.Size(), 4000u);
}

TEST(List, PackedListNeverOutgrowsAChunk) {
  List list;
  list.Push(ListEnd::kBack, std::vector<absl::string_view>(100'000, ""), kDefault);
  EXPECT_EQ(list.Encoding(), "quicklist");
  EXPECT_EQ(list.Size(), 100'000u);
  list.CheckInvariants();
}

TEST(List, HugeElementsHaveChunksOfTheirOwn) {
  const std::string huge(3'000'000, 'h');
  List list = Numbers(10, kDefault);
  list.Insert(list.CursorAt(5), ListSide::kBefore, huge, kDefault);
  EXPECT_EQ(list.At(4).ToString(), "4");
  EXPECT_EQ(list.At(5).ToString(), huge);
  EXPECT_EQ(list.At(6).ToString(), "5");
  list.Set(5, std::string(4'000'000, 'i'), kDefault);
  EXPECT_EQ(list.At(5).text.size(), 4'000'000u);
  list.Set(5, "small", kDefault);
  EXPECT_LT(list.MemoryBytes(), 1000u);
  list.CheckInvariants();
  EXPECT_EQ(list.Encoding(), "listpack");
  list.Push(ListEnd::kFront, huge, kDefault);
  list.Push(ListEnd::kBack, huge, kDefault);
  EXPECT_EQ(list.Pop(ListEnd::kFront, kDefault), huge);
  EXPECT_EQ(list.Pop(ListEnd::kBack, kDefault), huge);
  EXPECT_EQ(list.Size(), 11u);
}

TEST(List, CursorsWalkBothWaysOverChunks) {
  const List list = Numbers(1000, kFourElements);
  auto at = list.CursorAt(998);
  EXPECT_EQ(at.Get().integer, 998);
  at.Next();
  EXPECT_EQ(at.Get().integer, 999);
  at.Next();
  EXPECT_FALSE(at.Valid());
  at = list.CursorAt(999);
  for (int64_t i = 999; i >= 0; --i) {
    ASSERT_TRUE(at.Valid());
    ASSERT_EQ(at.index(), static_cast<size_t>(i));
    ASSERT_EQ(at.Get().integer, i);
    at.Previous();
  }
  EXPECT_FALSE(at.Valid());
  EXPECT_FALSE(list.CursorAt(1000).Valid());
}

TEST(List, InsertsNextToACursor) {
  List list = Numbers(2, kDefault);
  list.Insert(list.CursorAt(0), ListSide::kBefore, "first", kDefault);
  list.Insert(list.CursorAt(1), ListSide::kAfter, "middle", kDefault);
  list.Insert(list.CursorAt(3), ListSide::kAfter, "last", kDefault);
  EXPECT_THAT(Contents(list), ElementsAre("first", "0", "middle", "1", "last"));
}

TEST(List, InsertionsInTheMiddleKeepChunksHalfFull) {
  List list = Numbers(10'000, kDefault);
  for (int i = 0; i < 30'000; ++i) {
    list.Insert(list.CursorAt(5000 + static_cast<size_t>(i)), ListSide::kAfter, "inserted",
                kDefault);
  }
  list.CheckInvariants();
  EXPECT_EQ(list.At(5000).integer, 5000);
  EXPECT_EQ(list.At(5001).text, "inserted");
  EXPECT_EQ(list.At(35'001).integer, 5001);
  // 30,000 x 10 bytes and 10,000 x 3 or 4.
  EXPECT_LT(list.MemoryBytes(), 2 * 340'000u);
}

TEST(List, ErasesUnderACursorAndGoesOn) {
  List list = Numbers(100, kFourElements);
  auto at = list.CursorAt(0);
  while (at.Valid()) {
    if (at.Get().integer % 2 == 0) {
      at = list.Erase(at, kFourElements);
    } else {
      at.Next();
    }
  }
  EXPECT_EQ(list.Size(), 50u);
  EXPECT_EQ(list.At(49).integer, 99);
  list.CheckInvariants();
}

TEST(List, EraseRangeReturnsWholeChunks) {
  List list = Numbers(10'000, kDefault);
  const size_t memory = list.MemoryBytes();
  const List cut = list.EraseRange(10, 9'980, kDefault);
  EXPECT_GT(cut.Size(), 5'000u);
  EXPECT_LT(cut.Size(), 9'980u);
  EXPECT_GT(cut.MemoryBytes(), memory / 2);
  EXPECT_EQ(list.Size(), 20u);
  EXPECT_EQ(list.At(9).integer, 9);
  EXPECT_EQ(list.At(10).integer, 9'990);
  EXPECT_EQ(list.Encoding(), "listpack") << "what is left is small and merged";
  cut.CheckInvariants();
}

TEST(List, EraseRangeCanTakeNothingOrAll) {
  List list = Numbers(1000, kFourElements);
  EXPECT_EQ(list.EraseRange(1000, 0, kFourElements).Size(), 0u);
  EXPECT_EQ(list.Size(), 1000u);
  EXPECT_EQ(list.EraseRange(0, 1000, kFourElements).Size(), 1000u);
  EXPECT_THAT(Contents(list), IsEmpty());
  EXPECT_EQ(list.MemoryBytes(), 0u);
}

TEST(List, RemovesMatchesFromEitherEnd) {
  for (const ListLimits& limits : {kDefault, ListLimits::FromDirective(2)}) {
    List list;
    list.Push(ListEnd::kBack, {"x", "1", "x", "2", "x", "3", "x"}, limits);
    EXPECT_EQ(list.RemoveMatches("x", 1, limits), 1u);
    EXPECT_THAT(Contents(list), ElementsAre("1", "x", "2", "x", "3", "x"));
    EXPECT_EQ(list.RemoveMatches("x", -2, limits), 2u);
    EXPECT_THAT(Contents(list), ElementsAre("1", "x", "2", "3"));
    EXPECT_EQ(list.RemoveMatches("02", 0, limits), 0u);
    EXPECT_EQ(list.RemoveMatches("2", std::numeric_limits<int64_t>::min(), limits), 1u);
    EXPECT_EQ(list.RemoveMatches("x", 0, limits), 1u);
    EXPECT_THAT(Contents(list), ElementsAre("1", "3"));
    list.CheckInvariants();
  }
}

TEST(List, RemovingMostElementsMergesWhatIsLeft) {
  List list;
  for (int i = 0; i < 100'000; ++i) {
    list.Push(ListEnd::kBack, i % 100 == 0 ? "kept" : "gone", kDefault);
  }
  EXPECT_EQ(list.RemoveMatches("gone", 0, kDefault), 99'000u);
  EXPECT_LT(list.MemoryBytes(), 3 * 6'000u);
  list.CheckInvariants();
}

TEST(List, MemoryFollowsAQueueDown) {
  List list = Numbers(100'000, kDefault);
  for (int i = 0; i < 99'990; ++i) list.Drop(ListEnd::kFront, kDefault);
  EXPECT_EQ(list.At(0).integer, 99'990);
  EXPECT_LT(list.MemoryBytes(), 400u);
}

TEST(List, AQueueOfSteadyLengthKeepsItsMemory) {
  List list = Numbers(100, kDefault);
  const size_t memory = list.MemoryBytes();
  for (int i = 0; i < 10'000; ++i) {
    list.Push(ListEnd::kBack, absl::StrCat(i % 100), kDefault);
    list.Drop(ListEnd::kFront, kDefault);
  }
  EXPECT_LT(list.MemoryBytes(), 2 * memory);
}

TEST(List, LongListsAreDense) {
  List list;
  const std::string value(20, 'v');
  for (int i = 0; i < 100'000; ++i) list.Push(ListEnd::kBack, value, kDefault);
  // 22 bytes each as a listpack entry.
  EXPECT_LT(list.MemoryBytes(), 100'000 * 22 * 102 / 100u);
}

TEST(List, CloneIsIndependent) {
  for (const ListLimits& limits : {kDefault, kFourElements}) {
    List list = Numbers(20, limits);
    const List copy = list.Clone();
    list.EraseRange(0, 20, limits);
    EXPECT_EQ(copy.Size(), 20u);
    EXPECT_EQ(copy.At(19).integer, 19);
    copy.CheckInvariants();
  }
}

TEST(List, FreesInSteps) {
  List list = Numbers(10'000, kFourElements);
  int steps = 0;
  size_t size = list.Size();
  while (!list.FreeInSteps(100)) {
    EXPECT_LE(size - list.Size(), 104u);
    size = list.Size();
    ++steps;
  }
  EXPECT_EQ(steps, 99);
  EXPECT_EQ(list.Size(), 0u);
  List packed = Numbers(3, kDefault);
  EXPECT_TRUE(packed.FreeInSteps(1));
  EXPECT_EQ(packed.MemoryBytes(), 0u);
}

TEST(List, TighterLimitsApplyFromTheNextChangeOn) {
  List list = Numbers(3'000, kDefault);
  for (size_t i = 0; i < 50; ++i) {
    list.Insert(list.CursorAt(1'000 + i), ListSide::kAfter, "x", kFourElements);
  }
  list.CheckInvariants();
  EXPECT_EQ(list.Size(), 3'050u);
  EXPECT_EQ(list.At(1'000).integer, 1'000);
  EXPECT_EQ(list.At(1'050).text, "x");
  EXPECT_EQ(list.At(1'051).integer, 1'001);
}

}  // namespace
}  // namespace holdfast
