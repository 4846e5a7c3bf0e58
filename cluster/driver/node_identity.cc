#include "cluster/driver/node_identity.h"

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace holdfast {
namespace {

constexpr size_t kFileBytes = 17;

absl::StatusOr<NodeId> Parse(absl::string_view text, absl::string_view path) {
  uint64_t value = 0;
  const bool whole = text.size() == kFileBytes && text.back() == '\n' &&
                     absl::SimpleHexAtoi(text.substr(0, kFileBytes - 1), &value) && value != 0;
  if (whole) return NodeId{value};
  return absl::DataLossError(absl::StrFormat(
      "%s: not a node id; if this node never was part of a cluster, remove the file", path));
}

// One run of LoadNodeId; its steps start one another and share it.
struct Loading : std::enable_shared_from_this<Loading> {
  Disk& disk;
  std::string directory;
  std::string path;
  NodeId drawn;
  absl::AnyInvocable<void(absl::StatusOr<NodeId>)> done;
  std::unique_ptr<File> file;

  Loading(Disk& on, std::string in, NodeId fresh,
          absl::AnyInvocable<void(absl::StatusOr<NodeId>)> finished)
      : disk(on),
        directory(std::move(in)),
        path(directory + "/node-id"),
        drawn(fresh),
        done(std::move(finished)) {}

  // The next step of a write, or the end of it all.
  template <typename Step>
  StatusHandler Then(Step step) {
    return [self = shared_from_this(), step = std::move(step)](absl::Status status) mutable {
      if (status.ok()) return step();
      self->done(
          absl::Status(status.code(), absl::StrFormat("%s: %s", self->path, status.message())));
    };
  }

  void Read() {
    disk.Open(path, OpenMode::kRead,
              [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                if (absl::IsNotFound(opened.status())) return self->Create();
                if (!opened.ok()) return self->done(opened.status());
                self->file = std::move(opened->file);
                self->file->Read(0, kFileBytes + 1, [self](absl::StatusOr<Buffer> read) {
                  if (!read.ok()) return self->done(read.status());
                  self->done(Parse(read->view(), self->path));
                });
              });
  }

  void Create() {
    disk.Open(path + ".new", OpenMode::kReadWrite,
              [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                if (!opened.ok()) return self->done(opened.status());
                self->file = std::move(opened->file);
                Buffer text;
                text.Append(absl::StrFormat("%016x\n", self->drawn.value));
                self->file->Write(0, std::move(text), self->Then([self] { self->Sync(); }));
              });
  }

  void Sync() {
    file->Sync(Then([this] {
      file.reset();
      disk.Rename(path + ".new", path,
                  Then([this] { disk.SyncDirectory(directory, Then([this] { done(drawn); })); }));
    }));
  }
};

}  // namespace

void LoadNodeId(Disk& disk, Entropy& entropy, const std::string& directory,
                absl::AnyInvocable<void(absl::StatusOr<NodeId>)> done) {
  NodeId drawn{entropy.Next()};
  if (drawn.value == 0) drawn.value = 1;
  std::make_shared<Loading>(disk, directory, drawn, std::move(done))->Read();
}

}  // namespace holdfast
