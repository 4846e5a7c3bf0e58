// Snapshots beside writers, a reclaimer and each other on their own threads, for ThreadSanitizer
// and for what one thread cannot show: what was loaded has the digest that the keyspace had.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "net/base/spin_lock.h"
#include "storage/digest/digest.h"
#include "storage/snapshot/snapshot.h"
#include "storage/snapshot/snapshot_loader.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr DatabaseId kDatabase{0};
constexpr int kWriters = 3;
constexpr uint64_t kKeys = 400;

// Writers share the world; cuts and flushes have it alone, and are not kept waiting for long.
class World {
 public:
  World() {
    for (int i = 0; i < kWriters; ++i) {
      writers_.emplace_back([this, i] { Write(static_cast<uint64_t>(i)); });
    }
    reclaimer_ = std::thread([this] {
      while (!stop_) {
        {
          Inside inside(*this);
          keyspace_.ReclaimSome(100);
        }
        std::this_thread::yield();
      }
    });
  }
  ~World() {
    stop_ = true;
    for (std::thread& writer : writers_) writer.join();
    reclaimer_.join();
  }

  std::unique_ptr<Snapshot> Cut(Digest* digest) {
    Alone alone(*this);
    *digest = KeyspaceDigest(keyspace_);
    return Snapshot::Cut(keyspace_, {.held_bytes_max = 200'000});
  }
  Snapshot::Pull Next(Snapshot& snapshot) {
    Inside inside(*this);
    return snapshot.Next(5);
  }
  void Close(Snapshot& snapshot) {
    Alone alone(*this);
    snapshot.Close();
  }
  void Flush() {
    Alone alone(*this);
    keyspace_.Flush(kDatabase);
  }

 private:
  class Inside {
   public:
    explicit Inside(World& world) {
      std::lock_guard in_turn(world.turnstile_);
      hold_ = std::shared_lock(world.gate_);
    }

   private:
    std::shared_lock<std::shared_mutex> hold_;
  };
  class Alone {
   public:
    explicit Alone(World& world) : first_(world.turnstile_), hold_(world.gate_) {}

   private:
    std::lock_guard<std::mutex> first_;
    std::unique_lock<std::shared_mutex> hold_;
  };

  void Write(uint64_t seed) {
    Prng prng(seed);
    while (!stop_) {
      Inside inside(*this);
      if (keyspace_.CutCongested()) {
        std::this_thread::yield();
        continue;
      }
      const std::string name = absl::StrCat("{", prng.Below(5), "}", prng.Below(kKeys));
      const Key key = keyspace_.MakeKey(name);
      SpinLockHolder hold(keyspace_.lock(key.slot));
      Change(key, prng);
    }
  }

  void Change(const Key& key, Prng& prng) {
    Entry* entry = keyspace_.Find(kDatabase, key);
    switch (prng.Below(5)) {
      case 0:
        if (entry != nullptr) keyspace_.Erase(kDatabase, key, entry);
        break;
      case 1:
        keyspace_.Put(kDatabase, key, entry, Value::Integer(static_cast<int64_t>(prng.Next())),
                      Millis{static_cast<int64_t>(prng.Below(1000)) + 1});
        break;
      case 2: {
        const std::string text(prng.Below(3000), 'x');
        keyspace_.Put(kDatabase, key, entry, Value::Roomy(text, text.size() + 8), std::nullopt);
        break;
      }
      case 3:
        if (entry == nullptr || !entry->is_roomy()) break;
        keyspace_.BeforeEdit(key.slot, entry);
        std::memset(entry->mutable_text(), 'y', entry->capacity());
        entry->set_text_size(entry->capacity());
        break;
      default: {
        if (entry == nullptr || entry->type() != ValueType::kList) {
          entry = keyspace_.Put(kDatabase, key, entry, Value::OfList(new List), std::nullopt);
        }
        ListEdit edit(keyspace_, key.slot, entry);
        const std::string element(prng.Below(400), 'e');
        for (int i = 0; i < 10; ++i) edit.list().Push(ListEnd::kBack, element, ListLimits{});
      }
    }
  }

  Keyspace keyspace_{1};
  std::mutex turnstile_;
  std::shared_mutex gate_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> writers_;
  std::thread reclaimer_;
};

TEST(SnapshotStress, EqualsTheKeyspaceAtTheCut) {
  World world;
  std::vector<std::thread> takers;
  for (int taker = 0; taker < kCutLanes; ++taker) {
    takers.emplace_back([&world, taker] {
      for (int round = 0; round < 10; ++round) {
        Digest expected;
        const auto snapshot = world.Cut(&expected);
        ASSERT_NE(snapshot, nullptr);
        if (taker == 0 && round % 3 == 0) world.Flush();
        SnapshotLoader loader({});
        for (;;) {
          const Snapshot::Pull pull = world.Next(*snapshot);
          if (pull.outcome == Snapshot::Outcome::kDone) break;
          if (pull.outcome != Snapshot::Outcome::kBlock) continue;
          ASSERT_TRUE(loader.Feed(pull.block.view()).ok());
        }
        world.Close(*snapshot);
        ASSERT_TRUE(loader.done());
        EXPECT_EQ(KeyspaceDigest(*loader.TakeKeyspace()), expected);
      }
    });
  }
  for (std::thread& taker : takers) taker.join();
}

}  // namespace
}  // namespace holdfast
