#include <gtest/gtest.h>

#include <string>

#include "net/base/crc32c.h"
#include "storage/log/format.h"

namespace holdfast {
namespace {

const RecordHeader kHeader = {
    .lsn = Lsn{7}, .epoch = Epoch{3}, .log_time = Millis{1'700'000'000'000}, .commit = Lsn{5}};

std::string Framed(absl::string_view payload, const RecordHeader& header = kHeader) {
  Buffer buffer;
  AppendRecord(buffer, header, payload);
  return std::string(buffer.view());
}

TEST(Crc32c, IsThatOfTheStandard) {
  // RFC 3720, appendix B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(ExtendCrc32c(Crc32c("1234"), "56789"), Crc32c("123456789"));
}

// Short and long runs of bytes are summed by different means.
TEST(Crc32c, DoesNotDependOnHowTheBytesAreCut) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    uint32_t bytewise = 0;
    for (const char& byte : bytes) bytewise = ExtendCrc32c(bytewise, {&byte, 1});
    ASSERT_EQ(Crc32c(bytes), bytewise) << i << " bytes";
    bytes.push_back(static_cast<char>(i * 37 + i / 7));
  }
}

TEST(LogFormat, ReadsBackWhatWasWritten) {
  for (const size_t size : {1, 7, 8, 9, 1000}) {
    const std::string payload(size, 'p');
    const std::string framed = Framed(payload) + "behind";
    const auto record = ReadRecord(framed);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(record->payload, payload);
    EXPECT_EQ(record->framed.size(), FramedBytes(size));
    EXPECT_EQ(record->framed.size() % 8, 0u);
    EXPECT_EQ(record->header.payload_bytes, size);
    EXPECT_EQ(record->header.lsn, kHeader.lsn);
    EXPECT_EQ(record->header.epoch, kHeader.epoch);
    EXPECT_EQ(record->header.log_time, kHeader.log_time);
    EXPECT_EQ(record->header.commit, kHeader.commit);
  }
}

TEST(LogFormat, TheBytesOfARecordAreThese) {
  const std::string framed = Framed("ab");
  ASSERT_EQ(framed.size(), 56u);
  EXPECT_EQ(framed.substr(0, 8), std::string("\2\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(framed.substr(12, 4), std::string(4, '\0'));
  EXPECT_EQ(framed[16], 7);
  EXPECT_EQ(framed[24], 3);
  EXPECT_EQ(framed[40], 5);
  EXPECT_EQ(framed.substr(48), std::string("ab\0\0\0\0\0\0", 8));
  uint32_t crc = 0;
  std::memcpy(&crc, framed.data() + 8, sizeof(crc));
  EXPECT_EQ(crc, Crc32c(framed.substr(0, 8) + framed.substr(12)));
}

TEST(LogFormat, EveryFlippedBitIsFound) {
  const std::string sound = Framed("some effects");
  for (size_t bit = 0; bit < sound.size() * 8; ++bit) {
    std::string damaged = sound;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(ReadRecord(damaged).ok()) << "bit " << bit;
  }
}

TEST(LogFormat, TellsAnEndFromDamage) {
  const std::string framed = Framed("some effects");
  for (size_t size = 0; size < framed.size(); ++size) {
    EXPECT_TRUE(absl::IsOutOfRange(ReadRecord(framed.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(ReadRecord(std::string(100, '\0')).status()));
  EXPECT_TRUE(absl::IsDataLoss(ReadRecord(std::string(100, '\xff')).status()));
}

TEST(LogFormat, TheHashTellsHistoriesApart) {
  const auto header = [](absl::string_view payload, RecordHeader fields) {
    return ReadRecord(Framed(payload, fields))->header;
  };
  const uint64_t hash = RollHash(0, header("a", kHeader));
  EXPECT_EQ(RollHash(0, header("a", kHeader)), hash);
  EXPECT_NE(RollHash(1, header("a", kHeader)), hash);
  EXPECT_NE(RollHash(0, header("b", kHeader)), hash);
  EXPECT_NE(RollHash(0, header("a", {.lsn = Lsn{8}, .epoch = Epoch{3}})), hash);
  EXPECT_NE(RollHash(0, header("a", {.lsn = Lsn{7}, .epoch = Epoch{4}})), hash);
}

}  // namespace
}  // namespace holdfast
