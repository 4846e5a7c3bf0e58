// Any bytes as the payload of a record: applied to a keyspace that holds something of each kind, or
// refused; never a crash, never more memory than the bounds allow.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "storage/effects/apply.h"
#include "storage/effects/keyspace_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;  // NOLINT(google-build-using-namespace): one function
  Keyspace keyspace(1);
  KeyspaceWriter writer(keyspace, {.now = Millis{1000}});
  const auto at = [&](absl::string_view name) -> Keyspace::Location {
    const Key key = keyspace.MakeKey(name);
    return {DatabaseId{0}, key, keyspace.Find(DatabaseId{0}, key)};
  };
  writer.Put(at("s"), Value::Text("text"), Millis{500});
  writer.Put(at("i"), Value::Integer(7), std::nullopt);
  const absl::string_view elements[] = {"a", "b", "1", "b"};
  writer.Push(at("l"), ListEnd::kBack, elements, {});

  const absl::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto applied =
      ApplyEffects(payload, keyspace, {.now = Millis{1000}, .string_bytes_max = 1 << 16});
  (void)applied;
  return 0;
}
