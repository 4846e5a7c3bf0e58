#include "net/peer/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "net/base/crc32c.h"
#include "net/base/random.h"
#include "tests/net/peer/peer_drive.h"

namespace holdfast {
namespace {

using peer_drive::EveryByte;
using peer_drive::FrameBytes;
using peer_drive::Parsed;
using peer_drive::ParseFrames;
using testing::HasSubstr;

TEST(PeerFrame, TheBytesAreThoseOfTheTable) {
  const std::string bytes = FrameBytes(17, "abc");
  ASSERT_EQ(bytes.size(), kFrameHeaderBytes + 3);
  EXPECT_EQ(bytes.substr(0, 5), "HFP\x01\x11");
  const uint32_t check = Crc32c(std::string("HFP\x01\x11\0\0\0\x03\0\0\0", 12));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(static_cast<uint8_t>(bytes[5 + i]), static_cast<uint8_t>(check >> (8 * i)));
  }
  EXPECT_EQ(bytes.substr(8, 4), std::string("\x03\0\0\0", 4));
  const uint32_t crc = Crc32c(bytes.substr(0, 12) + "abc");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<uint8_t>(bytes[12 + i]), static_cast<uint8_t>(crc >> (8 * i)));
  }
  EXPECT_EQ(bytes.substr(16), "abc");
}

TEST(PeerFrame, PiecesMakeTheSameFrameAsTheirSum) {
  Buffer out;
  AppendFrame(20, {"one", "", "two"}, out);
  EXPECT_EQ(out.view(), FrameBytes(20, "onetwo"));
}

TEST(PeerFrame, FramesComeOutHoweverTheyAreCut) {
  const std::string stream = FrameBytes(16, "") + FrameBytes(255, "payload") +
                             FrameBytes(1, std::string(1000, 'x')) + FrameBytes(16, "end");
  const Parsed whole = ParseFrames(stream, {});
  ASSERT_EQ(whole.frames.size(), 4u);
  EXPECT_EQ(whole.frames[0].payload, "");
  EXPECT_EQ(whole.frames[1].type, 255);
  EXPECT_EQ(whole.frames[1].payload, "payload");
  EXPECT_EQ(whole.frames[2].payload, std::string(1000, 'x'));
  EXPECT_TRUE(whole.error.ok());
  EXPECT_EQ(ParseFrames(stream, EveryByte(stream.size())), whole);
  for (size_t cut = 1; cut < stream.size(); ++cut) EXPECT_EQ(ParseFrames(stream, {cut}), whole);
}

TEST(PeerFrame, AWholeFrameIsShownWhereItLies) {
  const std::string stream = FrameBytes(16, "where it lies");
  FrameParser parser;
  absl::string_view input = stream;
  const auto frame = parser.Next(input);
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ((*frame)->payload.data(), stream.data() + kFrameHeaderBytes);
}

TEST(PeerFrame, APrefixIsKeptAndNotShown) {
  const std::string stream = FrameBytes(16, "half");
  for (size_t size = 0; size < stream.size(); ++size) {
    const Parsed parsed = ParseFrames(stream.substr(0, size), {});
    EXPECT_TRUE(parsed.frames.empty());
    EXPECT_TRUE(parsed.error.ok()) << parsed.error;
    EXPECT_EQ(parsed.kept, size);
  }
}

TEST(PeerFrame, EveryFlippedBitIsFound) {
  const std::string good = FrameBytes(16, "a payload");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    // A changed length may announce more than is there; what follows then belongs to the frame.
    const Parsed parsed = ParseFrames(bad + std::string(512, '\0'), {}, 256);
    EXPECT_TRUE(parsed.frames.empty()) << "bit " << bit;
    EXPECT_FALSE(parsed.error.ok()) << "bit " << bit;
  }
}

TEST(PeerFrame, ErrorsSayWhatIsWrong) {
  std::string torn = FrameBytes(19, "payload");
  torn.back() ^= 1;
  const Parsed parsed = ParseFrames(FrameBytes(16, "good") + torn + FrameBytes(16, "after"), {});
  EXPECT_EQ(parsed.frames.size(), 1u);
  EXPECT_EQ(parsed.error.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(parsed.error.message(), HasSubstr("type 19 and 7 bytes: CRC"));

  std::string layout = FrameBytes(16, "");
  layout[3] = 9;
  EXPECT_THAT(ParseFrames(layout, {}).error.message(), HasSubstr("layout 9, known is 1"));
  EXPECT_THAT(ParseFrames("GET / HTTP/1.1\r\n", {}).error.message(), HasSubstr("GET / HTTP"));
  EXPECT_EQ(ParseFrames("PING", {}).error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ParseFrames("HFx", {}).error.ok()) << "found before the header is whole";

  const Parsed large = ParseFrames(FrameBytes(16, std::string(101, 'x')).substr(0, 16), {}, 100);
  EXPECT_EQ(large.error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(large.error.message(), HasSubstr("101 bytes, at most 100"));
}

TEST(PeerFrame, AGarbledLengthIsNotWaitedFor) {
  const std::string sound = FrameBytes(17, "abc");
  for (size_t bit = 0; bit < 12 * 8; ++bit) {
    std::string garbled = sound;
    garbled[bit / 8] = static_cast<char>(garbled[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(ParseFrames(garbled.substr(0, kFrameHeaderBytes), {}).error.ok()) << bit;
  }
}

TEST(PeerFrame, AnAnnouncedLengthTakesNoMemory) {
  std::string header = std::string("HFP\x01\x11\0\0\0\0\0\0\x40", 12);  // 1 GiB
  const uint32_t check = Crc32c(header);
  for (int i = 0; i < 3; ++i) header[5 + i] = static_cast<char>(check >> (8 * i));
  header.resize(kFrameHeaderBytes);
  FrameParser parser;
  absl::string_view input = header;
  const auto frame = parser.Next(input);
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_FALSE(frame->has_value());
  EXPECT_EQ(parser.bytes_kept(), kFrameHeaderBytes);
}

TEST(PeerFrame, LargePayloadsComeThrough) {
  Prng prng(1);
  std::string payload(5 * 1024 * 1024, '\0');
  for (char& byte : payload) byte = static_cast<char>(prng.Next());
  const std::string stream = FrameBytes(16, payload) + FrameBytes(17, "next");
  peer_drive::Cuts cuts;
  for (size_t cut = 16'384; cut < stream.size(); cut += 16'384) cuts.push_back(cut);
  const Parsed parsed = ParseFrames(stream, cuts);
  ASSERT_EQ(parsed.frames.size(), 2u);
  EXPECT_TRUE(parsed.frames[0].payload == payload);
  EXPECT_EQ(parsed.frames[1].payload, "next");
}

}  // namespace
}  // namespace holdfast
