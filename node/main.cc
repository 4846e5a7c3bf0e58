// kvnode: the command line, the choice of a production runtime, and the process around a Node.
#include <glob.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "net/epoll/epoll_runtime.h"
#include "net/uring/uring_runtime.h"
#include "node/config/config.h"
#include "node/http/http_door.h"
#include "node/log_sink.h"
#include "node/node.h"
#include "node/service_manager.h"
#include "node/version.h"

extern char** environ;

namespace holdfast {
namespace {

constexpr char kUsage[] =
    "usage: kvnode [file.conf] [--name value ...]\n"
    "\n"
    "Names and values are those of redis.conf, e.g.\n"
    "  kvnode --port 7000 --maxmemory 2gb --save \"\"\n"
    "  kvnode /etc/holdfast.conf --loglevel verbose\n"
    "Each may also be set as an environment variable: KV_MAXMEMORY=2gb.\n"
    "A flag wins over the environment, the environment over the file.\n"
    "Holdfast's own: --workers N (default: one per core), --io auto|uring|epoll.\n";

absl::StatusOr<ConfigFile> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("can't open config file '", path, "': ", std::strerror(errno)));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return ConfigFile{path, text.str()};
}

absl::StatusOr<std::vector<ConfigFile>> ReadFiles(const std::string& pattern) {
  std::vector<ConfigFile> files;
  if (pattern.find_first_of("*?[") == std::string::npos) {
    ASSIGN_OR_RETURN(ConfigFile file, ReadFile(pattern));
    files.push_back(std::move(file));
    return files;
  }
  glob_t matches = {};
  absl::Status status;
  if (glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    for (size_t i = 0; i < matches.gl_pathc && status.ok(); ++i) {
      auto file = ReadFile(matches.gl_pathv[i]);
      status = file.status();
      if (file.ok()) files.push_back(*std::move(file));
    }
  }
  globfree(&matches);
  RETURN_IF_ERROR(status);
  return files;
}

std::string WorkingDirectory() {
  char buffer[4096];
  return getcwd(buffer, sizeof(buffer)) == nullptr ? "." : buffer;
}

absl::StatusOr<Config> LoadConfig(int argument_count, char** arguments) {
  ConfigInput input;
  input.arguments.assign(arguments + 1, arguments + argument_count);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) {
      input.environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  input.working_directory = WorkingDirectory();
  input.read_files = ReadFiles;
  return Config::Load(input);
}

int SyslogFacility(const std::string& name) {
  if (name == "user") return LOG_USER;
  return LOG_LOCAL0 + ((name.back() - '0') << 3);
}

absl::Status EnterDirectory(const std::string& dir) {
  if (chdir(dir.c_str()) != 0) {
    return absl::NotFoundError(
        absl::StrCat("can't change to dir '", dir, "': ", std::strerror(errno)));
  }
  // Permissions do not tell: root may write to them all, and still not to /proc.
  std::string probe = "holdfast-probe-XXXXXX";
  const int descriptor = mkstemp(probe.data());
  if (descriptor < 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        "can't write to dir '", dir, "': ", std::strerror(errno), "; choose another with --dir"));
  }
  close(descriptor);
  unlink(probe.c_str());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeRuntime(const Settings& settings,
                                                             Logger& logger) {
  const int workers = settings.workers > 0
                          ? settings.workers
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  // A few descriptors beside the clients': listeners, rings, files.
  const ThreadedRuntimeOptions options{
      .loops = workers + 2,
      .logger = &logger,
      .descriptors_wanted = static_cast<uint64_t>(settings.maxclients) + 64};
  if (settings.io == IoBackend::kEpoll) return MakeEpollRuntime(options);
  auto uring = MakeUringRuntime(options);
  if (uring.ok() || settings.io == IoBackend::kUring) return uring;
  logger.Write(LogLevel::kNotice, absl::StrCat("io_uring is not to be had here (",
                                               uring.status().message(), "); using epoll"));
  return MakeEpollRuntime(options);
}

// The lines that test suites and container tools wait for.
void LogReady(const Settings& settings, Logger& logger) {
  logger.Write(LogLevel::kNotice, "Server initialized");
  if (settings.port != 0) logger.Write(LogLevel::kNotice, "Ready to accept connections tcp");
  if (!settings.unixsocket.empty()) {
    logger.Write(LogLevel::kNotice, "Ready to accept connections unix");
  }
}

