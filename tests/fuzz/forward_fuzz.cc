// Arbitrary bytes from the other node of a forwarded client: items are taken or refused as a whole,
// what was understood is written again as it was, and whatever is said to be replies, a front
// answers each request at most once, and each in the end.
//
// Input: one byte of requests, then what came by the way.

#include <cstddef>
#include <cstdint>

#include "net/base/check.h"
#include "node/forward_items.h"
#include "node/front.h"

namespace holdfast {
namespace {

constexpr uint64_t kWay = 1;

void RewriteState(absl::string_view bytes) {
  const absl::StatusOr<ClientState> state = DecodeState(bytes);
  if (!state.ok()) return;
  const Buffer written = EncodeState(*state);
  const absl::StatusOr<ClientState> again = DecodeState(written.view());
  CHECK(again.ok());
  CHECK(EncodeState(*again).view() == written.view());
}

// Asks for so many, and some of them as transactions or without wanting an answer.
void Ask(Front& front, uint8_t count) {
  uint64_t number = 0;
  for (int i = 0; i < count; ++i) {
    const uint32_t commands = i % 5 == 4 ? 3 : 1;
    front.Add({.number = number, .count = commands, .writes = i % 2 == 0, .silent = i % 7 == 6})
        .Append("*1\r\n$4\r\nPING\r\n");
    front.SizeLast(14);
    number += commands;
  }
  front.Send(kWay, 1, [](const ForwardItem& item) { CHECK(!item.bytes.empty()); });
}

void Run(absl::string_view input) {
  if (input.empty()) return;
  const auto asked = static_cast<uint8_t>(input[0]);
  input.remove_prefix(1);
  Front front;
  Ask(front, asked);
  bool understood = true;
  for (absl::string_view rest = input; understood && !rest.empty();) {
    const absl::string_view before = rest;
    const absl::StatusOr<ForwardItem> item = TakeItem(rest);
    if (!item.ok()) break;
    Buffer written;
    AppendItem(*item, written);
    CHECK(written.view() == before.substr(0, before.size() - rest.size()));
    RewriteState(item->bytes);
    const size_t waited = front.requests();
    understood =
        front.TakeReplies(item->bytes, [](absl::string_view shown) { CHECK(!shown.empty()); }).ok();
    CHECK(front.requests() <= waited);
  }
  size_t concluded = 0;
  const size_t left = front.requests();
  front.Broken([&](Front::Fate) { ++concluded; });
  CHECK(front.requests() + concluded <= left);
  front.GiveUp(Nanos{INT64_MAX}, [&](Front::Fate) { ++concluded; });
  CHECK(!front.busy());
  CHECK_EQ(front.bytes(), size_t{0});
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
