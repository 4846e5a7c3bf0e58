#include "cluster/driver/claim_file.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "net/runtime/whole_file.h"

namespace holdfast {
namespace {

constexpr absl::string_view kFileName = "claim";
constexpr absl::string_view kComplete = "complete";
constexpr size_t kLivesMax = 64;
constexpr size_t kDigits = 16;
constexpr size_t kFileBytesMax = (kLivesMax + 1) * (kDigits + 1);

}  // namespace

std::string EncodeClaim(const Claim& claim) {
  std::string text;
  // The oldest ones are named by no configuration any more.
  const size_t first = claim.lives.size() > kLivesMax ? claim.lives.size() - kLivesMax : 0;
  for (size_t i = first; i < claim.lives.size(); ++i) {
    absl::StrAppendFormat(&text, "%016x ", claim.lives[i].value);
  }
  absl::StrAppend(&text, claim.complete ? kComplete : "", "\n");
  return text;
}

absl::StatusOr<Claim> ParseClaim(absl::string_view text) {
  Claim claim;
  if (!absl::ConsumeSuffix(&text, "\n")) return absl::DataLossError("its end is missing");
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    uint64_t life = 0;
    if (claim.complete) return absl::DataLossError("something follows its end");
    if (word == kComplete) {
      claim.complete = true;
    } else if (word.size() == kDigits && absl::SimpleHexAtoi(word, &life)) {
      claim.lives.push_back({life});
    } else {
      return absl::DataLossError(absl::StrCat("'", word, "' is no life"));
    }
  }
  return claim;
}

void ReadClaim(Disk& disk, const std::string& directory,
               absl::AnyInvocable<void(absl::StatusOr<Claim>)> done) {
  const std::string path = absl::StrCat(directory, "/", kFileName);
  ReadWholeFile(disk, path, kFileBytesMax,
                [path, done = std::move(done)](absl::StatusOr<Buffer> read) mutable {
                  if (absl::IsNotFound(read.status())) return done(Claim{});
                  if (!read.ok()) return done(read.status());
                  absl::StatusOr<Claim> claim = ParseClaim(read->view());
                  if (!claim.ok()) {
                    claim = absl::DataLossError(
                        absl::StrCat(path, ": ", claim.status().message(),
                                     "; the node may be emptied and added to its cluster again"));
                  }
                  done(std::move(claim));
                });
}

void WriteClaim(Disk& disk, const std::string& directory, const Claim& claim, StatusHandler done) {
  Buffer text;
  text.Append(EncodeClaim(claim));
  ReplaceWholeFile(disk, directory, std::string(kFileName), std::move(text), std::move(done));
}

}  // namespace holdfast
