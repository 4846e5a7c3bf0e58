#include "tools/kvctl/demo/network.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/base/check.h"
#include "tools/kvctl/dev_process.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNobody[] = "02:00:00:00:00:ff";
constexpr int kClients = 100;  // the last part of the bridge's address

Failure NoNetwork(std::string why) {
  return {.code = "NO_NETWORK",
          .what = "cannot make a network to partition",
          .why = std::move(why),
          .next = "run it as root with ip(8) installed, or choose --fault kill or stop",
          .effect = "nothing was started"};
}

Done Ip(std::vector<std::string> words) {
  const std::string text = absl::StrJoin(words, " ");
  words.insert(words.begin(), "ip");
  Result<std::string> done = RunProgram(words);
  if (!done.ok()) return NoNetwork(absl::StrCat("ip ", text, ": ", done.failure().why));
  return Succeeded();
}

Done MoveTo(const std::string& path) {
  const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool moved = handle >= 0 && setns(handle, CLONE_NEWNET) == 0;
  const int error = errno;
  if (handle >= 0) close(handle);
  if (!moved) return NoNetwork(absl::StrCat(path, ": ", std::strerror(error)));
  return Succeeded();
}

}  // namespace

Network::Network(int servers)
    : servers_(servers), bridge_(absl::StrCat("hfd", getpid(), "-clients")) {}

Network::~Network() {
  if (home_ < 0) return;
  CHECK(setns(home_, CLONE_NEWNET) == 0);
  close(home_);
  // What is in a namespace goes with it; one that was not made is no matter.
  for (int server = 0; server < servers_; ++server) {
    (void)RunProgram({"ip", "netns", "del", NameOf(server)});
  }
  (void)RunProgram({"ip", "netns", "del", bridge_});
}

std::string Network::NameOf(int server) const { return absl::StrCat("hfd", getpid(), "-", server); }

std::string Network::AddressOf(int server) const {
  const int tag = getpid() % 62'500;
  return absl::StrCat("10.", tag / 250 + 1, ".", tag % 250 + 1, ".", server + 1);
}

std::vector<std::string> Network::Inside(int server) const {
  return {"ip", "netns", "exec", NameOf(server)};
}

Done Network::Build() {
  CHECK(home_ < 0);
  home_ = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home_ < 0) return NoNetwork(std::strerror(errno));
  std::vector<std::vector<std::string>> commands = {
      {"netns", "add", bridge_},
      {"-n", bridge_, "link", "set", "lo", "up"},
      {"-n", bridge_, "link", "add", "bridge", "type", "bridge"},
      {"-n", bridge_, "addr", "add", absl::StrCat(AddressOf(kClients - 1), "/24"), "dev", "bridge"},
      {"-n", bridge_, "link", "set", "bridge", "up"}};
  for (int server = 0; server < servers_; ++server) {
    const std::string name = NameOf(server), port = absl::StrCat("port", server);
    const std::string address = absl::StrCat(AddressOf(server), "/24");
    const std::vector<std::vector<std::string>> more = {
        {"netns", "add", name},
        {"-n", name, "link", "set", "lo", "up"},
        {"-n", bridge_, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name},
        {"-n", bridge_, "link", "set", port, "master", "bridge", "up"},
        {"-n", name, "addr", "add", address, "dev", "eth0"},
        {"-n", name, "link", "set", "eth0", "up"}};
    commands.insert(commands.end(), more.begin(), more.end());
  }
  for (const std::vector<std::string>& command : commands) {
    Done done = Ip(command);
    if (!done.ok()) return done;
  }
  return MoveTo(absl::StrCat("/run/netns/", bridge_));
}

Done Network::Isolate(int server) {
  for (int other = 0; other < servers_; ++other) {
    if (other == server) continue;
    for (const auto& [from, to] : {std::pair(server, other), std::pair(other, server)}) {
      Done done = Ip({"-n", NameOf(from), "neigh", "replace", AddressOf(to), "lladdr", kNobody,
                      "dev", "eth0", "nud", "permanent"});
      if (!done.ok()) return done;
    }
  }
  return Succeeded();
}

Done Network::Mend() {
  for (int server = 0; server < servers_; ++server) {
    Done done =
        Ip({"-n", NameOf(server), "neigh", "flush", "all", "dev", "eth0", "nud", "permanent"});
    if (!done.ok()) return done;
  }
  return Succeeded();
}

}  // namespace holdfast::kvctl
