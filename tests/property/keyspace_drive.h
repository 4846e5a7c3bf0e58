// A keyspace under random changes, with a model of what it should hold: a map of plain strings.
#pragma once

#include <compare>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "storage/keyspace/keyspace.h"
#include "storage/types/list.h"

namespace holdfast::keyspace_drive {

struct ModelValue {
  bool is_list = false;
  uint8_t opaque_type = 0;            // of an opaque value
  std::vector<std::string> elements;  // of a string or an opaque value, the only one
  std::optional<int64_t> deadline;
  bool operator==(const ModelValue&) const = default;
};
// By database and key.
using Model = std::map<std::pair<int, std::string>, ModelValue>;

inline ModelValue ValueOf(const Entry& entry) {
  ModelValue value;
  if (entry.has_deadline()) value.deadline = entry.deadline().value;
  if (entry.type() == ValueType::kList) {
    value.is_list = true;
    for (auto cursor = entry.list()->CursorAt(0); cursor.Valid(); cursor.Next()) {
      value.elements.push_back(cursor.Get().ToString());
    }
  } else if (entry.type() == ValueType::kOpaque) {
    value.opaque_type = entry.value().opaque_type;
    value.elements.emplace_back(entry.value().text);
  } else {
    value.elements.push_back(entry.is_integer() ? absl::StrCat(entry.integer())
                                                : std::string(entry.text()));
  }
  return value;
}

// What a keyspace holds, read key by key.
inline Model ContentsOf(const Keyspace& keyspace) {
  Model contents;
  for (auto slot = keyspace.NextSlotWithKeys(0); slot;
       slot = keyspace.NextSlotWithKeys(slot->value + 1)) {
    for (uint8_t database = 0; database < kDatabaseCount; ++database) {
      keyspace.Scan(DatabaseId{database}, *slot, 0, SIZE_MAX, [&](Entry* entry) {
        contents[{database, std::string(entry->key())}] = ValueOf(*entry);
      });
    }
  }
  return contents;
}

struct DriveOptions {
  uint64_t keys = 100;  // in each database
  uint64_t tags = 3;    // slots that they are spread over
  int databases = 3;
  ListLimits list_limits;
  bool large_values = false;
};

// Changes keyspace and model alike.
class Drive {
 public:
  Drive(Keyspace& keyspace, const DriveOptions& options, uint64_t seed)
      : keyspace_(keyspace), options_(options), prng_(seed) {}

  const Model& model() const { return model_; }
  Prng& prng() { return prng_; }

  void Step() {
    const uint64_t choice = prng_.Below(100);
    if (choice < 25) return PutString();
    if (choice < 35) return EditString();
    if (choice < 45) return ChangeDeadline();
    if (choice < 55) return EraseOne();
    if (choice < 65) return MoveOrCopy();
    if (choice < 90) return EditList();
    if (choice < 94) return Expire();
    if (choice < 97) return static_cast<void>(keyspace_.ReclaimSome(prng_.Below(50) + 1));
    if (prng_.Chance(9, 10)) return;
    prng_.Chance(1, 2) ? Swap() : Flush();
  }

 private:
  struct Place {
    int database;
    std::string name;
  };

  Place AnyPlace() {
    return {static_cast<int>(prng_.Below(static_cast<uint64_t>(options_.databases))),
            absl::StrCat("{", prng_.Below(options_.tags), "}", prng_.Below(options_.keys))};
  }
  Keyspace::Location Locate(const Place& place) const {
    Keyspace::Location location = {DatabaseId{static_cast<uint8_t>(place.database)},
                                   keyspace_.MakeKey(place.name)};
    location.entry = keyspace_.Find(location.database, location.key);
    return location;
  }
  ModelValue& Known(const Place& place) { return model_[{place.database, place.name}]; }
  // The entry, created as a list or string if it is absent or something else.
  Keyspace::Location Make(const Place& place, bool list) {
    Keyspace::Location location = Locate(place);
    const ValueType wanted = list ? ValueType::kList : ValueType::kString;
    if (location.entry != nullptr && location.entry->type() == wanted) return location;
    const auto value = list ? Value::OfList(new List) : Value::Text("new");
    location.entry = keyspace_.Put(location.database, location.key, location.entry, value, {});
    Known(place) = {.is_list = list};
    if (!list) Known(place).elements = {"new"};
    return location;
  }

