#include "tools/kvctl/demo/servers.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

constexpr Nanos kReadPatience = Seconds(20);
constexpr int kLooksAtTheKilled = 200;

Done AwaitEnd(const DevProcess& process) {
  for (int look = 0; look < kLooksAtTheKilled && IsRunning(process); ++look) {
    PauseFor(Milliseconds(5));
  }
  if (!IsRunning(process)) return Succeeded();
  return Failure{.code = "STILL_RUNNING",
                 .what = absl::StrCat("process ", process.pid, " does not end"),
                 .why = "it was killed a second ago"};
}

}  // namespace

Done Servers::Hit(int server, Fault fault) {
  CHECK(hit_ < 0);
  hit_ = server;
  fault_ = fault;
  if (fault == Fault::kPartition) {
    CHECK(network_ != nullptr);
    return network_->Isolate(server);
  }
  const std::vector<DevProcess> processes = ProcessesOf(server);
  for (const DevProcess& process : processes) {
    Signal(process, fault == Fault::kKill ? SIGKILL : SIGSTOP);
  }
  if (fault == Fault::kStop) return Succeeded();
  for (const DevProcess& process : processes) {
    Done ended = AwaitEnd(process);
    if (!ended.ok()) return ended;
  }
  return Succeeded();
}

Done Servers::Heal() {
  if (hit_ < 0) return Succeeded();
  const int server = hit_;
  hit_ = -1;
  switch (fault_) {
    case Fault::kKill:
      return Restart();
    case Fault::kStop:
      for (const DevProcess& process : ProcessesOf(server)) Signal(process, SIGCONT);
      return Succeeded();
    case Fault::kPartition:
      break;
  }
  return network_->Mend();
}

Result<bool> SameContents(const std::vector<Endpoint>& servers,
                          const std::vector<std::string>& keys) {
  std::vector<Request> requests = {{"READONLY"}};
  for (const std::string& key : keys) requests.push_back({"GET", key});
  std::vector<std::vector<ReplyValue>> contents;
  for (const Endpoint& server : servers) {
    contents.push_back(Converse(server, requests, kReadPatience));
    if (contents.back().size() < requests.size()) {
      return Failure{
          .exit = Interrupted() ? ExitCode::kInterrupted : ExitCode::kFailed,
          .code = "NO_ANSWER",
          .what = absl::StrCat("cannot read what ", server.ToString(), " holds"),
          .why = absl::StrCat(contents.back().size(), " of ", requests.size(), " replies came")};
    }
    // A server that is no cluster's does not know the word.
    contents.back()[0] = ReplyValue();
    if (contents.back() != contents.front()) return false;
  }
  return true;
}

}  // namespace holdfast::kvctl
