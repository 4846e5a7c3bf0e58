#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/rdb/checksum.h"
#include "storage/rdb/file_reader.h"
#include "storage/rdb/file_writer.h"
#include "storage/rdb/packed_blocks.h"
#include "storage/rdb/payload.h"

namespace holdfast::rdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

// What a file holds, spelled out: "db key type value [@deadline]".
class Noting : public FileReader::Handler {
 public:
  void OnAux(absl::string_view name, absl::string_view value) override {
    lines.push_back(absl::StrCat("aux ", name, "=", value));
  }
  void OnSize(DatabaseId, uint64_t keys, uint64_t with_deadline) override {
    lines.push_back(absl::StrCat("size ", keys, " ", with_deadline));
  }
  absl::Status OnEntry(FileEntry entry) override {
    std::string line = absl::StrCat(entry.database.value, " ", entry.key.view());
    if (entry.value.list != nullptr) {
      absl::StrAppend(&line, " [");
      for (auto at = entry.value.list->CursorAt(0); at.Valid(); at.Next()) {
        absl::StrAppend(&line, at.Get().ToString(), ",");
      }
      absl::StrAppend(&line, "]");
    } else if (IsReadable(entry.value.type)) {
      absl::StrAppend(&line, " ", entry.value.text.view());
    } else {
      absl::StrAppend(&line, " opaque ", static_cast<int>(entry.value.type), " ",
                      entry.value.text.view().size());
    }
    if (entry.deadline) absl::StrAppend(&line, " @", entry.deadline->value);
    lines.push_back(line);
    return absl::OkStatus();
  }
  void OnSkipped(absl::string_view what) override { lines.push_back(absl::StrCat("skip ", what)); }

  std::vector<std::string> lines;
};

struct Reading {
  absl::Status status;
  std::vector<std::string> lines;
};

Reading ReadInPieces(absl::string_view file, size_t piece) {
  Noting noting;
  FileReader reader({}, noting);
  absl::Status status;
  while (!file.empty() && status.ok()) {
    const absl::string_view bytes = file.substr(0, piece);
    file.remove_prefix(bytes.size());
    status = reader.Feed(bytes);
  }
  return {status.ok() ? reader.Finish() : status, std::move(noting.lines)};
}

Reading Read(absl::string_view file) { return ReadInPieces(file, file.size() + 1); }

std::string Text(const Buffer& buffer) { return std::string(buffer.view()); }

// A file with something of everything that is written.
std::string SampleFile() {
  FileWriter writer({});
  writer.Aux("redis-ver", "7.2.0");
  writer.Add(DatabaseId{0}, "k", std::nullopt, Value::Text("hello"));
  writer.Add(DatabaseId{0}, "n", Millis{1700000000123}, Value::Integer(-77777));
  writer.Add(DatabaseId{0}, "big", std::nullopt, Value::Integer(123456789012345));
  writer.Add(DatabaseId{0}, "long", std::nullopt, Value::Text(std::string(300, 'z')));
  List list;
  for (int i = 0; i < 5; ++i) list.Push(ListEnd::kBack, absl::StrCat("e", i), {});
  list.Push(ListEnd::kBack, "1000000", {});
  writer.Add(DatabaseId{3}, "l", std::nullopt, Value::OfList(&list));
  const std::string set = Bytes({2, 1, 'a', 1, 'b'});
  writer.Add(DatabaseId{3}, "set", std::nullopt, Value::Opaque(2, set));
  writer.End();
  return Text(writer.Take());
}

TEST(RdbChecksum, IsThatOfRedis) {
  EXPECT_EQ(ExtendCrc64(0, "123456789"), 0xe9c6d914c4b8d9caULL);
  EXPECT_EQ(ExtendCrc64(ExtendCrc64(0, "1234"), "56789"), 0xe9c6d914c4b8d9caULL);
  EXPECT_EQ(ExtendCrc64(0, ""), 0u);
  for (const size_t zeros : {0, 1, 7, 1000}) {
    EXPECT_EQ(ExtendCrc64ByZeros(ExtendCrc64(0, "1234"), zeros),
              ExtendCrc64(0, "1234" + std::string(zeros, '\0')));
  }
}

