#include "net/peer/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/net/peer/peer_drive.h"

namespace holdfast {
namespace {

using absl::StatusCode;
using peer_drive::Ended;
using peer_drive::Self;
using peer_drive::Shake;
using testing::HasSubstr;

// The side that finds the fault says so, and the other hears of it with the same code.
void ExpectRefused(const Ended& ended, StatusCode code, absl::string_view text) {
  EXPECT_EQ(ended.dialer.code(), code) << ended.dialer;
  EXPECT_EQ(ended.acceptor.code(), code) << ended.acceptor;
  EXPECT_THAT(ended.dialer.message(), HasSubstr(std::string(text)));
  EXPECT_THAT(ended.acceptor.message(), HasSubstr(std::string(text)));
}

TEST(PeerHandshake, BothSidesLearnWhoTheOtherIs) {
  const Ended ended = Shake(Self(1), Self(2), 2);
  ASSERT_TRUE(ended.dialer.ok()) << ended.dialer;
  ASSERT_TRUE(ended.acceptor.ok()) << ended.acceptor;
  const PeerSession dialer = {.peer = {.node = 2, .incarnation = 2001},
                              .cluster_id = 77,
                              .channel = PeerChannel::kData,
                              .protocol = kPeerProtocolMax,
                              .attempt = 5};
  EXPECT_EQ(ended.dialer_session, dialer);
  PeerSession acceptor = dialer;
  acceptor.peer = {.node = 1, .incarnation = 1001};
  EXPECT_EQ(ended.acceptor_session, acceptor);
}

TEST(PeerHandshake, TheHighestCommonVersionIsSpoken) {
  PeerSelf older = Self(1);
  older.protocol_min = 1;
  older.protocol_max = 1;
  EXPECT_EQ(Shake(older, Self(2)).dialer_session.protocol, 1);
  EXPECT_EQ(Shake(Self(2), older).acceptor_session.protocol, 1);
  PeerSelf newer = Self(3);
  newer.protocol_min = 2;
  newer.protocol_max = 9;
  EXPECT_EQ(Shake(newer, Self(2)).dialer_session.protocol, 2);
  ExpectRefused(Shake(older, newer), StatusCode::kUnimplemented, "speaks 2 to 9");
  ExpectRefused(Shake(newer, older), StatusCode::kUnimplemented, "speaks 1");
}

TEST(PeerHandshake, SecretsMustBeTheSame) {
  ExpectRefused(Shake(Self(1, "hush"), Self(2, "hash")), StatusCode::kUnauthenticated,
                "wrong cluster-secret");
}

TEST(PeerHandshake, NoSecretIsRefusedUnlessItIsWanted) {
  ExpectRefused(Shake(Self(1, ""), Self(2, "")), StatusCode::kUnauthenticated,
                "has no cluster-secret");
  ExpectRefused(Shake(Self(1, "hush"), Self(2, "")), StatusCode::kUnauthenticated,
                "has no cluster-secret");
  PeerSelf open = Self(1, "");
  open.allows_empty_secret = true;
  PeerSelf other = Self(2, "");
  other.allows_empty_secret = true;
  EXPECT_TRUE(Shake(open, other).dialer.ok());
  ExpectRefused(Shake(open, Self(2, "hush")), StatusCode::kUnauthenticated, "wrong");
}

TEST(PeerHandshake, ClustersDoNotMix) {
  PeerSelf other = Self(2);
  other.cluster_id = 78;
  ExpectRefused(Shake(Self(1), other), StatusCode::kFailedPrecondition, "different clusters");
  other.cluster_id = 0;
  const Ended ended = Shake(Self(1), other);
  EXPECT_TRUE(ended.dialer.ok() && ended.acceptor.ok());
  EXPECT_EQ(ended.dialer_session.cluster_id, 0u);
  EXPECT_EQ(ended.acceptor_session.cluster_id, 77u);
}

TEST(PeerHandshake, ADialerFindsTheNodeItLooksFor) {
  ExpectRefused(Shake(Self(1), Self(2), 3), StatusCode::kNotFound,
                "node 0000000000000002, not 0000000000000003");
}

TEST(PeerHandshake, ANodeDoesNotTalkToItself) {
  ExpectRefused(Shake(Self(1), Self(1)), StatusCode::kAlreadyExists, "connected to itself");
  PeerSelf copy = Self(1);
  copy.identity.incarnation = 9;
  ExpectRefused(Shake(Self(1), copy), StatusCode::kAlreadyExists, "both ends are node");
}

// Two honest ends and someone between them who changes one byte of one frame, and its CRC with it.
TEST(PeerHandshake, WhateverIsChangedOnTheWayIsNoticed) {
  for (int frame = 0; frame < 2; ++frame) {
    for (size_t byte = 0; byte < 64; ++byte) {
      const PeerSelf left = Self(1);
      const PeerSelf right = Self(2);
      Handshake dialer(left, {.nonce = {1, 2}, .attempt = 5});
      Handshake acceptor(right, {.side = Handshake::Side::kAcceptor, .nonce = {3, 4}});
      bool changed = false;
      const Ended ended = Shake(dialer, acceptor, [&](std::string& stream, bool to_acceptor) {
        if (changed || to_acceptor != (frame == 0)) return;
        absl::string_view input = stream;
        FrameParser parser;
        const auto parsed = parser.Next(input);
        ASSERT_TRUE(parsed.ok() && parsed->has_value());
        std::string payload((*parsed)->payload);
        payload[byte] ^= 0x10;
        stream = peer_drive::FrameBytes((*parsed)->type, payload);
        changed = true;
      });
      EXPECT_TRUE(changed);
      EXPECT_FALSE(ended.dialer.ok()) << "frame " << frame << " byte " << byte;
      EXPECT_FALSE(ended.acceptor.ok()) << "frame " << frame << " byte " << byte;
    }
  }
}

// Someone without the secret hears a whole handshake and replays the dialer's half of it.
TEST(PeerHandshake, AReplayedHandshakeProvesNothing) {
  const PeerSelf left = Self(1);
  const PeerSelf right = Self(2);
  std::vector<std::string> heard;
  Handshake dialer(left, {.nonce = {1, 2}});
  Handshake acceptor(right, {.side = Handshake::Side::kAcceptor, .nonce = {3, 4}});
  const Ended ended = Shake(dialer, acceptor, [&](std::string& stream, bool to_acceptor) {
    if (to_acceptor && !stream.empty()) heard.push_back(stream);
  });
  ASSERT_TRUE(ended.acceptor.ok());
  ASSERT_EQ(heard.size(), 2u);

  Handshake fooled(right, {.side = Handshake::Side::kAcceptor, .nonce = {5, 6}});
  FrameParser parser;
  Buffer answer;
  absl::string_view input = heard[0];
  EXPECT_TRUE(fooled.OnFrame(**parser.Next(input), answer).ok());
  input = heard[1];
  EXPECT_EQ(fooled.OnFrame(**parser.Next(input), answer).code(), StatusCode::kUnauthenticated);
  EXPECT_FALSE(fooled.done());
}

// Someone without the secret sends back what it is sent.
TEST(PeerHandshake, AReflectedProofProvesNothing) {
  const PeerSelf self = Self(1);
  Handshake dialer(self, {.nonce = {1, 2}});
  Buffer said;
  dialer.Start(said);
  std::string hello(said.view().substr(kFrameHeaderBytes));
  hello[16] = 2;  // another node's id
  Buffer proof;
  ASSERT_TRUE(dialer.OnFrame({.type = kHelloFrame, .payload = hello}, proof).ok());
  const std::string reflected(proof.view().substr(kFrameHeaderBytes));
  Buffer ignored;
  EXPECT_EQ(dialer.OnFrame({.type = kProofFrame, .payload = reflected}, ignored).code(),
            StatusCode::kUnauthenticated);
}

TEST(PeerHandshake, AnUnknownPeerGetsNoProof) {
  const PeerSelf self = Self(2);
  Handshake acceptor(self, {.side = Handshake::Side::kAcceptor, .nonce = {3, 4}});
  const PeerSelf stranger = Self(1, "guess");
  Handshake dialer(stranger, {.nonce = {1, 2}});
  int proofs = 0;
  Shake(dialer, acceptor, [&](std::string& stream, bool to_acceptor) {
    if (!to_acceptor && stream.size() > 4 && stream[4] == kProofFrame) ++proofs;
  });
  EXPECT_EQ(proofs, 0);
}

TEST(PeerHandshake, FramesOutOfTurnAreRefused) {
  const PeerSelf self = Self(2);
  const std::vector<std::pair<FrameType, std::string>> openings = {
      {kProofFrame, std::string(32, 'x')},
      {kFirstChannelFrame, "record"},
      {0, ""},
      {kHelloFrame, "short"},
      {kHelloFrame, std::string(64, '\0')}};
  for (const auto& [type, payload] : openings) {
    Handshake acceptor(self, {.side = Handshake::Side::kAcceptor});
    Buffer answer;
    const absl::Status status = acceptor.OnFrame({.type = type, .payload = payload}, answer);
    EXPECT_FALSE(status.ok()) << int{type};
    EXPECT_TRUE(answer.empty());
    EXPECT_FALSE(acceptor.done());
  }
}

TEST(PeerHandshake, LaterVersionsMayAddToHello) {
  const PeerSelf left = Self(1);
  const PeerSelf right = Self(2);
  Handshake dialer(left, {.nonce = {1, 2}});
  Buffer said;
  dialer.Start(said);
  const std::string longer = std::string(said.view().substr(kFrameHeaderBytes)) + "and more";
  Handshake acceptor(right, {.side = Handshake::Side::kAcceptor});
  Buffer answer;
  EXPECT_TRUE(acceptor.OnFrame({.type = kHelloFrame, .payload = longer}, answer).ok());
}

TEST(PeerHandshake, RefusalsCarryCodeAndText) {
  const auto round_trip = [](const absl::Status& status) {
    Buffer bytes;
    AppendRefusal(status, bytes);
    return ReadRefusal(bytes.view().substr(kFrameHeaderBytes));
  };
  EXPECT_EQ(round_trip(absl::NotFoundError("not here")),
            absl::NotFoundError("refused by the peer: not here"));
  EXPECT_THAT(round_trip(absl::NotFoundError("line\nfeed")).message(), HasSubstr("line?feed"));
  EXPECT_LT(round_trip(absl::InternalError(std::string(10'000, 'x'))).message().size(), 500u);
  EXPECT_EQ(ReadRefusal("").code(), StatusCode::kUnknown);
  EXPECT_EQ(ReadRefusal(std::string("\0ok", 3)).code(), StatusCode::kUnknown);
  EXPECT_EQ(ReadRefusal("\xffwhat").code(), StatusCode::kUnknown);
}

}  // namespace
}  // namespace holdfast
