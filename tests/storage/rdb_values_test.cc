// Values in every form that an RDB may have: equal contents count as equal whatever the form, and
// no damage does harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/rdb/debug_digest.h"
#include "storage/rdb/file_reader.h"
#include "storage/rdb/file_writer.h"
#include "storage/rdb/opaque_value.h"
#include "storage/rdb/payload.h"

namespace holdfast::rdb {
namespace {

using testing::ElementsAre;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}
template <typename Number>
std::string Raw(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}
std::string BigEndian(uint64_t number) { return Raw(__builtin_bswap64(number)); }

// A short string, or a block, as a file has it.
std::string String(absl::string_view text) {
  if (text.size() < 64) return absl::StrCat(std::string(1, static_cast<char>(text.size())), text);
  return absl::StrCat(Bytes({0x40 | static_cast<int>(text.size() >> 8)}),
                      std::string(1, static_cast<char>(text.size())), text);
}

// Texts of one digit stand for small integers.
using Texts = std::vector<std::string>;
bool IsDigit(const std::string& text) {
  return text.size() == 1 && text[0] >= '0' && text[0] <= '9';
}

std::string Listpack(const Texts& texts) {
  std::string elements;
  for (const std::string& text : texts) {
    std::string element = IsDigit(text) ? std::string(1, static_cast<char>(text[0] - '0'))
                                        : Bytes({0x80 | static_cast<int>(text.size())}) + text;
    element.push_back(static_cast<char>(element.size()));
    elements += element;
  }
  const auto bytes = static_cast<uint32_t>(elements.size() + 7);
  return Raw(bytes) + Raw(static_cast<uint16_t>(texts.size())) + elements + "\xff";
}

std::string Ziplist(const Texts& texts) {
  std::string elements;
  size_t previous = 0;
  for (const std::string& text : texts) {
    std::string element(1, static_cast<char>(previous));
    element += IsDigit(text) ? Bytes({0xf1 + text[0] - '0'})
                             : Bytes({static_cast<int>(text.size())}) + text;
    previous = element.size();
    elements += element;
  }
  const auto bytes = static_cast<uint32_t>(elements.size() + 11);
  const auto last = static_cast<uint32_t>(elements.size() + 10 - previous);
  return Raw(bytes) + Raw(last) + Raw(static_cast<uint16_t>(texts.size())) + elements + "\xff";
}

std::string Zipmap(const Texts& texts) {
  std::string map(1, static_cast<char>(texts.size() / 2));
  for (size_t i = 0; i < texts.size(); i += 2) {
    map += Bytes({static_cast<int>(texts[i].size())}) + texts[i];
    map += Bytes({static_cast<int>(texts[i + 1].size()), 0}) + texts[i + 1];
  }
  return map + "\xff";
}

std::string Row(size_t count, const Texts& texts) {
  std::string row(1, static_cast<char>(count));
  for (const std::string& text : texts) row += String(text);
  return row;
}

// Two entries that share their fields, one of them deleted, and one with a field of its own; a
// group with a consumer that has one entry pending.
std::string StreamOf(Type type) {
  const std::string block = Listpack({"2", "1", "2", "f", "g",     "0",  //
                                      "2", "0", "0", "v", "w",     "5",  //
                                      "3", "1", "0", "v", "w",     "5",  //
                                      "0", "2", "6", "1", "other", "x", "6"});
  const std::string id = BigEndian(1) + BigEndian(1);
  std::string value = Bytes({1}) + String(id) + String(block) + Bytes({2, 3, 7});
  if (type != Type::kStream) value += Bytes({1, 1, 2, 1, 3});
  value += Bytes({1}) + String("group") + Bytes({1, 1});
  if (type != Type::kStream) value += Bytes({1});
  value += Bytes({1}) + id + Raw(int64_t{1000}) + Bytes({1});
  value += Bytes({1}) + String("me") + Raw(int64_t{1000});
  if (type == Type::kStream3) value += Raw(int64_t{1000});
  return value + Bytes({1}) + id;
}

struct Form {
  Type type;
  std::string bytes;
  absl::string_view encoding;
};

const Texts kHash = {"f", "v", "field", "7"};
const Texts kHashTtl = {"f", "v", "0", "field", "7", "0"};
const Texts kScored = {"a", "1.5", "bb", "3"};

// Each family of equal contents in all its forms.
std::vector<std::vector<Form>> Families() {
  const auto scored = [](bool text) {
    const auto score = [&](double number) {
      return text ? String(absl::StrFormat("%.17g", number)) : Raw(number);
    };
    return Bytes({2}) + String("a") + score(1.5) + String("bb") + score(3);
  };
  const std::string field_ttls =
      Bytes({2, 0}) + String("f") + String("v") + Bytes({0}) + String("field") + String("7");
  return {
      {{Type::kHash, Row(2, kHash), "hashtable"},
       {Type::kHashZipmap, String(Zipmap(kHash)), "listpack"},
       {Type::kHashZiplist, String(Ziplist(kHash)), "listpack"},
       {Type::kHashListpack, String(Listpack(kHash)), "listpack"},
       {Type::kHashFieldTtlBeforeRelease, field_ttls, "hashtable"},
       {Type::kHashFieldTtl, Raw(int64_t{0}) + field_ttls, "hashtable"},
       {Type::kHashListpackTtlBeforeRelease, String(Listpack(kHashTtl)), "listpackex"},
       {Type::kHashListpackTtl, Raw(int64_t{0}) + String(Listpack(kHashTtl)), "listpackex"}},
      {{Type::kSet, Row(3, {"1", "2", "3"}), "hashtable"},
       {Type::kSet, Row(3, {"3", "1", "2"}), "hashtable"},
       {Type::kSetIntset, String(Bytes({2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0, 3, 0})), "intset"},
       {Type::kSetListpack, String(Listpack({"2", "3", "1"})), "listpack"}},
      {{Type::kSortedSetText, scored(true), "skiplist"},
       {Type::kSortedSet, scored(false), "skiplist"},
       {Type::kSortedSetZiplist, String(Ziplist(kScored)), "listpack"},
       {Type::kSortedSetListpack, String(Listpack(kScored)), "listpack"}},
      {{Type::kStream, StreamOf(Type::kStream), "stream"},
       {Type::kStream2, StreamOf(Type::kStream2), "stream"},
       {Type::kStream3, StreamOf(Type::kStream3), "stream"}},
      {{Type::kModule,
        Bytes({0x81}) + BigEndian(0x1234567890abcdef) + Bytes({2, 7, 5}) + String("data") +
            Bytes({0}),
        "raw"}},
      {{Type::kList, Row(2, {"a", "7"}), ""},
       {Type::kListZiplist, String(Ziplist({"a", "7"})), ""},
       {Type::kListQuicklist, Bytes({2}) + String(Ziplist({"a"})) + String(Ziplist({"7"})), ""},
       {Type::kListQuicklist2, Bytes({2, 1}) + String("a") + Bytes({2}) + String(Listpack({"7"})),
        ""}},
      {{Type::kString, String("7"), ""}, {Type::kString, Bytes({0xc0, 7}), ""}},
  };
}

absl::StatusOr<LoadedValue> Load(Type type, absl::string_view bytes) {
  Window window(bytes);
  auto value = ReadValue(type, window, {});
  if (value.ok() && !window.rest().empty()) return absl::DataLossError("bytes are left over");
  return value;
}

// As it will be in a keyspace.
std::string DigestOf(const Value& value) {
  std::string block(Entry::BlockSizeFor(1, std::nullopt, value), '\0');
  return ValueRedisDigest(*Entry::Write(block.data(), "k", std::nullopt, value)).ToString();
}

TEST(RdbValues, FormsOfOneContentHaveOneDigest) {
  std::vector<std::string> digests;
  for (const std::vector<Form>& family : Families()) {
    std::optional<std::string> expected;
    for (const Form& form : family) {
      SCOPED_TRACE(static_cast<int>(form.type));
      const auto value = Load(form.type, form.bytes);
      ASSERT_TRUE(value.ok()) << value.status();
      if (!IsReadable(form.type)) {
        const absl::Status whole = CheckElements(form.type, value->text.view());
        EXPECT_TRUE(whole.ok()) << whole;
        EXPECT_EQ(value->View().text, form.bytes);
        EXPECT_EQ(ClientEncodingName(form.type), form.encoding);
      }
      const std::string digest = DigestOf(value->View());
      EXPECT_EQ(expected.value_or(digest), digest);
      expected = digest;
    }
    digests.push_back(*expected);
  }
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
}

TEST(RdbValues, TypesHaveTheNamesThatClientsKnow) {
  std::vector<std::string> names;
  for (const std::vector<Form>& family : Families()) {
    const Form& form = family.front();
    names.push_back(ClientTypeName(Value::Opaque(static_cast<uint8_t>(form.type), form.bytes)));
  }
  EXPECT_THAT(names, ElementsAre("hash", "set", "zset", "stream", "EjRWeJCrz", "list", "string"));
}

// The elements of a value, in order.
class Noting final : public ElementVisitor {
 public:
  void OnMember(absl::string_view member) override { lines.emplace_back(member); }
  void OnScored(absl::string_view member, double score) override {
    lines.push_back(absl::StrCat(member, "=", score));
  }
  void OnField(absl::string_view field, absl::string_view value) override {
    lines.push_back(absl::StrCat(field, ":", value));
  }
  void OnStreamEntry(uint64_t milliseconds, uint64_t sequence) override {
    lines.push_back(absl::StrCat(milliseconds, "-", sequence));
  }
  std::vector<std::string> lines;
};

TEST(RdbValues, ElementsOfAStream) {
  Noting noting;
  ASSERT_TRUE(WalkElements(Type::kStream2, StreamOf(Type::kStream2), noting).ok());
  EXPECT_THAT(noting.lines, ElementsAre("1-1", "f:v", "g:w", "3-7", "other:x"));
}

TEST(RdbValues, ScoresThatAreWords) {
  const std::string value = Bytes({2}) + String("a") + Bytes({254}) + String("b") + Bytes({255});
  Noting noting;
  ASSERT_TRUE(WalkElements(Type::kSortedSetText, value, noting).ok());
  EXPECT_THAT(noting.lines, ElementsAre("a=inf", "b=-inf"));
  EXPECT_FALSE(CheckElements(Type::kSortedSetText, Bytes({1}) + String("a") + Bytes({253})).ok());
}

TEST(RdbValues, WhatMakesNoSenseIsRefused) {
  const std::vector<Form> broken = {
      {Type::kHash, Bytes({0}), "no field"},
      {Type::kSet, Bytes({0}), "no member"},
      {Type::kHashListpack, String(Listpack({"f", "v", "g"})), "a field without a value"},
      {Type::kSortedSetListpack, String(Listpack({"a", "x"})), "a score that is no number"},
      {Type::kSortedSetListpack, String(Listpack({})), "nothing"},
      {Type::kHashListpackTtl, Raw(int64_t{0}) + String(Listpack({"f", "v", "x"})), "no deadline"},
      {Type::kSetIntset, String(Bytes({3, 0, 0, 0, 0, 0, 0, 0})), "integers of three bytes"},
      {Type::kStream2, Bytes({1}) + String("short id") + String(Listpack({"0", "0", "0", "0"})),
       "no id"},
      {Type::kStream2, Bytes({1}) + String(std::string(16, 'i')) + String(Listpack({"1", "0"})),
       "half a head"},
  };
  for (const Form& form : broken) {
    EXPECT_TRUE(absl::IsDataLoss(CheckElements(form.type, form.bytes))) << form.encoding;
  }
}

// What comes as a payload: read, or refused; and what is read is written so that it is read again.
void TryPayload(Type type, const std::string& bytes) {
  const Buffer payload = WritePayload(Value::Opaque(static_cast<uint8_t>(type), bytes));
  const auto value = ReadPayload(payload.view(), {});
  if (!value.ok()) return;
  DigestOf(value->View());
  const Buffer written = WritePayload(value->View());
  const auto again = ReadPayload(written.view(), {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(DigestOf(again->View()), DigestOf(value->View()));
}

TEST(RdbValues, EveryFormIsAPayload) {
  for (const std::vector<Form>& family : Families()) {
    for (const Form& form : family) {
      const Buffer payload =
          WritePayload(Value::Opaque(static_cast<uint8_t>(form.type), form.bytes));
      const auto value = ReadPayload(payload.view(), {});
      ASSERT_TRUE(value.ok()) << static_cast<int>(form.type) << ": " << value.status();
      const Buffer written = WritePayload(value->View());
      EXPECT_TRUE(IsReadable(form.type) || written.view() == payload.view());
    }
  }
}

TEST(RdbValues, NoTruncationAndNoOtherByteDoesHarm) {
  for (const std::vector<Form>& family : Families()) {
    for (const Form& form : family) {
      for (size_t at = 0; at < form.bytes.size(); ++at) {
        EXPECT_FALSE(Load(form.type, form.bytes.substr(0, at)).ok());
        std::string broken = form.bytes;
        for (int byte = 0; byte < 256; byte += byte < 16 || byte > 240 ? 1 : 5) {
          broken[at] = static_cast<char>(byte);
          TryPayload(form.type, broken);
        }
      }
    }
  }
}

class Counting : public FileReader::Handler {
 public:
  void OnAux(absl::string_view, absl::string_view) override {}
  void OnSize(DatabaseId, uint64_t, uint64_t) override {}
  void OnSkipped(absl::string_view) override {}
  absl::Status OnEntry(FileEntry) override {
    ++entries;
    return absl::OkStatus();
  }
  int entries = 0;
};

// One of each form, and what else a file may have.
std::string FileOfAll() {
  std::string file = "REDIS0011" + Bytes({0xfa}) + String("redis-ver") + String("7.2.0") +
                     Bytes({0xf5}) + String("#!lua") + Bytes({0xf7}) + Bytes({0x81}) +
                     BigEndian(7 << 10) + Bytes({2, 1, 2, 2, 0, 0xfe, 3, 0xfb, 40, 1});
  int number = 0;
  for (const std::vector<Form>& family : Families()) {
    for (const Form& form : family) {
      if (number % 3 == 0) file += Bytes({0xfc}) + Raw(int64_t{4102444800123});
      if (number % 4 == 0) file += Bytes({0xf8, 9});
      if (number % 4 == 1) file += Bytes({0xf9, 200});
      file +=
          Bytes({static_cast<int>(form.type)}) + String(absl::StrCat("k", number++)) + form.bytes;
    }
  }
  return file + Bytes({0xff}) + Raw(uint64_t{0});
}

absl::Status Read(absl::string_view file, int* entries) {
  Counting counting;
  FileReader reader({.compare_checksum = false}, counting);
  absl::Status status = reader.Feed(file);
  if (status.ok()) status = reader.Finish();
  *entries = counting.entries;
  return status;
}

TEST(RdbValues, AFileOfAllFormsIsReadAndNoOtherByteInItDoesHarm) {
  const std::string file = FileOfAll();
  int entries = 0;
  const absl::Status status = Read(file, &entries);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(entries, 26);
  int ignored = 0;
  for (size_t at = 0; at < file.size(); ++at) {
    EXPECT_FALSE(Read(file.substr(0, at), &ignored).ok()) << at;
    std::string broken = file;
    for (const int flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      broken[at] = static_cast<char>(file[at] ^ flip);
      const absl::Status outcome = Read(broken, &ignored);
      EXPECT_TRUE(outcome.ok() || absl::StrContains(outcome.message(), "byte")) << outcome;
    }
  }
}

// Every version that a file may be of.
TEST(RdbValues, VersionsAreRead) {
  for (int version = 1; version <= 12; ++version) {
    std::string file = absl::StrFormat("REDIS%04d", version) + Bytes({0, 1, 'k', 1, 'v', 0xff});
    if (version >= 5) file += Raw(uint64_t{0});
    int entries = 0;
    const absl::Status status = Read(file, &entries);
    EXPECT_TRUE(status.ok()) << version << ": " << status;
    EXPECT_EQ(entries, 1);
  }
}

}  // namespace
}  // namespace holdfast::rdb
