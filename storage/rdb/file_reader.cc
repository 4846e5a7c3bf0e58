#include "storage/rdb/file_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/rdb/checksum.h"
#include "storage/rdb/value_shape.h"

namespace holdfast::rdb {
absl::Status FileReader::Feed(absl::string_view bytes) {
  if (!status_.ok()) return status_;
  bytes_.RemovePrefix(std::exchange(used_bytes_, 0));
  bytes_.Append(bytes);
  return bytes_.size() < wanted_bytes_ ? absl::OkStatus() : ReadAll();
}

absl::Status FileReader::ReadAll() {
  status_ = Read();
  if (!status_.ok()) {
    status_ = absl::Status(
        status_.code(), absl::StrFormat("at byte %d of the file: %s", offset_, status_.message()));
  }
  return status_;
}

absl::Status FileReader::Finish() {
  if (status_.ok()) ReadAll().IgnoreError();
  if (!status_.ok() || stage_ == Stage::kDone) return status_;
  return absl::DataLossError(absl::StrFormat("the file ends after %d bytes, in the middle",
                                             offset_ + bytes_.size() - used_bytes_));
}

absl::Status FileReader::Read() {
  size_t summed = used_bytes_;
  // In long runs: a checksum costs little for the byte, and much for the call.
  const auto sum = [&] {
    if (options_.compare_checksum) {
      checksum_ = ExtendCrc64(checksum_, bytes_.view().substr(summed, used_bytes_ - summed));
    }
    summed = used_bytes_;
  };
  absl::Status status;
  while (used_bytes_ < bytes_.size() && status.ok()) {
    const absl::string_view rest = bytes_.view().substr(used_bytes_);
    Window window(rest);
    if (stage_ == Stage::kChecksum) sum();
    status = ReadNext(window);
    if (absl::IsOutOfRange(status)) {
      wanted_bytes_ = rest.size() + std::max(window.missing(), rest.size());
      // Small items come whole soon enough, and are looked at as they come.
      if (rest.size() < 4096) wanted_bytes_ = rest.size() + window.missing();
      status = absl::OkStatus();
      break;
    }
    wanted_bytes_ = 0;
    if (!status.ok()) break;
    const size_t taken = rest.size() - window.rest().size();
    used_bytes_ += taken;
    offset_ += taken;
  }
  if (stage_ != Stage::kDone) sum();
  return status;
}

absl::Status FileReader::ReadNext(Window& window) {
  switch (stage_) {
    case Stage::kHeader:
      return ReadHeader(window);
    case Stage::kItems:
      return ReadItem(window);
    case Stage::kChecksum:
      return ReadChecksum(window);
    case Stage::kDone:
      break;
  }
  return absl::DataLossError("bytes are left over behind the end");
}

absl::Status FileReader::ReadHeader(Window& window) {
  ASSIGN_OR_RETURN(const absl::string_view header, window.Bytes(kHeaderBytes));
  const bool numbered = absl::SimpleAtoi(header.substr(kMagic.size()), &version_);
  if (header.substr(0, kMagic.size()) != kMagic || !numbered) {
    return absl::DataLossError("this is no RDB file");
  }
  if (version_ < kOldestVersion || version_ > kNewestVersion) {
    return absl::UnimplementedError(absl::StrFormat("RDB version %d; versions %d to %d can be read",
                                                    version_, kOldestVersion, kNewestVersion));
  }
  stage_ = Stage::kItems;
  return absl::OkStatus();
}

absl::Status FileReader::ReadItem(Window& window) {
  ASSIGN_OR_RETURN(const uint8_t first, window.Fixed<uint8_t>());
  if (first >= static_cast<uint8_t>(Opcode::kSlotInfo)) {
    return ReadOpcode(static_cast<Opcode>(first), window);
  }
  return ReadEntry(static_cast<Type>(first), window);
}

absl::Status FileReader::ReadOpcode(Opcode opcode, Window& window) {
  switch (opcode) {
    case Opcode::kSelect:
      return ReadSelect(window);
    case Opcode::kExpireMillis: {
      ASSIGN_OR_RETURN(const int64_t at, window.Fixed<int64_t>());
      deadline_ = Millis{at};
      return absl::OkStatus();
    }
    case Opcode::kExpireSeconds: {
      ASSIGN_OR_RETURN(const int32_t at, window.Fixed<int32_t>());
      deadline_ = Millis{int64_t{at} * 1000};
      return absl::OkStatus();
    }
    case Opcode::kIdle: {
      ASSIGN_OR_RETURN(idle_s_, window.Length());
      return absl::OkStatus();
    }
    case Opcode::kFrequency: {
      ASSIGN_OR_RETURN(frequency_, window.Fixed<uint8_t>());
      return absl::OkStatus();
    }
    case Opcode::kResize: {
      ASSIGN_OR_RETURN(const uint64_t keys, window.Length());
      ASSIGN_OR_RETURN(const uint64_t with_deadline, window.Length());
      handler_.OnSize(database_, keys, with_deadline);
      return absl::OkStatus();
    }
    case Opcode::kAux: {
      ASSIGN_OR_RETURN(const FileString name, window.String());
      ASSIGN_OR_RETURN(const FileString value, window.String());
      handler_.OnAux(name.view(), value.view());
      return absl::OkStatus();
    }
    case Opcode::kSlotInfo:
      for (int i = 0; i < 3; ++i) RETURN_IF_ERROR(window.Length().status());
      return absl::OkStatus();
    case Opcode::kFunction:
      RETURN_IF_ERROR(window.SkipString());
      handler_.OnSkipped("a library of functions");
      return absl::OkStatus();
    case Opcode::kModuleAux:
      return SkipModuleAux(window);
    case Opcode::kFunctionBeforeRelease:
      return absl::UnimplementedError(
          "functions in the format of Redis 7.0 release candidates; save the file anew with a "
          "released version");
    case Opcode::kEnd:
      stage_ = version_ < kFirstVersionWithChecksum ? Stage::kDone : Stage::kChecksum;
      return absl::OkStatus();
  }
  return absl::DataLossError("no such opcode");
}

absl::Status FileReader::ReadSelect(Window& window) {
  ASSIGN_OR_RETURN(const uint64_t database, window.Length());
  if (database >= kDatabaseCount) {
    return absl::UnimplementedError(absl::StrFormat(
        "database %d; there are %d here, numbered from 0", database, int{kDatabaseCount}));
  }
  database_ = DatabaseId{static_cast<uint8_t>(database)};
  return absl::OkStatus();
}

absl::Status FileReader::SkipModuleAux(Window& window) {
  ASSIGN_OR_RETURN(const uint64_t module, window.Length());
  RETURN_IF_ERROR(SkipModuleData(window));
  handler_.OnSkipped(absl::StrCat("data of the module ", ModuleName(module)));
  return absl::OkStatus();
}

absl::Status FileReader::ReadEntry(Type type, Window& window) {
  if (NameOf(type).empty() && type != Type::kModuleBeforeRelease) {
    return absl::DataLossError(absl::StrFormat("there is no type %d", static_cast<int>(type)));
  }
  FileEntry entry{.database = database_};
  ASSIGN_OR_RETURN(entry.key, window.String());
  auto value = ReadValue(type, window, options_.list_limits);
  if (absl::IsOutOfRange(value.status())) return value.status();
  if (!value.ok()) {
    return absl::Status(value.status().code(), absl::StrCat("the value of key '", entry.key.view(),
                                                            "': ", value.status().message()));
  }
  entry.value = *std::move(value);
  entry.deadline = std::exchange(deadline_, std::nullopt);
  entry.idle_s = std::exchange(idle_s_, std::nullopt);
  entry.frequency = std::exchange(frequency_, std::nullopt);
  return handler_.OnEntry(std::move(entry));
}

absl::Status FileReader::ReadChecksum(Window& window) {
  ASSIGN_OR_RETURN(const uint64_t told, window.Fixed<uint64_t>());
  stage_ = Stage::kDone;
  // Zero: whoever wrote the file computed none.
  if (!options_.compare_checksum || told == 0 || told == checksum_) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrFormat("the checksum is %016x, the file says %016x", checksum_, told));
}

}  // namespace holdfast::rdb
