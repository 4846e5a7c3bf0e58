#include "net/peer/handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

static_assert(std::endian::native == std::endian::little);

struct Hello {
  uint16_t protocol_min = 0;
  uint16_t protocol_max = 0;
  uint8_t channel = 0;
  uint8_t zero[3] = {};
  uint64_t cluster_id = 0;
  uint64_t node = 0;
  uint64_t incarnation = 0;
  uint64_t expected_node = 0;
  uint64_t attempt = 0;
  uint64_t nonce[2] = {};
};
static_assert(sizeof(Hello) == 64);
constexpr size_t kProofBytes = 32;

Hello HelloOf(absl::string_view bytes) {
  Hello hello;
  std::memcpy(&hello, bytes.data(), sizeof(hello));
  return hello;
}

std::string Versions(uint16_t min, uint16_t max) {
  return min == max ? absl::StrCat(min) : absl::StrCat(min, " to ", max);
}

std::string NodeName(uint64_t node) { return absl::StrFormat("%016x", node); }

// Its length first, so that no two transcripts are the same bytes.
void AppendCounted(absl::string_view bytes, std::string& out) {
  const auto length = static_cast<uint32_t>(bytes.size());
  out.append(reinterpret_cast<const char*>(&length), sizeof(length));
  out.append(bytes.data(), bytes.size());
}

}  // namespace

Handshake::Handshake(const PeerSelf& self, const Options& options)
    : self_(self), options_(options) {
  CHECK(self.identity.node != 0 && self.identity.incarnation != 0);
  CHECK_LE(self.protocol_min, self.protocol_max);
}

void Handshake::Start(Buffer& out) {
  session_.channel = options_.channel;
  session_.attempt = options_.attempt;
  SendHello(out);
}

absl::Status Handshake::OnFrame(const Frame& frame, Buffer& out) {
  CHECK(stage_ == Stage::kHello || stage_ == Stage::kProof);
  absl::Status status = Take(frame, out);
  if (!status.ok()) stage_ = Stage::kFailed;
  return status;
}

absl::Status Handshake::Take(const Frame& frame, Buffer& out) {
  if (frame.type == kRefuseFrame) return ReadRefusal(frame.payload);
  if (frame.type == kHelloFrame && stage_ == Stage::kHello) return TakeHello(frame.payload, out);
  if (frame.type == kProofFrame && stage_ == Stage::kProof) return TakeProof(frame.payload, out);
  return absl::InvalidArgumentError(absl::StrCat("frame of type ", frame.type,
                                                 " instead of the handshake's ",
                                                 stage_ == Stage::kHello ? "HELLO" : "PROOF"));
}

absl::Status Handshake::TakeHello(absl::string_view payload, Buffer& out) {
  RETURN_IF_ERROR(Judge(payload));
  const Hello hello = HelloOf(payload);
  session_.peer = {.node = hello.node, .incarnation = hello.incarnation};
  session_.cluster_id = hello.cluster_id;
  session_.protocol = std::min(self_.protocol_max, hello.protocol_max);
  peer_hello_ = std::string(payload);
  if (options_.side == Side::kAcceptor) {
    session_.channel = static_cast<PeerChannel>(hello.channel);
    session_.attempt = hello.attempt;
    SendHello(out);
  } else {
    AppendFrame(kProofFrame, Proof(Side::kDialer), out);
  }
  stage_ = Stage::kProof;
  return absl::OkStatus();
}

