// Servers: three servers under the demo, and what can be done to one of them.
//
// | fault     | what happens to the server                      | healed by                       |
// |-----------|-------------------------------------------------|---------------------------------|
// | kill      | SIGKILL                                         | it is started again             |
// | stop      | SIGSTOP: it stands still, connections stay open | SIGCONT                         |
// | partition | the others do not hear it, its clients do       | the network is mended (network) |
//
// A Servers is of one kind: nodes of Holdfast, or redis-server with redis-sentinel. What the demo
// asks of both is here; nothing else tells them apart.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/kvctl/demo/client.h"
#include "tools/kvctl/demo/network.h"
#include "tools/kvctl/dev_process.h"
#include "tools/kvctl/failure.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

enum class Fault { kKill, kStop, kPartition };

class Servers {
 public:
  virtual ~Servers() = default;

  // Starts what does not run and waits until all take part.
  virtual Done Start() = 0;
  // Ends what Start started. Its files go too, but where they have to tell what went wrong.
  virtual void End(bool keep_files) = 0;
  // What runs and how, a line or two for the reader.
  virtual std::string Describe() const = 0;

  virtual const Doors& doors() const = 0;
  // The server that leads now by what servers say that are not hit; -1 if none does.
  virtual int Leader() = 0;
  // Whether all take part again and hold the same.
  virtual bool IsSettled() = 0;
  // Whether all servers hold the same now. `keys` are the round's.
  virtual Result<bool> DigestsEqual(const std::vector<std::string>& keys) = 0;

  virtual size_t size() const = 0;
  virtual std::string NameOf(int server) const = 0;

  Done Hit(int server, Fault fault);
  Done Heal();

 protected:
  // Of the server's process, and of what stands and falls with it on its machine.
  virtual std::vector<DevProcess> ProcessesOf(int server) const = 0;
  virtual Done Restart() = 0;

  bool IsHit(int server) const { return server == hit_; }
  void set_network(Network* network) { network_ = network; }

 private:
  Network* network_ = nullptr;
  int hit_ = -1;
  Fault fault_ = Fault::kKill;
};

// Reads all keys on all servers, of which replicas answer to who said READONLY; whether they agree.
Result<bool> SameContents(const std::vector<Endpoint>& servers,
                          const std::vector<std::string>& keys);

struct ServersOptions {
  std::string directory;
  uint16_t base_port = 7001;
  std::vector<std::string> flags;  // for kvnode
  Network* network = nullptr;      // for partitions
};

Result<std::unique_ptr<Servers>> MakeHoldfastServers(const Session& session,
                                                     const ServersOptions& options);
std::unique_ptr<Servers> MakeRedisServers(const ServersOptions& options);

}  // namespace holdfast::kvctl
