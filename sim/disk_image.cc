#include "sim/disk_image.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/status.h"
#include "sim/hash.h"

namespace holdfast {
namespace {

absl::Status NoSuchFile(absl::string_view what, absl::string_view path) {
  return absl::NotFoundError(absl::StrCat(what, " ", path, ": No such file or directory"));
}

}  // namespace

std::string DiskImage::Folder(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? "" : std::string(path.substr(0, slash));
}

absl::Status DiskImage::CheckFolder(absl::string_view path) const {
  return folders_.contains(Folder(path)) ? absl::OkStatus() : NoSuchFile("open", path);
}

absl::StatusOr<InodeId> DiskImage::Find(absl::string_view path) const {
  auto found = names_.find(std::string(path));
  if (found == names_.end()) return NoSuchFile("open", path);
  return found->second;
}

absl::StatusOr<InodeId> DiskImage::Create(absl::string_view path) {
  RETURN_IF_ERROR(CheckFolder(path));
  if (names_.contains(std::string(path))) {
    return absl::AlreadyExistsError(absl::StrCat("open ", path, ": File exists"));
  }
  const InodeId inode = next_inode_++;
  inodes_[inode];
  Log({.folder = Folder(path), .names = {{std::string(path), inode}}});
  return inode;
}

void DiskImage::DropOpen(InodeId inode) {
  CHECK_GT(inodes_.at(inode).open_count, 0);
  --inodes_.at(inode).open_count;
  DropNameless();
}

std::string DiskImage::Read(InodeId inode, uint64_t offset, uint64_t length) const {
  const std::string& bytes = inodes_.at(inode).current;
  return offset >= bytes.size() ? "" : bytes.substr(offset, length);
}

DiskImage::WriteId DiskImage::BeginWrite(InodeId inode, uint64_t offset, std::string bytes) {
  const WriteId write = next_write_++;
  inodes_.at(inode).under_way[write] = {offset, std::move(bytes)};
  return write;
}

void DiskImage::CompleteWrite(InodeId inode, WriteId write) {
  Inode& file = inodes_.at(inode);
  Apply(file, file.under_way.at(write));
  file.under_way.erase(write);
}

void DiskImage::Apply(Inode& inode, const Write& write) {
  if (write.bytes.empty()) return;
  ++change_;
  const uint64_t end = write.offset + write.bytes.size();
  if (end > inode.current.size()) {
    inode.current.resize(end, '\0');
    inode.size_change = change_;
  }
  inode.current.replace(write.offset, write.bytes.size(), write.bytes);
  for (uint64_t page = write.offset / kPageBytes; page <= (end - 1) / kPageBytes; ++page) {
    inode.dirty_pages[page] = change_;
  }
}

void DiskImage::Truncate(InodeId inode, uint64_t size) {
  Inode& file = inodes_.at(inode);
  if (size == file.current.size()) return;
  file.current.resize(size, '\0');
  file.size_change = ++change_;
  // The page that was cut, and those that a growth made of zeros, differ from the durable ones.
  const uint64_t pages =
      (std::max<uint64_t>(size, file.durable.size()) + kPageBytes - 1) / kPageBytes;
  for (uint64_t page = size / kPageBytes; page < pages; ++page) file.dirty_pages[page] = change_;
}

void DiskImage::CompleteSync(InodeId inode, uint64_t began) {
  Inode& file = inodes_.at(inode);
  // A page may be written back in its newest state, and the length with it.
  const uint64_t size = file.current.size();
  if (file.size_change <= began) file.size_change = 0;
  file.durable.resize(size, '\0');
  for (auto it = file.dirty_pages.begin(); it != file.dirty_pages.end();) {
    const auto [page, change] = *it;
    const bool included = change <= began;
    const uint64_t start = page * kPageBytes;
    if (included && start < size) {
      const uint64_t length = std::min(kPageBytes, size - start);
      file.durable.replace(start, length, file.current, start, length);
    }
    it = included ? file.dirty_pages.erase(it) : std::next(it);
  }
}

void DiskImage::Log(NameChange change) {
  for (const auto& [path, inode] : change.names) {
    if (inode == 0) {
      names_.erase(path);
    } else {
      names_[path] = inode;
    }
  }
  if (!change.made_folder.empty()) folders_.insert(change.made_folder);
  journal_.push_back(std::move(change));
}

absl::Status DiskImage::Rename(absl::string_view from, absl::string_view to) {
  auto found = names_.find(std::string(from));
  if (found == names_.end()) return NoSuchFile("rename", from);
  RETURN_IF_ERROR(CheckFolder(to));
  if (from == to) return absl::OkStatus();
  Log({.folder = Folder(to), .names = {{std::string(from), 0}, {std::string(to), found->second}}});
  DropNameless();
  return absl::OkStatus();
}

absl::Status DiskImage::Remove(absl::string_view path) {
  if (!names_.contains(std::string(path))) return NoSuchFile("unlink", path);
  Log({.folder = Folder(path), .names = {{std::string(path), 0}}});
  DropNameless();
  return absl::OkStatus();
}

absl::Status DiskImage::MakeDirectory(absl::string_view path) {
  RETURN_IF_ERROR(CheckFolder(path));
  if (folders_.contains(std::string(path))) {
    return absl::AlreadyExistsError(absl::StrCat("mkdir ", path, ": File exists"));
  }
  Log({.folder = Folder(path), .made_folder = std::string(path)});
  return absl::OkStatus();
}

absl::Status DiskImage::SyncDirectory(absl::string_view path) {
  if (!folders_.contains(std::string(path))) return NoSuchFile("open", path);
  std::vector<NameChange> rest;
  for (NameChange& change : journal_) {
    if (change.folder != path) {
      rest.push_back(std::move(change));
      continue;
    }
    for (const auto& [name, inode] : change.names) {
      if (inode == 0) {
        durable_names_.erase(name);
      } else {
        durable_names_[name] = inode;
      }
    }
    if (!change.made_folder.empty()) durable_folders_.insert(change.made_folder);
  }
  journal_ = std::move(rest);
  DropNameless();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> DiskImage::List(absl::string_view path) const {
  if (!folders_.contains(std::string(path))) return NoSuchFile("opendir", path);
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && Folder(name) == path) names.push_back(name.substr(name.rfind('/') + 1));
  };
  for (const auto& [name, inode] : names_) add(name);
  for (const std::string& folder : folders_) add(folder);
  std::sort(names.begin(), names.end());
  return names;
}

