#include "node/forward_items.h"

#include "net/base/number_bytes.h"

namespace holdfast {
namespace {

void AppendText(absl::string_view text, Buffer& out) {
  AppendNumber(out, static_cast<uint32_t>(text.size()));
  out.Append(text);
}

bool TakeText(absl::string_view& bytes, std::string& text) {
  uint32_t size = 0;
  if (!TakeNumber(bytes, size) || bytes.size() < size) return false;
  text = std::string(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return true;
}

void AppendAddress(const Address& address, Buffer& out) {
  AppendText(address.host, out);
  AppendNumber(out, address.port);
  AppendText(address.unix_path, out);
}

bool TakeAddress(absl::string_view& bytes, Address& address) {
  return TakeText(bytes, address.host) && TakeNumber(bytes, address.port) &&
         TakeText(bytes, address.unix_path);
}

constexpr uint8_t kAsync = 1;
constexpr uint8_t kNoTouchFlag = 2;
constexpr uint8_t kWrote = 4;
constexpr uint8_t kFsync = 8;

}  // namespace

void AppendItem(const ForwardItem& item, Buffer& out) {
  char* at = out.Extend(kForwardItemHeaderBytes);
  at = StoreNumber(at, item.kind);
  at = StoreNumber(at, item.client);
  at = StoreNumber(at, item.number);
  at = StoreNumber(at, item.count);
  StoreNumber(at, static_cast<uint32_t>(item.bytes.size()));
  out.Append(item.bytes);
}

absl::StatusOr<ForwardItem> TakeItem(absl::string_view& bytes) {
  ForwardItem item;
  uint8_t kind = 0;
  uint32_t size = 0;
  if (!TakeNumber(bytes, kind) || !TakeNumber(bytes, item.client) ||
      !TakeNumber(bytes, item.number) || !TakeNumber(bytes, item.count) ||
      !TakeNumber(bytes, size) || bytes.size() < size) {
    return absl::InvalidArgumentError("forwarded item: too short");
  }
  if (kind < static_cast<uint8_t>(ForwardItem::Kind::kOpen) ||
      kind > static_cast<uint8_t>(ForwardItem::Kind::kEnded)) {
    return absl::InvalidArgumentError("forwarded item: unknown kind");
  }
  item.kind = static_cast<ForwardItem::Kind>(kind);
  item.bytes = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return item;
}

Buffer EncodeState(const ClientState& state) {
  Buffer out;
  AppendNumber(out, state.database.value);
  AppendNumber(out, static_cast<uint8_t>(state.protocol));
  AppendNumber(
      out, static_cast<uint8_t>((state.durability == Durability::kAsync ? kAsync : 0) |
                                (state.durability == Durability::kFsync ? kFsync : 0) |
                                (state.no_touch ? kNoTouchFlag : 0) | (state.wrote ? kWrote : 0)));
  AppendNumber(out, static_cast<int32_t>(state.descriptor));
  AppendAddress(state.peer, out);
  AppendAddress(state.local, out);
  for (const std::string* text : {&state.name, &state.library_name, &state.library_version}) {
    AppendText(*text, out);
  }
  return out;
}

absl::StatusOr<ClientState> DecodeState(absl::string_view bytes) {
  ClientState state;
  uint8_t protocol = 0;
  uint8_t flags = 0;
  int32_t descriptor = 0;
  const bool whole = TakeNumber(bytes, state.database.value) && TakeNumber(bytes, protocol) &&
                     TakeNumber(bytes, flags) && TakeNumber(bytes, descriptor) &&
                     TakeAddress(bytes, state.peer) && TakeAddress(bytes, state.local) &&
                     TakeText(bytes, state.name) && TakeText(bytes, state.library_name) &&
                     TakeText(bytes, state.library_version);
  if (!whole || !bytes.empty()) return absl::InvalidArgumentError("client's state: wrong length");
  if (state.database.value >= kDatabaseCount || (protocol != 2 && protocol != 3)) {
    return absl::InvalidArgumentError("client's state: out of range");
  }
  state.protocol = static_cast<Protocol>(protocol);
  state.durability = (flags & kAsync) != 0   ? Durability::kAsync
                     : (flags & kFsync) != 0 ? Durability::kFsync
                                             : Durability::kReplicated;
  state.no_touch = (flags & kNoTouchFlag) != 0;
  state.wrote = (flags & kWrote) != 0;
  state.descriptor = descriptor;
  return state;
}

}  // namespace holdfast
