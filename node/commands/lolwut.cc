#include "node/commands/lolwut.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "node/node.h"
#include "node/version.h"

namespace holdfast {
namespace {

constexpr int kWidth = 64;
constexpr int kGroundMin = 2;
constexpr int kHeight = 14;

// A fortress at night: towers and walls of random height under a few stars.
class Skyline {
 public:
  explicit Skyline(uint64_t seed)
      : prng_(seed), rows_(kHeight, std::string(static_cast<size_t>(kWidth), ' ')) {
    Stars();
    int column = 1 + Below(4);
    bool tower = true;
    while (column < kWidth - 8) {
      column += tower ? Tower(column) : Wall(column);
      tower = !tower;
    }
    Tower(std::min(column, kWidth - 7));
    std::fill(rows_[kHeight - 1].begin(), rows_[kHeight - 1].end(), '~');
  }

  std::string Text() const {
    std::string text;
    for (const std::string& row : rows_) absl::StrAppend(&text, row, "\n");
    return text;
  }

 private:
  int Below(int bound) { return static_cast<int>(prng_.Below(static_cast<uint64_t>(bound))); }
  char& At(int row, int column) {
    return rows_[static_cast<size_t>(row)][static_cast<size_t>(column)];
  }

  void Stars() {
    for (int i = 0; i < 14; ++i) At(Below(kHeight / 2), Below(kWidth)) = i % 4 == 0 ? '*' : '.';
  }

  // Fills a block of stones with battlements on top.
  void Block(int column, int width, int height) {
    const int top = kHeight - 1 - height;
    for (int x = column; x < column + width; ++x) {
      At(top, x) = (x - column) % 2 == 0 ? '#' : ' ';
      for (int row = top + 1; row < kHeight - 1; ++row) At(row, x) = '#';
    }
  }

  int Tower(int column) {
    const int width = 5;
    const int height = 6 + Below(kHeight - 8);
    Block(column, width, height);
    for (int row = kHeight - height + 1; row < kHeight - 2; row += 2) {
      if (Below(3) != 0) At(row, column + 2) = Below(2) == 0 ? 'o' : ' ';
    }
    return width;
  }

  int Wall(int column) {
    const int width = std::min(5 + 2 * Below(6), kWidth - 8 - column + 5);
    Block(column, width, kGroundMin + 1 + Below(3));
    const int gate = column + width / 2;
    At(kHeight - 2, gate) = At(kHeight - 3, gate) = ' ';
    return width;
  }

  Prng prng_;
  std::vector<std::string> rows_;
};

}  // namespace

void LolwutCommand(CommandContext& context) {
  if (context.arguments.size() > 2 && context.Is(1, "VERSION") && !context.Integer(2)) return;
  context.reply.Verbatim(
      "txt", absl::StrCat(Skyline(context.worker.prng.Next()).Text(), "\nHoldfast ver. ", kVersion,
                          ", Redis ver. ", kRedisVersion, "\n"));
}

}  // namespace holdfast