absl::Status WritePidFile(const std::string& path) {
  std::ofstream file(path, std::ios::trunc);
  file << getpid() << "\n";
  file.flush();
  if (!file) {
    return absl::UnavailableError(
        absl::StrCat("can't write the pid file '", path, "': ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

bool IsSupervised(const Settings& settings) {
  return settings.supervised == Supervision::kSystemd || settings.supervised == Supervision::kAuto;
}

// From the loop that accepts: if that one hangs, nobody gets in.
void FeedWatchdog(Runtime& runtime, ServiceManager& manager) {
  manager.Tell("WATCHDOG=1");
  runtime.loop(0).RunAfter(*manager.watchdog(), [&] { FeedWatchdog(runtime, manager); });
}

void TellReady(Runtime& runtime, ServiceManager& manager) {
  manager.Tell("READY=1");
  if (manager.watchdog()) FeedWatchdog(runtime, manager);
}

absl::Status Serve(Config config) {
  const Settings settings = config.settings();
  const std::string config_path = config.path();
  if (settings.daemonize && daemon(/*nochdir=*/1, /*noclose=*/0) != 0) {
    return absl::UnavailableError(absl::StrCat("can't daemonize: ", std::strerror(errno)));
  }
  RETURN_IF_ERROR(EnterDirectory(settings.dir));
  ASSIGN_OR_RETURN(const std::unique_ptr<Logger> logger,
                   MakeLogSink({.level = settings.loglevel,
                                .file = settings.logfile,
                                .syslog = settings.syslog_enabled,
                                .syslog_ident = settings.syslog_ident,
                                .syslog_facility = SyslogFacility(settings.syslog_facility)}));
  logger->Write(LogLevel::kNotice, absl::StrCat("Holdfast ", kVersion, " (Redis ", kRedisVersion,
                                                " compatible) is starting, pid=", getpid()));
  for (const std::string& notice : config.notices()) logger->Write(LogLevel::kWarning, notice);
  ASSIGN_OR_RETURN(const std::unique_ptr<ThreadedRuntime> runtime, MakeRuntime(settings, *logger));

  absl::Status outcome;
  const std::string pid_path =
      settings.pidfile.empty() && settings.daemonize ? "/var/run/redis.pid" : settings.pidfile;
  Node node(*runtime, {.config = std::move(config), .config_path = config_path, .on_stopped = [&] {
                         runtime->Stop();
                       }});
  HttpDoor http(node);
  ServiceManager manager;
  node.Start([&](absl::Status status) {
    if (status.ok() && !pid_path.empty()) status = WritePidFile(pid_path);
    if (status.ok()) status = http.Open();
    if (status.ok()) {
      LogReady(settings, *logger);
      if (IsSupervised(settings)) TellReady(*runtime, manager);
      return;
    }
    outcome = status;
    node.Stop();
  });
  runtime->OnTerminate([&](int signal) {
    logger->Write(LogLevel::kWarning, absl::StrCat("Received ", signal == 2 ? "SIGINT" : "SIGTERM",
                                                   " scheduling shutdown..."));
    if (IsSupervised(settings)) manager.Tell("STOPPING=1");
    node.Stop({.save = signal == 2 ? settings.save_on_sigint : settings.save_on_sigterm});
  });
  runtime->Run();
  if (!pid_path.empty() && outcome.ok()) std::remove(pid_path.c_str());
  logger->Write(LogLevel::kWarning, "Holdfast is now ready to exit, bye bye...");
  return outcome;
}

int Main(int argument_count, char** arguments) {
  if (argument_count == 2) {
    const absl::string_view only = arguments[1];
    if (only == "--help" || only == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (only == "--version" || only == "-v") {
      std::printf("Holdfast %s (Redis %s compatible)\n", kVersion, kRedisVersion);
      return 0;
    }
  }
  auto config = LoadConfig(argument_count, arguments);
  absl::Status status = config.status();
  if (status.ok()) status = Serve(*std::move(config));
  if (status.ok()) return 0;
  std::fprintf(stderr, "kvnode: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace holdfast

int main(int argument_count, char** arguments) { return holdfast::Main(argument_count, arguments); }
