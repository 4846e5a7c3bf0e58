// ServerProcess: a server binary started for one test, on a free loopback port, in a directory of
// its own, and gone when the object is.
//
// The binary takes redis-server's flags. What it prints goes to server.log in its directory.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/base/types.h"
#include "tests/support/socket_client.h"

namespace holdfast {

// A port that nobody listened on a moment ago. Another process may take it before the server does;
// the server then fails to start and the test says so.
absl::StatusOr<int> FreePort();

class ServerProcess {
 public:
  struct Options {
    std::string binary;
    // Added behind --port, --bind, --dir and --save "", so that they win.
    std::vector<std::string> arguments;
    Nanos start_timeout = Seconds(20);
  };

  // Returns once the server answers PING; the error holds what it printed.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const Options& options);
  // SIGTERM, then SIGKILL after ten seconds; removes the directory.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  bool running();
  // What the server has printed so far.
  std::string Output() const;
  absl::StatusOr<std::unique_ptr<SocketClient>> Connect() const {
    return SocketClient::Connect(port_);
  }
  // redis_version of INFO: "7.0.15".
  absl::StatusOr<std::string> Version() const;

 private:
  ServerProcess() = default;

  pid_t pid_ = -1;
  int port_ = 0;
  std::string directory_;
};

}  // namespace holdfast
