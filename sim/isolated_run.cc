#include "sim/isolated_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/world.h"

namespace holdfast {
namespace {

// Between the violation and the script in what the process sends home.
constexpr char kBoundary = '\0';

void WriteAll(int fd, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = write(fd, bytes.data() + done, bytes.size() - done);
    if (count <= 0) return;
    done += static_cast<size_t>(count);
  }
}

std::string ReadAll(int fd) {
  std::string bytes;
  char chunk[65536];
  ssize_t count;
  while ((count = read(fd, chunk, sizeof chunk)) > 0) {
    bytes.append(chunk, static_cast<size_t>(count));
  }
  return bytes;
}

}  // namespace

IsolatedRun RunIsolated(const Script& script, bool record) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  std::fflush(stdout);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    // What a dying node prints is of no interest here.
    if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(1);
    const WorldResult result = RunWorld({.script = script, .record = record});
    WriteAll(ends[1], result.violation + kBoundary + (record ? result.script.ToString() : ""));
    std::_Exit(0);
  }
  close(ends[1]);
  const std::string home = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  if (status != 0) {
    return {.violation = absl::StrCat("the process died with status ", status), .script = script};
  }
  const size_t boundary = home.find(kBoundary);
  IsolatedRun run{.violation = home.substr(0, boundary), .script = script};
  if (record) {
    absl::StatusOr<Script> recorded = ParseScript(home.substr(boundary + 1));
    CHECK(recorded.ok());
    run.script = *std::move(recorded);
  }
  return run;
}

std::string KindOf(const std::string& violation) {
  std::string kind = violation.substr(0, violation.find('\n'));
  // "I7: ..." is named by its number.
  if (kind.size() > 1 && kind[0] == 'I' && kind[1] >= '0' && kind[1] <= '9') {
    return kind.substr(0, kind.find(':'));
  }
  return kind.substr(0, kind.find_first_of("0123456789:"));
}

}  // namespace holdfast
