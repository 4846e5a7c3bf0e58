// DiskImage: what one machine's disk holds, and what of it a crash leaves.
//
//   names    current:  path -> inode          durable:  path -> inode      journal: changes between
//   them inode    current:  bytes                  durable:  bytes              dirty:   pages
//   between them
//
// Programs see `current`. A sync moves what was dirty when it began to `durable`; a crash makes
// `current` out of `durable` and whatever else the seed lets survive.
//
// 1. At a crash every dirty page is kept, dropped or torn at kSectorBytes; a write that was under
// way
//    may have been carried out or not. Pages that are not dirty keep their bytes.
// 2. The length of a file with dirty pages ends up anywhere between the durable and the current
// one,
//    in whole sectors or at the current end; what is missing inside reads as zeros.
// 3. A change of names that was not followed by SyncDirectory is undone half of the time, and with
// it
//    every later change in the same folder.
// 4. A file without a name lives as long as somebody has it open.
//
// It knows no time: SimDisk decides when an operation takes effect.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/draws.h"

namespace holdfast {

using InodeId = uint64_t;

class DiskImage {
 public:
  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kSectorBytes = 512;

  explicit DiskImage(Draws draws) : draws_(draws) {}

  // Files. Paths are absolute or relative names separated by '/'; folders must exist, except the
  // one without a name.
  absl::StatusOr<InodeId> Find(absl::string_view path) const;
  absl::StatusOr<InodeId> Create(absl::string_view path);
  void AddOpen(InodeId inode) { ++inodes_.at(inode).open_count; }
  void DropOpen(InodeId inode);
  uint64_t size(InodeId inode) const { return inodes_.at(inode).current.size(); }
  std::string Read(InodeId inode, uint64_t offset, uint64_t length) const;

  // A write is begun and, unless the machine crashes first, completed.
  using WriteId = uint64_t;
  WriteId BeginWrite(InodeId inode, uint64_t offset, std::string bytes);
  void CompleteWrite(InodeId inode, WriteId write);
  void Truncate(InodeId inode, uint64_t size);
  // What a sync that begins now will make durable, to be passed to its completion.
  uint64_t BeginSync() { return ++change_; }
  void CompleteSync(InodeId inode, uint64_t began);

  // Names.
  absl::Status Rename(absl::string_view from, absl::string_view to);
  absl::Status Remove(absl::string_view path);
  absl::Status MakeDirectory(absl::string_view path);
  absl::Status SyncDirectory(absl::string_view path);
  absl::StatusOr<std::vector<std::string>> List(absl::string_view path) const;

  // The process died, the machine did not: nobody has anything open, writes under way were carried
  // out or not, and everything completed is still there.
  void EndProcess();
  // The machine lost power: as EndProcess, and only what survived is left.
  void Crash();
  // The disk was replaced: nothing is left. No file may be open.
  void Erase();
  // One file is gone for good. It may not be open.
  void Lose(const std::string& path);
  // Hash of all names and contents as programs see them.
  uint64_t Hash() const;

 private:
  struct Write {
    uint64_t offset = 0;
    std::string bytes;
  };
  struct Inode {
    std::string current;
    std::string durable;
    std::map<uint64_t, uint64_t> dirty_pages;  // page -> its last change
    uint64_t size_change = 0;                  // last change of the length; 0: durable
    std::map<WriteId, Write> under_way;
    int open_count = 0;
  };
  // A name appears, disappears (inode 0), or is moved away by a rename into another.
  struct NameChange {
    std::string folder;
    std::map<std::string, InodeId> names;  // path -> inode, 0: none
    std::string made_folder;
  };

  static std::string Folder(absl::string_view path);
  absl::Status CheckFolder(absl::string_view path) const;
  void Log(NameChange change);
  void Apply(Inode& inode, const Write& write);
  void CrashNames();
  void CrashContents(Inode& inode);
  void DropNameless();

  Draws draws_;
  std::map<InodeId, Inode> inodes_;
  std::map<std::string, InodeId> names_;
  std::map<std::string, InodeId> durable_names_;
  std::set<std::string> folders_{""};
  std::set<std::string> durable_folders_{""};
  std::vector<NameChange> journal_;
  InodeId next_inode_ = 1;
  WriteId next_write_ = 1;
  uint64_t change_ = 1;
};

}  // namespace holdfast
