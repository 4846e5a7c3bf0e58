// Handshake: two nodes convince each other that they belong together, before anything else is said.
//
//   dialer                                         acceptor
//     HELLO  --------------------------------------->
//     <---------------------------------------  HELLO
//     PROOF  --------------------------------------->   knows who asks
//     <---------------------------------------  PROOF
//   knows who answers
//
//   HELLO  byte  size
//             0     2  protocol versions that the sender speaks: the lowest
//             2     2  and the highest
//             4     1  channel; the acceptor repeats the dialer's
//             5     3  zero
//             8     8  cluster id; 0: of no cluster yet
//            16     8  the sender's node id, never 0
//            24     8  the sender's incarnation, never 0
//            32     8  node id that the dialer wants to find; 0: any. The acceptor sends 0.
//            40     8  attempt, rising from one dial of an incarnation to its next; acceptor: 0
//            48    16  nonce
//            64        what a later version may add, which is ignored here
//   PROOF     0    32  HMAC-SHA256 with the secret over the sender's side ('D' or 'A'), the
//   dialer's
//                      HELLO and the acceptor's, each after its length in 4 bytes
//   REFUSE    0     1  an absl::StatusCode
//             1        a sentence for people
//
// Since both HELLOs are hashed as they were sent, a proof holds for these nonces, identities,
// versions and this channel and for no others; the side keeps a proof from being sent back. The
// acceptor proves itself second, so that whoever merely reaches the port gets nothing to guess the
// secret from. What each side found wrong is sent as REFUSE and returned, with these codes:
//
//   INVALID_ARGUMENT     not a handshake            FAILED_PRECONDITION  another cluster
//   UNIMPLEMENTED        no version in common       NOT_FOUND            not the node looked for
//   UNAUTHENTICATED      wrong or missing secret    ALREADY_EXISTS       it is this very node
//
// It hides nothing and protects no later bytes from someone who can change them under way: the
// network between the nodes is trusted with that. It does no I/O and knows no time.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "net/base/buffer.h"
#include "net/peer/frame.h"
#include "net/peer/peer.h"

namespace holdfast {

class Handshake {
 public:
  enum class Side : char { kDialer = 'D', kAcceptor = 'A' };
  struct Options {
    Side side = Side::kDialer;
    std::array<uint64_t, 2> nonce = {};  // fresh random bits
    // The rest is the dialer's.
    PeerChannel channel = PeerChannel::kControl;
    uint64_t expected_node = 0;  // 0: any
    uint64_t attempt = 0;
  };
  // `self` must outlive the handshake.
  Handshake(const PeerSelf& self, const Options& options);

  // Appends what the dialer says first; the acceptor says nothing.
  void Start(Buffer& out);
  // Takes the peer's next frame and appends what to answer. An error ends the handshake; unless it
  // is the peer's refusal, the peer is to be told with AppendRefusal. Not to be called again after
  // that or once done.
  absl::Status OnFrame(const Frame& frame, Buffer& out);

  bool done() const { return stage_ == Stage::kDone; }
  // Once done.
  const PeerSession& session() const { return session_; }

 private:
  enum class Stage : uint8_t { kHello, kProof, kDone, kFailed };

  absl::Status Take(const Frame& frame, Buffer& out);
  absl::Status TakeHello(absl::string_view payload, Buffer& out);
  absl::Status TakeProof(absl::string_view payload, Buffer& out);
  absl::Status Judge(absl::string_view hello);
  void SendHello(Buffer& out);
  std::string Proof(Side side) const;

  const PeerSelf& self_;
  const Options options_;
  Stage stage_ = Stage::kHello;
  PeerSession session_;
  std::string own_hello_;
  std::string peer_hello_;
};

// A refusal as a frame, its text cut to limits::kPeerRefusalTextMax.
void AppendRefusal(const absl::Status& reason, Buffer& out);
// What the peer's REFUSE says; never OK. Bytes that do not print are replaced.
absl::Status ReadRefusal(absl::string_view payload);

}  // namespace holdfast
