// Ddmin: a smallest sublist that a test still accepts, by delta debugging.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/functional/function_ref.h"

namespace holdfast {

// Takes away ever smaller pieces, as long as `accepts` holds for the rest. It holds for `items`.
// The result is 1-minimal: no single item of it can be taken away.
template <typename Item>
std::vector<Item> Ddmin(std::vector<Item> items,
                        absl::FunctionRef<bool(const std::vector<Item>&)> accepts) {
  size_t piece = items.size();
  while (piece > 0) {
    bool took_some = false;
    for (size_t start = 0; start < items.size();) {
      std::vector<Item> rest(items.begin(), items.begin() + static_cast<ptrdiff_t>(start));
      const size_t end = std::min(items.size(), start + piece);
      rest.insert(rest.end(), items.begin() + static_cast<ptrdiff_t>(end), items.end());
      if (accepts(rest)) {
        items = std::move(rest);
        took_some = true;
      } else {
        start = end;
      }
    }
    // Single items are tried until a round takes none away.
    if (piece > 1) {
      piece = (piece + 1) / 2;
    } else if (!took_some) {
      break;
    }
  }
  return items;
}

}  // namespace holdfast