  std::string AnyText() {
    const uint64_t kind = prng_.Below(20);
    size_t size = prng_.Below(40);
    if (kind == 0) size = 900 + prng_.Below(3000);
    if (kind == 1 && options_.large_values) size = prng_.Below(300'000);
    if (kind < 5 && kind > 1) return absl::StrCat(static_cast<int64_t>(prng_.Next()) >> 40);
    return std::string(size, static_cast<char>('a' + prng_.Below(26)));
  }
  std::optional<Millis> AnyDeadline() {
    if (prng_.Chance(1, 2)) return std::nullopt;
    if (prng_.Chance(1, 20)) return Millis{int64_t{1} << 50};
    return Millis{static_cast<int64_t>(prng_.Below(1000)) + 1};
  }

  void PutString() {
    const Place place = AnyPlace();
    const Keyspace::Location at = Locate(place);
    const auto deadline = AnyDeadline();
    std::string text = AnyText();
    Value value = Value::Text(text);
    if (prng_.Chance(1, 4)) value = Value::Roomy(text, text.size() + prng_.Below(2000));
    if (prng_.Chance(1, 4)) {
      value = Value::Integer(static_cast<int64_t>(prng_.Next()));
      text = absl::StrCat(value.integer);
    }
    if (prng_.Chance(1, 4)) value = Value::Opaque(2, text);
    keyspace_.Put(at.database, at.key, at.entry, value, deadline);
    Known(place) = {.opaque_type = value.opaque_type, .elements = {text}};
    if (deadline) Known(place).deadline = deadline->value;
  }

  void EditString() {
    const Place place = AnyPlace();
    const Keyspace::Location at = Make(place, false);
    std::string& known = Known(place).elements[0];
    if (at.entry->is_integer()) {
      keyspace_.BeforeEdit(at.key.slot, at.entry);
      at.entry->set_integer(7);
      known = "7";
    } else if (at.entry->is_roomy() && at.entry->capacity() > 0) {
      keyspace_.BeforeEdit(at.key.slot, at.entry);
      const size_t size = prng_.Below(at.entry->capacity() + 1);
      std::memset(at.entry->mutable_text(), 'R', size);
      at.entry->set_text_size(size);
      known = std::string(size, 'R');
    }
  }

  void ChangeDeadline() {
    const Place place = AnyPlace();
    const Keyspace::Location at = Locate(place);
    if (at.entry == nullptr) return;
    const auto deadline = AnyDeadline();
    keyspace_.SetDeadline(at.database, at.key, at.entry, deadline);
    Known(place).deadline = deadline ? std::optional(deadline->value) : std::nullopt;
  }

  void EraseOne() {
    const Place place = AnyPlace();
    const Keyspace::Location at = Locate(place);
    if (at.entry == nullptr) return;
    keyspace_.Erase(at.database, at.key, at.entry);
    model_.erase({place.database, place.name});
  }

  void MoveOrCopy() {
    const Place from = AnyPlace();
    const Place to = AnyPlace();
    const Keyspace::Location source = Locate(from);
    if (source.entry == nullptr || (from.database == to.database && from.name == to.name)) return;
    const ModelValue value = Known(from);
    if (prng_.Chance(1, 2)) {
      keyspace_.Rename(source, Locate(to));
      model_.erase({from.database, from.name});
    } else {
      keyspace_.Copy(source, Locate(to));
    }
    Known(to) = value;
  }

  void EditList() {
    const Place place = AnyPlace();
    const Keyspace::Location at = Make(place, true);
    std::vector<std::string>& known = Known(place).elements;
    {
      ListEdit edit(keyspace_, at.key.slot, at.entry);
      List& list = edit.list();
      const uint64_t choice = known.empty() ? 0 : prng_.Below(8);
      if (choice < 4) {
        const bool front = prng_.Chance(1, 2);
        for (uint64_t i = 0; i <= prng_.Below(60); ++i) {
          const std::string text = AnyText();
          list.Push(front ? ListEnd::kFront : ListEnd::kBack, text, options_.list_limits);
          known.insert(front ? known.begin() : known.end(), text);
        }
      } else if (choice == 4) {
        list.Drop(ListEnd::kFront, options_.list_limits);
        known.erase(known.begin());
      } else if (choice == 5) {
        const size_t index = prng_.Below(known.size());
        const std::string text = AnyText();
        list.Set(index, text, options_.list_limits);
        known[index] = text;
      } else if (choice == 6) {
        const size_t first = prng_.Below(known.size());
        const size_t count = prng_.Below(known.size() - first) + 1;
        list.EraseRange(first, count, options_.list_limits);
        const auto begin = known.begin() + static_cast<ptrdiff_t>(first);
        known.erase(begin, begin + static_cast<ptrdiff_t>(count));
      } else {
        const std::string wanted = known[prng_.Below(known.size())];
        list.RemoveMatches(wanted, 0, options_.list_limits);
        std::erase(known, wanted);
      }
    }
    if (!known.empty()) return;
    keyspace_.Erase(at.database, at.key, at.entry);
    model_.erase({place.database, place.name});
  }

  void Expire() {
    const Millis now{static_cast<int64_t>(prng_.Below(200))};
    const Slot slot = keyspace_.MakeKey(AnyPlace().name).slot;
    keyspace_.EraseDue(slot, now, 5, [&](DatabaseId database, const Entry& entry) {
      model_.erase({database.value, std::string(entry.key())});
    });
  }

  void Swap() {
    const int one = static_cast<int>(prng_.Below(static_cast<uint64_t>(options_.databases)));
    const int other = (one + 1) % options_.databases;
    keyspace_.SwapDatabases(DatabaseId{static_cast<uint8_t>(one)},
                            DatabaseId{static_cast<uint8_t>(other)});
    Model swapped;
    for (auto& [place, value] : model_) {
      const int database = place.first == one ? other : place.first == other ? one : place.first;
      swapped[{database, place.second}] = std::move(value);
    }
    model_ = std::move(swapped);
  }

  void Flush() {
    const int database = AnyPlace().database;
    keyspace_.Flush(DatabaseId{static_cast<uint8_t>(database)});
    std::erase_if(model_, [&](const auto& item) { return item.first.first == database; });
  }

  Keyspace& keyspace_;
  const DriveOptions options_;
  Prng prng_;
  Model model_;
};

}  // namespace holdfast::keyspace_drive