void DiskImage::EndProcess() {
  for (auto& [id, inode] : inodes_) {
    inode.open_count = 0;
    for (const auto& [write_id, write] : std::exchange(inode.under_way, {})) {
      if (draws_.Chance({1, 2})) Apply(inode, write);
    }
  }
  DropNameless();
}

void DiskImage::Crash() {
  EndProcess();
  CrashNames();
  for (auto& [id, inode] : inodes_) CrashContents(inode);
  DropNameless();
}

void DiskImage::Lose(const std::string& path) {
  names_.erase(path);
  durable_names_.erase(path);
}

void DiskImage::Erase() {
  names_.clear();
  durable_names_.clear();
  folders_ = {""};
  durable_folders_ = {""};
  journal_.clear();
  inodes_.clear();
}

void DiskImage::CrashNames() {
  std::set<std::string> undone_folders;
  names_ = durable_names_;
  folders_ = durable_folders_;
  for (NameChange& change : std::exchange(journal_, {})) {
    // What needs a folder or a file whose making was undone is undone with it.
    bool undone = undone_folders.contains(change.folder) || !folders_.contains(change.folder);
    if (!undone) undone = draws_.Chance({1, 2});
    if (undone) {
      undone_folders.insert(change.folder);
    } else {
      Log(std::move(change));
    }
  }
  journal_.clear();
  durable_names_ = names_;
  durable_folders_ = folders_;
}

void DiskImage::CrashContents(Inode& inode) {
  std::string survived = inode.durable;
  if (inode.size_change != 0) {
    const uint64_t low = std::min(inode.current.size(), inode.durable.size());
    const uint64_t high = std::max(inode.current.size(), inode.durable.size());
    uint64_t size = low + draws_.Below(high - low + kSectorBytes);
    size = size >= high ? high : std::max(low, size / kSectorBytes * kSectorBytes);
    survived.resize(size, '\0');
  }
  for (const auto& [page, change] : inode.dirty_pages) {
    const uint64_t fate = draws_.Below(3);  // 0: dropped, 1: kept, 2: torn
    for (uint64_t start = page * kPageBytes; start < (page + 1) * kPageBytes;
         start += kSectorBytes) {
      const bool kept = fate == 1 || (fate == 2 && draws_.Chance({1, 2}));
      if (!kept || start >= survived.size() || start >= inode.current.size()) continue;
      const uint64_t length =
          std::min({kSectorBytes, survived.size() - start, inode.current.size() - start});
      survived.replace(start, length, inode.current, start, length);
    }
  }
  inode.current = survived;
  inode.durable = std::move(survived);
  inode.dirty_pages.clear();
  inode.size_change = 0;
}

void DiskImage::DropNameless() {
  std::set<InodeId> named;
  for (const auto* names : {&names_, &durable_names_}) {
    for (const auto& [path, inode] : *names) named.insert(inode);
  }
  for (const NameChange& change : journal_) {
    for (const auto& [path, inode] : change.names) named.insert(inode);
  }
  std::erase_if(inodes_, [&](const auto& item) {
    return item.second.open_count == 0 && !named.contains(item.first);
  });
}

uint64_t DiskImage::Hash() const {
  uint64_t hash = 0;
  for (const auto& [path, inode] : names_) {
    hash = HashBytes(inodes_.at(inode).current, HashBytes(path, hash));
  }
  return hash;
}

}  // namespace holdfast
