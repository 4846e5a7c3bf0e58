// ExpiryIndex against a sorted multimap, with sizes that pass from one block to many and back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "storage/keyspace/expiry_index.h"

namespace holdfast {
namespace {

Entry* NewEntry(const std::string& key, Millis deadline) {
  const Value value = Value::Text("v");
  void* block = std::malloc(Entry::BlockSizeFor(key.size(), deadline, value));
  return Entry::Write(block, key, deadline, value);
}

RC_GTEST_PROP(ExpiryProperty, AgreesWithASortedMap, (uint64_t seed)) {
  Prng prng(seed);
  ExpiryIndex index;
  BlockAllocator blocks;
  IndexContext context{.blocks = blocks};
  std::vector<Entry*> entries;
  std::multimap<int64_t, Entry*> model;
  const auto forget = [&](Entry* entry) {
    for (auto [at, end] = model.equal_range(entry->deadline().value); at != end; ++at) {
      if (at->second == entry) {
        model.erase(at);
        return;
      }
    }
    RC_FAIL("not in the model");
  };
  const auto deadline = [&]() -> Millis {
    // Few values, so that equal deadlines are common, and one that needs the wide form.
    return prng.Chance(1, 50) ? Millis{int64_t{1} << 60}
                              : Millis{static_cast<int64_t>(prng.Below(500)) + 1};
  };
  const uint64_t grow_chance = *rc::gen::inRange<uint64_t>(3, 9);
  const int operations = *rc::gen::element(10, 300, 6000);
  for (int i = 0; i < operations; ++i) {
    if (entries.empty() || prng.Chance(grow_chance, 10)) {
      Entry* entry = NewEntry(absl::StrCat("k", i), deadline());
      index.Insert(entry, context);
      entries.push_back(entry);
      model.emplace(entry->deadline().value, entry);
    } else {
      const size_t chosen = prng.Below(entries.size());
      Entry* entry = entries[chosen];
      forget(entry);
      const Millis moved = deadline();
      if (prng.Chance(1, 2) && entry->DeadlineFits(moved)) {
        entry->set_deadline(moved);
        index.Moved(entry);
        model.emplace(moved.value, entry);
      } else if (prng.Chance(1, 3)) {
        Entry* replacement = NewEntry("replacement", moved);
        index.Replace(entry->expiry_position(), replacement);
        std::free(entry);
        entries[chosen] = replacement;
        model.emplace(moved.value, replacement);
      } else {
        index.Erase(entry, context);
        std::free(entry);
        entries[chosen] = entries.back();
        entries.pop_back();
      }
    }
    RC_ASSERT(index.size() == model.size());
    if (!model.empty()) RC_ASSERT(index.first()->deadline().value == model.begin()->first);
  }
  int64_t last = 0;
  while (index.size() > 0) {
    Entry* first = index.first();
    RC_ASSERT(first->deadline().value >= last);
    last = first->deadline().value;
    index.Erase(first, context);
    std::free(first);
  }
  RC_ASSERT(context.bytes == 0);
}

}  // namespace
}  // namespace holdfast
