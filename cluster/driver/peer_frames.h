// The frames that nodes of a cluster exchange on their channels (net/peer/frame.h has the layout).
//
//   both     19 ping, 20 pong   empty: does this connection still reach anybody?
//   control  16 group      a Message (cluster/wire/group.proto)
//            17 register   a RegisterMessage (cluster/wire/register.proto)
//            18 taken      session 8, number of the next block 4
//            21 doors      NodeDoors (cluster/driver/node_doors.h)
//            22 hand over  request 8, successor 8, version of the configuration 8 (0: any)
//            23 handed over request 8, text of the refusal; empty: done
//   data     24 records    header size 4, RecordsHeader, records as they are
//            25 block      session 8, a block of a snapshot
//            26 block end  session, epoch, LSN, hash of the cut, 8 each: all is there and committed
//   visit    32 inspect    empty: who are you, and have you data?
//            33 inspected  Inspection (cluster/driver/inspection.h)
//            34 found      a Configuration: become part of this new cluster
//            35 founded    text of the refusal; empty: done
//   forward  40 requests   of the sender's clients (node/forward_items.h)
//            41 answers    to them
#pragma once

#include "net/peer/frame.h"

namespace holdfast {

inline constexpr FrameType kGroupFrame = 16;
inline constexpr FrameType kRegisterFrame = 17;
inline constexpr FrameType kTakenFrame = 18;
inline constexpr FrameType kPingFrame = 19;
inline constexpr FrameType kPongFrame = 20;
inline constexpr FrameType kDoorsFrame = 21;
inline constexpr FrameType kHandOverFrame = 22;
inline constexpr FrameType kHandedOverFrame = 23;
inline constexpr FrameType kRecordsFrame = 24;
inline constexpr FrameType kBlockFrame = 25;
inline constexpr FrameType kBlockEndFrame = 26;
inline constexpr FrameType kInspectFrame = 32;
inline constexpr FrameType kInspectedFrame = 33;
inline constexpr FrameType kFoundFrame = 34;
inline constexpr FrameType kFoundedFrame = 35;
inline constexpr FrameType kRequestsFrame = 40;
inline constexpr FrameType kAnswersFrame = 41;

}  // namespace holdfast
