#include "cluster/driver/node_identity.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "net/runtime/whole_file.h"

namespace holdfast {
namespace {

constexpr absl::string_view kFileName = "node-id";
constexpr size_t kFileBytes = 17;

absl::StatusOr<NodeId> Parse(absl::string_view text, absl::string_view path) {
  uint64_t value = 0;
  const bool whole = text.size() == kFileBytes && text.back() == '\n' &&
                     absl::SimpleHexAtoi(text.substr(0, kFileBytes - 1), &value) && value != 0;
  if (whole) return NodeId{value};
  return absl::DataLossError(absl::StrFormat(
      "%s: not a node id; if this node never was part of a cluster, remove the file", path));
}

}  // namespace

void LoadNodeId(Disk& disk, Entropy& entropy, const std::string& directory,
                absl::AnyInvocable<void(absl::StatusOr<NodeId>)> done) {
  NodeId drawn{entropy.Next()};
  if (drawn.value == 0) drawn.value = 1;
  const std::string path = absl::StrFormat("%s/%s", directory, kFileName);
  ReadWholeFile(
      disk, path, kFileBytes,
      [&disk, directory, drawn, path, done = std::move(done)](absl::StatusOr<Buffer> read) mutable {
        if (read.ok()) return done(Parse(read->view(), path));
        if (!absl::IsNotFound(read.status())) return done(read.status());
        Buffer text;
        text.Append(absl::StrFormat("%016x\n", drawn.value));
        ReplaceWholeFile(disk, directory, std::string(kFileName), std::move(text),
                         [drawn, done = std::move(done)](absl::Status written) mutable {
                           if (!written.ok()) return done(written);
                           done(drawn);
                         });
      });
}

}  // namespace holdfast
