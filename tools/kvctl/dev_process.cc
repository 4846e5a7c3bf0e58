#include "tools/kvctl/dev_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"

namespace holdfast::kvctl {
namespace {

// Of the fields behind the process's name in /proc/PID/stat (proc(5)): the name may hold anything.
constexpr size_t kStateField = 0;
constexpr size_t kStartField = 19;

std::vector<std::string> StatFields(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::vector<std::string> fields =
      absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipWhitespace());
  if (fields.size() <= kStartField) fields.clear();
  return fields;
}

uint64_t StartTick(const std::vector<std::string>& fields) {
  uint64_t tick = 0;
  CHECK(absl::SimpleAtoi(fields[kStartField], &tick));
  return tick;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::string& one_more) {
  std::vector<std::string> environment = {one_more};
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

}  // namespace

Result<DevProcess> Spawn(const SpawnOptions& options) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  CHECK(posix_spawn_file_actions_init(&files) == 0 && posix_spawnattr_init(&attributes) == 0);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, options.log_path.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  // What is ignored here would stay ignored there.
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = {options.binary};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = EnvironmentWith(options.environment);
  DevProcess process;
  const int error = posix_spawnp(&process.pid, options.binary.c_str(), &files, &attributes,
                                 Pointers(words).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    return Failure{.exit = ExitCode::kFailed,
                   .code = "CANNOT_START",
                   .what = absl::StrCat("cannot start ", options.binary),
                   .why = std::strerror(error),
                   .next = "build kvnode, beside kvctl"};
  }
  // There until we wait for it, if only as remains.
  process.started_tick = StartTick(StatFields(process.pid));
  return process;
}

bool IsRunning(const DevProcess& process) {
  if (process.pid <= 0) return false;
  // Takes the remains of our own children away.
  waitpid(process.pid, nullptr, WNOHANG);
  const std::vector<std::string> fields = StatFields(process.pid);
  return !fields.empty() && fields[kStateField] != "Z" && StartTick(fields) == process.started_tick;
}

void Signal(const DevProcess& process, int number) {
  if (IsRunning(process)) kill(process.pid, number);
}

Result<std::string> RunProgram(const std::vector<std::string>& words) {
  int ends[2];
  CHECK(!words.empty() && pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t files;
  CHECK(posix_spawn_file_actions_init(&files) == 0);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
  std::vector<std::string> copies = words;
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, words[0].c_str(), &files, nullptr, Pointers(copies).data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  std::string output;
  char bytes[4096];
  for (ssize_t got; error == 0 && (got = read(ends[0], bytes, sizeof(bytes))) > 0;) {
    output.append(bytes, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (error == 0) CHECK(waitpid(child, &status, 0) == child);
  if (error == 0 && status == 0) return output;
  return Failure{
      .code = "PROGRAM",
      .what = absl::StrCat(words[0], " failed"),
      .why = error != 0 ? std::strerror(error) : std::string(absl::StripAsciiWhitespace(output))};
}

}  // namespace holdfast::kvctl