TEST(RdbFile, WhatIsWrittenIsReadHoweverItIsCut) {
  const std::string file = SampleFile();
  EXPECT_EQ(file.substr(0, 9), "REDIS0010");
  const std::vector<std::string> expected = {"aux redis-ver=7.2.0",
                                             "0 k hello",
                                             "0 n -77777 @1700000000123",
                                             "0 big 123456789012345",
                                             "0 long " + std::string(300, 'z'),
                                             "3 l [e0,e1,e2,e3,e4,1000000,]",
                                             "3 set opaque 2 5"};
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{64}, file.size()}) {
    const Reading reading = ReadInPieces(file, piece);
    EXPECT_TRUE(reading.status.ok()) << piece << ": " << reading.status;
    EXPECT_EQ(reading.lines, expected) << piece;
  }
}

TEST(RdbFile, TakingTheBytesInBetweenChangesNothing) {
  FileWriter whole({});
  FileWriter parts({});
  std::string taken;
  for (int i = 0; i < 50; ++i) {
    for (FileWriter* writer : {&whole, &parts}) {
      writer->Add(DatabaseId{0}, absl::StrCat("key", i), std::nullopt, Value::Integer(i));
    }
    if (i % 3 == 0) taken += Text(parts.Take());
  }
  whole.End();
  parts.End();
  EXPECT_EQ(taken + Text(parts.Take()), Text(whole.Take()));
}

// A set in a listpack is of version 11, and comes to light when the beginning has been taken.
TEST(RdbFile, TheVersionIsAsHighAsTheValuesNeed) {
  const std::string set = Bytes({9, 9, 0, 0, 0, 1, 0, 7, 1, 0xff});
  for (const bool take_early : {false, true}) {
    FileWriter writer({});
    writer.Add(DatabaseId{0}, "k", std::nullopt, Value::Text(std::string(1000, 'x')));
    std::string file = take_early ? Text(writer.Take()) : "";
    writer.Add(DatabaseId{0}, "s", std::nullopt, Value::Opaque(20, set));
    writer.End();
    file += Text(writer.Take());
    EXPECT_EQ(writer.version(), 11);
    EXPECT_FALSE(Read(file).status.ok());
    file.replace(0, kHeaderBytes, writer.header());
    EXPECT_EQ(file.substr(0, kHeaderBytes), "REDIS0011");
    const Reading reading = Read(file);
    EXPECT_TRUE(reading.status.ok()) << reading.status;
    EXPECT_EQ(reading.lines.size(), 2u);
  }
}

TEST(RdbFile, EveryTruncationIsNoticed) {
  const std::string file = SampleFile();
  for (size_t bytes = 0; bytes < file.size(); ++bytes) {
    EXPECT_FALSE(Read(file.substr(0, bytes)).status.ok()) << bytes;
  }
}

TEST(RdbFile, EveryFlippedByteIsNoticed) {
  const std::string file = SampleFile();
  for (size_t at = 0; at < file.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string broken = file;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      EXPECT_FALSE(Read(broken).status.ok()) << at << " ^ " << flip;
    }
  }
}

TEST(RdbFile, OldFilesAndHintsAreRead) {
  const std::string file = "REDIS0004" + Bytes({0xfe, 2}) + Bytes({0xfd, 0x10, 0, 0, 0}) +
                           Bytes({0, 1, 'k', 1, 'v'}) + Bytes({0xfb, 5, 1}) + Bytes({0xf8, 7}) +
                           Bytes({0, 1, 'i', 0xc1, 0x39, 0x30}) + Bytes({0xf5, 3, 'l', 'i', 'b'}) +
                           Bytes({0xff});
  const Reading reading = Read(file);
  EXPECT_TRUE(reading.status.ok()) << reading.status;
  EXPECT_THAT(reading.lines,
              ElementsAre("2 k v @16000", "size 5 1", "2 i 12345", "skip a library of functions"));
}

TEST(RdbFile, RefusalsSayWhereAndWhy) {
  EXPECT_THAT(Read("RADIS0010").status.message(), HasSubstr("no RDB file"));
  EXPECT_THAT(Read("REDIS0099").status.message(), HasSubstr("RDB version 99; versions 1 to 12"));
  EXPECT_THAT(Read("REDIS0010" + Bytes({0xfe, 16})).status.message(),
              HasSubstr("at byte 9 of the file: database 16"));
  EXPECT_THAT(Read("REDIS0010" + Bytes({8, 1, 'k'})).status.message(), HasSubstr("no type 8"));
  EXPECT_THAT(Read("REDIS0010" + Bytes({1, 1, 'k', 0})).status.message(),
              HasSubstr("the value of key 'k': a list without elements"));
  EXPECT_THAT(Read(SampleFile() + "x").status.message(), HasSubstr("left over behind the end"));
}

