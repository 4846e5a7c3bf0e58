#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

constexpr int kPollMs = 10;
constexpr Nanos kStopTimeout = Seconds(10);

class Deadline {
 public:
  explicit Deadline(Nanos timeout)
      : end_(std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout.value)) {}
  bool passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

void WaitABit() { poll(nullptr, 0, kPollMs); }

// In the child: prints to `log_path`, dies with its parent, becomes the server.
[[noreturn]] void BecomeServer(const std::string& log_path, std::vector<char*>& arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  dprintf(STDERR_FILENO, "exec %s: %s\n", arguments[0], std::strerror(errno));
  _exit(127);
}

}  // namespace

absl::StatusOr<int> FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return absl::UnavailableError("socket: no descriptor");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(descriptor);
  if (!bound) return absl::UnavailableError(absl::StrCat("bind: ", std::strerror(errno)));
  return ntohs(address.sin_port);
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const Options& options) {
  auto server = std::unique_ptr<ServerProcess>(new ServerProcess());
  ASSIGN_OR_RETURN(server->port_, FreePort());
  std::string pattern = (std::filesystem::temp_directory_path() / "holdfast.XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat("mkdtemp ", pattern, ": ", std::strerror(errno)));
  }
  server->directory_ = pattern;

  std::vector<std::string> words = {options.binary,     "--port",    absl::StrCat(server->port_),
                                    "--bind",           "127.0.0.1", "--dir",
                                    server->directory_, "--save",    ""};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log_path = server->directory_ + "/server.log";
  server->pid_ = fork();
  if (server->pid_ < 0) return absl::UnavailableError("fork failed");
  if (server->pid_ == 0) BecomeServer(log_path, arguments);

  const Deadline deadline(options.start_timeout);
  while (!deadline.passed()) {
    if (!server->running()) {
      return absl::UnavailableError(absl::StrCat(options.binary, " ended:\n", server->Output()));
    }
    if (auto client = server->Connect(); client.ok()) {
      auto reply = (*client)->Call({"PING"});
      if (reply.ok() && (reply->text == "PONG" || absl::StartsWith(reply->text, "NOAUTH"))) {
        return server;
      }
    }
    WaitABit();
  }
  return absl::DeadlineExceededError(
      absl::StrCat(options.binary, " does not answer PING:\n", server->Output()));
}

ServerProcess::~ServerProcess() {
  if (running()) {
    kill(pid_, SIGTERM);
    const Deadline deadline(kStopTimeout);
    while (running() && !deadline.passed()) WaitABit();
    if (running()) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

bool ServerProcess::running() {
  if (pid_ < 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

std::string ServerProcess::Output() const {
  std::ostringstream text;
  text << std::ifstream(directory_ + "/server.log").rdbuf();
  return text.str();
}

absl::StatusOr<std::string> ServerProcess::Version() const {
  ASSIGN_OR_RETURN(std::unique_ptr<SocketClient> client, Connect());
  ASSIGN_OR_RETURN(const ReplyValue info, client->Call({"INFO", "server"}));
  for (absl::string_view line : absl::StrSplit(info.text, "\r\n")) {
    constexpr absl::string_view kField = "redis_version:";
    if (absl::StartsWith(line, kField)) return std::string(line.substr(kField.size()));
  }
  return absl::NotFoundError("INFO server has no redis_version");
}

}  // namespace holdfast
