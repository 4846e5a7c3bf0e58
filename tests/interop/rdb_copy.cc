// Reads an RDB file and writes what it holds into another.
//
//   rdb_copy IN OUT      exit 1, and why, if IN cannot be read
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "storage/rdb/file_reader.h"
#include "storage/rdb/file_writer.h"

namespace holdfast::rdb {
namespace {

class Copying : public FileReader::Handler {
 public:
  explicit Copying(FileWriter& writer) : writer_(writer) {}
  void OnAux(absl::string_view name, absl::string_view value) override { writer_.Aux(name, value); }
  void OnSize(DatabaseId, uint64_t, uint64_t) override {}
  absl::Status OnEntry(FileEntry entry) override {
    writer_.Add(entry.database, entry.key.view(), entry.deadline, entry.value.View());
    return absl::OkStatus();
  }
  void OnSkipped(absl::string_view what) override { std::cout << "skipped " << what << "\n"; }

 private:
  FileWriter& writer_;
};

int Copy(const char* from, const char* to) {
  constexpr size_t kPieceBytes = 64 * 1024;
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  FileWriter writer({});
  Copying copying(writer);
  FileReader reader({}, copying);
  std::string piece(kPieceBytes, '\0');
  absl::Status status;
  while (status.ok() && in) {
    in.read(piece.data(), kPieceBytes);
    status = reader.Feed({piece.data(), static_cast<size_t>(in.gcount())});
    out << std::string(writer.Take().view());
  }
  if (status.ok()) status = reader.Finish();
  if (!status.ok()) {
    std::cerr << from << ": " << status << "\n";
    return 1;
  }
  writer.End();
  out << std::string(writer.Take().view());
  out.seekp(0) << writer.header();
  std::cout << writer.entries() << " entries\n";
  return out.good() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::rdb

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: rdb_copy IN OUT\n";
    return 2;
  }
  return holdfast::rdb::Copy(argv[1], argv[2]);
}