absl::Status Handshake::Judge(absl::string_view payload) {
  if (payload.size() < sizeof(Hello)) {
    return absl::InvalidArgumentError(absl::StrCat("HELLO of ", payload.size(), " bytes"));
  }
  const Hello hello = HelloOf(payload);
  if (std::min(self_.protocol_max, hello.protocol_max) <
      std::max(self_.protocol_min, hello.protocol_min)) {
    return absl::UnimplementedError(
        absl::StrCat("no protocol version in common: ", NodeName(self_.identity.node), " speaks ",
                     Versions(self_.protocol_min, self_.protocol_max), ", ", NodeName(hello.node),
                     " speaks ", Versions(hello.protocol_min, hello.protocol_max)));
  }
  if (hello.node == 0 || hello.incarnation == 0) {
    return absl::InvalidArgumentError("HELLO of nobody");
  }
  if (hello.node == self_.identity.node) {
    return absl::AlreadyExistsError(
        hello.incarnation == self_.identity.incarnation
            ? "connected to itself: the address is the node's own"
            : absl::StrCat("both ends are node ", NodeName(hello.node),
                           ": a copy of a data directory, or its earlier process"));
  }
  const bool dialer = options_.side == Side::kDialer;
  const uint64_t wanted = dialer ? options_.expected_node : hello.expected_node;
  const uint64_t found = dialer ? hello.node : self_.identity.node;
  if (wanted != 0 && wanted != found) {
    return absl::NotFoundError(
        absl::StrCat("at this address is node ", NodeName(found), ", not ", NodeName(wanted)));
  }
  if (self_.cluster_id != 0 && hello.cluster_id != 0 && self_.cluster_id != hello.cluster_id) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "different clusters: %s is of %016x, %s is of %016x", NodeName(self_.identity.node),
        self_.cluster_id, NodeName(hello.node), hello.cluster_id));
  }
  if (hello.channel >= kPeerChannelCount ||
      (dialer && hello.channel != static_cast<uint8_t>(options_.channel))) {
    return absl::InvalidArgumentError(
        absl::StrCat("HELLO for channel ", hello.channel,
                     dialer ? ", which was not asked for" : ", which is not known"));
  }
  if (self_.secret.empty() && !self_.allows_empty_secret) {
    return absl::UnauthenticatedError(
        absl::StrCat("node ", NodeName(self_.identity.node), " has no cluster-secret"));
  }
  return absl::OkStatus();
}

absl::Status Handshake::TakeProof(absl::string_view payload, Buffer& out) {
  const bool dialer = options_.side == Side::kDialer;
  const std::string expected = Proof(dialer ? Side::kAcceptor : Side::kDialer);
  if (payload.size() != expected.size() ||
      CRYPTO_memcmp(payload.data(), expected.data(), expected.size()) != 0) {
    return absl::UnauthenticatedError(
        absl::StrCat("wrong cluster-secret: nodes ", NodeName(self_.identity.node), " and ",
                     NodeName(session_.peer.node), " have different ones"));
  }
  if (!dialer) AppendFrame(kProofFrame, Proof(Side::kAcceptor), out);
  stage_ = Stage::kDone;
  return absl::OkStatus();
}

void Handshake::SendHello(Buffer& out) {
  const bool dialer = options_.side == Side::kDialer;
  const Hello hello = {.protocol_min = self_.protocol_min,
                       .protocol_max = self_.protocol_max,
                       .channel = static_cast<uint8_t>(session_.channel),
                       .cluster_id = self_.cluster_id,
                       .node = self_.identity.node,
                       .incarnation = self_.identity.incarnation,
                       .expected_node = dialer ? options_.expected_node : 0,
                       .attempt = dialer ? options_.attempt : 0,
                       .nonce = {options_.nonce[0], options_.nonce[1]}};
  own_hello_.assign(reinterpret_cast<const char*>(&hello), sizeof(hello));
  AppendFrame(kHelloFrame, own_hello_, out);
}

std::string Handshake::Proof(Side side) const {
  const bool dialer = options_.side == Side::kDialer;
  std::string transcript(1, static_cast<char>(side));
  AppendCounted(dialer ? own_hello_ : peer_hello_, transcript);
  AppendCounted(dialer ? peer_hello_ : own_hello_, transcript);
  std::string proof(kProofBytes, '\0');
  unsigned int length = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), self_.secret.data(), static_cast<int>(self_.secret.size()),
           reinterpret_cast<const unsigned char*>(transcript.data()), transcript.size(),
           reinterpret_cast<unsigned char*>(proof.data()), &length);
  CHECK(made != nullptr);
  CHECK_EQ(length, kProofBytes);
  return proof;
}

void AppendRefusal(const absl::Status& reason, Buffer& out) {
  CHECK(!reason.ok());
  const char code = static_cast<char>(reason.code());
  const absl::string_view text = reason.message().substr(0, limits::kPeerRefusalTextMax);
  AppendFrame(kRefuseFrame, {absl::string_view(&code, 1), text}, out);
}

absl::Status ReadRefusal(absl::string_view payload) {
  if (payload.empty()) return absl::UnknownError("refused by the peer, without a reason");
  auto code = static_cast<absl::StatusCode>(static_cast<uint8_t>(payload[0]));
  if (code == absl::StatusCode::kOk || code > absl::StatusCode::kUnauthenticated) {
    code = absl::StatusCode::kUnknown;
  }
  std::string text(payload.substr(1, limits::kPeerRefusalTextMax));
  for (char& c : text) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return absl::Status(code, absl::StrCat("refused by the peer: ", text));
}

}  // namespace holdfast
