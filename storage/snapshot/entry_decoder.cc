#include "storage/snapshot/entry_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/base/limits.h"
#include "net/base/status.h"

namespace holdfast {

using snapshot_format::Form;

namespace {

// An edited string counts in 32 bits, and so does the block of a list element.
constexpr uint64_t kCountedTextBytesMax = limits::kRoomyStringBytesMax - 4096;
// What the buffers may keep from one entry to the next.
constexpr size_t kRetainedBytesMax = 64 * 1024;

void Clear(std::string& text) {
  if (text.capacity() > kRetainedBytesMax) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

void EntryDecoder::Reset() {
  stage_ = Stage::kHead;
  filled_ = 0;
  varint_ = 0;
  deadline_.reset();
  Clear(key_);
  Clear(text_);
  list_.reset();
}

absl::Status EntryDecoder::Feed(absl::string_view bytes) {
  while (!bytes.empty()) {
    if (done()) return absl::InvalidArgumentError("bytes behind an entry");
    RETURN_IF_ERROR(Advance(bytes));
  }
  return absl::OkStatus();
}

bool EntryDecoder::CollectFixed(size_t count, absl::string_view& bytes) {
  const size_t taken = std::min(count - filled_, bytes.size());
  std::memcpy(fixed_ + filled_, bytes.data(), taken);
  bytes.remove_prefix(taken);
  filled_ += taken;
  if (filled_ < count) return false;
  filled_ = 0;
  return true;
}

bool EntryDecoder::CollectVarint(absl::string_view& bytes) {
  if (filled_ == 0) varint_ = 0;
  while (!bytes.empty()) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    // Ten bytes and more are longer than anything there is; all sizes are checked against that.
    if (filled_ >= 9) {
      varint_ = UINT64_MAX;
    } else {
      varint_ |= uint64_t{byte & 0x7fu} << (7 * filled_++);
    }
    if (byte < 0x80) {
      filled_ = 0;
      return true;
    }
  }
  return false;
}

bool EntryDecoder::CollectText(std::string& text, absl::string_view& bytes) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(text_left_, bytes.size()));
  text.append(bytes.data(), taken);
  bytes.remove_prefix(taken);
  text_left_ -= taken;
  return text_left_ == 0;
}

absl::Status EntryDecoder::Advance(absl::string_view& bytes) {
  switch (stage_) {
    case Stage::kHead:
      return CollectFixed(2, bytes) ? TakeHead() : absl::OkStatus();
    case Stage::kDeadline:
      if (CollectFixed(8, bytes)) {
        deadline_ = Millis{LoadNumber<int64_t>(fixed_)};
        stage_ = Stage::kKeySize;
      }
      break;
    case Stage::kKeySize:
      if (CollectVarint(bytes)) {
        text_left_ = varint_;
        stage_ = Stage::kKey;
        if (text_left_ == 0) StartValue();
      }
      break;
    case Stage::kKey:
      if (CollectText(key_, bytes)) StartValue();
      break;
    case Stage::kInteger:
      if (CollectFixed(8, bytes)) {
        integer_ = LoadNumber<int64_t>(fixed_);
        stage_ = Stage::kDone;
      }
      break;
    case Stage::kTextSize:
      return CollectVarint(bytes) ? StartText() : absl::OkStatus();
    case Stage::kText:
      if (CollectText(text_, bytes)) stage_ = Stage::kDone;
      break;
    case Stage::kCount:
      return CollectVarint(bytes) ? StartList() : absl::OkStatus();
    case Stage::kElementSize:
      return CollectVarint(bytes) ? StartElement() : absl::OkStatus();
    case Stage::kElement:
      if (CollectText(text_, bytes)) FinishElement();
      break;
    case Stage::kDone:
      break;
  }
  return absl::OkStatus();
}

absl::Status EntryDecoder::TakeHead() {
  const auto database = static_cast<uint8_t>(fixed_[0]);
  const auto form = static_cast<uint8_t>(fixed_[1]);
  const uint8_t plain_form = form & snapshot_format::kFormMask;
  const bool has_deadline = (form & snapshot_format::kHasDeadline) != 0;
  if (database >= kDatabaseCount) return absl::InvalidArgumentError("no such database");
  if (plain_form > static_cast<uint8_t>(Form::kOpaque) ||
      (form & ~(snapshot_format::kFormMask | snapshot_format::kHasDeadline)) != 0) {
    return absl::InvalidArgumentError("unknown form of a value");
  }
  database_ = DatabaseId{database};
  form_ = static_cast<Form>(plain_form);
  stage_ = has_deadline ? Stage::kDeadline : Stage::kKeySize;
  return absl::OkStatus();
}

void EntryDecoder::StartValue() {
  switch (form_) {
    case Form::kText:
    case Form::kRoomyText:
    case Form::kOpaque:
      stage_ = Stage::kTextSize;
      break;
    case Form::kInteger:
      stage_ = Stage::kInteger;
      break;
    case Form::kList:
      stage_ = Stage::kCount;
      break;
  }
}

absl::Status EntryDecoder::StartText() {
  if (form_ == Form::kRoomyText && varint_ > kCountedTextBytesMax) {
    return absl::InvalidArgumentError("an edited string that is too long");
  }
  if (form_ == Form::kOpaque && varint_ == 0) {
    return absl::InvalidArgumentError("an opaque value without a type");
  }
  text_left_ = varint_;
  stage_ = text_left_ == 0 ? Stage::kDone : Stage::kText;
  return absl::OkStatus();
}

absl::Status EntryDecoder::StartList() {
  if (varint_ == 0) return absl::InvalidArgumentError("a list without elements");
  elements_left_ = varint_;
  list_ = std::make_unique<List>();
  stage_ = Stage::kElementSize;
  return absl::OkStatus();
}

absl::Status EntryDecoder::StartElement() {
  if (varint_ > kCountedTextBytesMax) {
    return absl::InvalidArgumentError("a list element that is too long");
  }
  text_left_ = varint_;
  stage_ = Stage::kElement;
  if (text_left_ == 0) FinishElement();
  return absl::OkStatus();
}

void EntryDecoder::FinishElement() {
  list_->Push(ListEnd::kBack, text_, list_limits_);
  Clear(text_);
  stage_ = --elements_left_ == 0 ? Stage::kDone : Stage::kElementSize;
}

Value EntryDecoder::TakeValue() {
  CHECK(done());
  switch (form_) {
    case Form::kText:
      return Value::Text(text_);
    case Form::kRoomyText:
      return Value::Roomy(text_, text_.size());
    case Form::kInteger:
      return Value::Integer(integer_);
    case Form::kList:
      return Value::OfList(list_.release());
    case Form::kOpaque:
      return Value::Opaque(static_cast<uint8_t>(text_[0]), absl::string_view(text_).substr(1));
  }
  return {};
}

}  // namespace holdfast