// Sizes that are claimed cost nothing.
TEST(RdbFile, HugeClaimsAreNotBelieved) {
  const std::string head = "REDIS0010" + Bytes({0, 1, 'k'});
  const std::string huge = Bytes({0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  EXPECT_THAT(Read(head + huge + "abc").status.message(), HasSubstr("in the middle"));
  EXPECT_THAT(Read(head + Bytes({0xc3, 2}) + huge + "ab").status.message(),
              HasSubstr("cannot hold"));
}

TEST(RdbString, LzfIsReadAndWritten) {
  Buffer out;
  const std::string text(10'000, 'a');
  AppendString(out, text, {});
  EXPECT_LT(out.size(), 300u);
  Window window(out.view());
  const auto read = window.String();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->view(), text);
  Buffer plain;
  AppendString(plain, text, {.compress = false});
  EXPECT_EQ(plain.size(), 10'000u + 2);
}

std::vector<std::string> Elements(absl::Status (*read)(absl::string_view, VisitElement),
                                  absl::string_view block, absl::Status* status) {
  std::vector<std::string> elements;
  *status = read(block, [&](const PackedElement& element) {
    elements.push_back(element.ToString());
    return absl::OkStatus();
  });
  return elements;
}

TEST(RdbBlocks, Ziplist) {
  const std::string block = Bytes({29, 0, 0, 0, 22, 0, 0, 0, 5, 0}) + Bytes({0, 1, 'a'}) +
                            Bytes({3, 0xf3}) + Bytes({2, 0xfe, 0x9c}) +
                            Bytes({3, 0xc0, 0x00, 0x80}) + Bytes({4, 4, 'l', 'a', 's', 't'}) +
                            Bytes({0xff});
  std::string sized = block;
  sized[0] = static_cast<char>(block.size());
  absl::Status status;
  EXPECT_THAT(Elements(ReadZiplist, sized, &status),
              ElementsAre("a", "2", "-100", "-32768", "last"));
  EXPECT_TRUE(status.ok()) << status;
  for (size_t bytes = 0; bytes < sized.size(); ++bytes) {
    Elements(ReadZiplist, sized.substr(0, bytes), &status);
    EXPECT_TRUE(absl::IsDataLoss(status)) << bytes;
  }
}

TEST(RdbBlocks, IntsetAndZipmap) {
  absl::Status status;
  EXPECT_THAT(Elements(ReadIntset, Bytes({2, 0, 0, 0, 2, 0, 0, 0, 0xfe, 0xff, 7, 0}), &status),
              ElementsAre("-2", "7"));
  EXPECT_TRUE(status.ok());
  Elements(ReadIntset, Bytes({3, 0, 0, 0, 0, 0, 0, 0}), &status);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Elements(ReadZipmap, Bytes({1, 1, 'k', 2, 1, 'v', 'w', 0, 0xff}), &status),
              ElementsAre("k", "vw"));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(Elements(ReadZipmap, Bytes({1, 9, 'k', 0xff}), &status), IsEmpty());
  EXPECT_TRUE(absl::IsDataLoss(status));
}

TEST(RdbPayload, TravelsAndIsGuarded) {
  const std::string payload = Text(WritePayload(Value::Text("value")));
  auto read = ReadPayload(payload, {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->text.view(), "value");
  for (size_t at = 0; at < payload.size(); ++at) {
    std::string broken = payload;
    broken[at] = static_cast<char>(broken[at] ^ 4);
    EXPECT_FALSE(ReadPayload(broken, {}).ok()) << at;
    EXPECT_FALSE(ReadPayload(payload.substr(0, at), {}).ok()) << at;
  }
  // As redis-server 7.0.15 dumps "hello".
  const std::string dumped =
      Bytes({0x00, 0x05, 'h', 'e', 'l', 'l', 'o', 0x0a, 0x00}) + std::string(8, '\0');
  EXPECT_TRUE(absl::IsInvalidArgument(ReadPayload(dumped, {}).status()));
}

}  // namespace
}  // namespace holdfast::rdb
