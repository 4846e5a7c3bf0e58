// Properties of net/peer: frames come out as they went in, and what is found does not depend on how
// the bytes were cut.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/net/peer/peer_drive.h"

namespace holdfast {
namespace {

using peer_drive::Cuts;
using peer_drive::EveryByte;
using peer_drive::Parsed;
using peer_drive::ParsedFrame;
using peer_drive::ParseFrames;

constexpr size_t kPayloadMax = 300;

std::vector<ParsedFrame> AnyFrames() {
  std::vector<ParsedFrame> frames(*rc::gen::inRange<size_t>(0, 6));
  for (ParsedFrame& frame : frames) {
    frame.type = *rc::gen::inRange(0, 256);
    frame.payload.assign(*rc::gen::inRange<size_t>(0, kPayloadMax + 1), '\0');
    for (char& byte : frame.payload) byte = *rc::gen::arbitrary<char>();
  }
  return frames;
}

std::string StreamOf(const std::vector<ParsedFrame>& frames) {
  std::string stream;
  for (const ParsedFrame& frame : frames) {
    stream += peer_drive::FrameBytes(static_cast<FrameType>(frame.type), frame.payload);
  }
  return stream;
}

Cuts CutsOf(size_t size, const std::vector<uint32_t>& wishes) {
  Cuts cuts;
  for (uint32_t wish : wishes) {
    if (size > 1) cuts.push_back(1 + wish % (size - 1));
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

RC_GTEST_PROP(PeerProperty, FramesReadBackHoweverTheyAreCut, (std::vector<uint32_t> wishes)) {
  const std::vector<ParsedFrame> frames = AnyFrames();
  const std::string stream = StreamOf(frames);
  const Parsed expected = {.frames = frames};
  RC_ASSERT(ParseFrames(stream, {}) == expected);
  RC_ASSERT(ParseFrames(stream, EveryByte(stream.size())) == expected);
  RC_ASSERT(ParseFrames(stream, CutsOf(stream.size(), wishes)) == expected);
}

RC_GTEST_PROP(PeerProperty, DamageIsFoundAtTheSamePlaceHoweverItIsCut,
              (std::vector<uint32_t> wishes)) {
  const std::vector<ParsedFrame> frames = AnyFrames();
  std::string stream = StreamOf(frames);
  RC_PRE(!stream.empty());
  const size_t place = *rc::gen::inRange<size_t>(0, stream.size());
  stream[place] = static_cast<char>(stream[place] ^ (1 << *rc::gen::inRange(0, 8)));
  stream.resize(*rc::gen::inRange(place + 1, stream.size() + 1));
  const Parsed whole = ParseFrames(stream, {}, kPayloadMax);
  RC_ASSERT(ParseFrames(stream, EveryByte(stream.size()), kPayloadMax) == whole);
  RC_ASSERT(ParseFrames(stream, CutsOf(stream.size(), wishes), kPayloadMax) == whole);
  // What comes out is a beginning of what went in, and ends before the damage.
  RC_ASSERT(whole.frames.size() <= frames.size());
  RC_ASSERT(std::equal(whole.frames.begin(), whole.frames.end(), frames.begin()));
  RC_ASSERT(StreamOf(whole.frames).size() <= place);
}

}  // namespace
}  // namespace holdfast
