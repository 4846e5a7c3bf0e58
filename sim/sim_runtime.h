// SimRuntime: net/runtime's Runtime for one life of one simulated process.
//
//   SimMachine    clocks, disk, network host: outlives its processes
//     SimRuntime    loops, entropy, log: one incarnation
//       program       whatever is built on the Runtime; a node
//
// A machine boots a program and may crash it: the program's object is destroyed, with everything it
// had scheduled, and a later boot begins a new incarnation with the same disk and clocks.
//
// 1. A task posted to a loop runs in a later event. Tasks of one loop run in the order posted, one
// per
//    event, so that other loops run in between as threads would.
// 2. While a program is destroyed nothing it does reaches the outside any more except what the
// kernel
//    of a real machine would send for it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "net/runtime/runtime.h"
#include "sim/kernel.h"
#include "sim/sim_clock.h"
#include "sim/sim_disk.h"
#include "sim/sim_network.h"

namespace holdfast {

class SimMachine;

class SimLoop final : public EventLoop {
 public:
  SimLoop(SimMachine& machine, Actor actor, int index);

  void Post(Task task) override;
  TimerId RunAfter(Nanos delay, Task task) override;
  bool Cancel(TimerId timer) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Address& address,
                                                   const ListenOptions& options,
                                                   AcceptHandler on_accept) override;
  void Connect(const Address& address, ConnectHandler done) override;
  Stream& Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) override;
  Disk& disk() override { return disk_; }

 private:
  void ScheduleTurn();

  SimMachine& machine_;
  Kernel& kernel_;
  const Actor actor_;
  Draws delays_;
  SimDisk disk_;
  std::deque<Task> posted_;
  bool turn_scheduled_ = false;
};

class SimRuntime final : public Runtime {
 public:
  SimRuntime(SimMachine& machine, Actor actor, int loop_count);

  const Clock& clock() const override;
  Entropy& entropy() override { return entropy_; }
  Logger& logger() override { return logger_; }
  absl::string_view io_name() const override { return "simulation"; }
  int loop_count() const override { return static_cast<int>(loops_.size()); }
  EventLoop& loop(int index) override { return *loops_[index]; }
  uint64_t resident_bytes() const override { return uint64_t{64} << 20; }
  uint64_t machine_memory_bytes() const override { return uint64_t{16} << 30; }
  CpuTime cpu_time() const override { return {}; }
  int process_id() const override { return static_cast<int>(1000 + actor_.incarnation); }

 private:
  struct SimEntropy final : Entropy {
    explicit SimEntropy(Draws draws) : draws(draws) {}
    uint64_t Next() override { return draws.Next(); }
    Draws draws;
  };
  // Log lines are part of the trace: a run that logs something else is another run.
  struct SimLogger final : Logger {
    SimLogger(Kernel& kernel, Actor actor) : kernel(kernel), actor(actor) {}
    void Write(LogLevel level, absl::string_view line) override;
    Kernel& kernel;
    const Actor actor;
  };

  SimMachine& machine_;
  const Actor actor_;
  SimEntropy entropy_;
  SimLogger logger_;
  std::vector<std::unique_ptr<SimLoop>> loops_;
};

// Anything that runs on a machine.
class SimProgram {
 public:
  virtual ~SimProgram() = default;
};

class SimMachine {
 public:
  struct Options {
    std::string ip;
    SimClock::Options clock;
    DiskProfile disk;
  };
  SimMachine(Kernel& kernel, SimNetwork& network, const Options& options);
  ~SimMachine();
  SimMachine(const SimMachine&) = delete;
  SimMachine& operator=(const SimMachine&) = delete;

  using Factory = absl::AnyInvocable<std::unique_ptr<SimProgram>(Runtime&)>;
  // Starts a program in an event of its own; nothing else runs here.
  void Boot(int loop_count, Factory factory);
  enum class CrashKind {
    kProcess,  // killed: the kernel closes its connections, what was written stays written
    kPower,    // the machine too: peers hear nothing, unsynced bytes are at the seed's mercy
  };
  // Ends what runs, if anything does. Not from inside the program.
  void Crash(CrashKind kind);
  void Pause(Nanos length) { kernel_.Pause(actor_.id, kernel_.now() + length); }

  bool running() const { return program_ != nullptr; }
  // Runs, or is about to.
  bool up() const { return booting_ || running(); }
  SimProgram* program() { return program_.get(); }
  Actor actor() const { return actor_; }
  HostId host() const { return host_; }
  SimClock& clock() { return clock_; }
  DiskDevice& disk() { return disk_; }
  SimNetwork& network() { return network_; }
  Kernel& kernel() { return kernel_; }

 private:
  Kernel& kernel_;
  SimNetwork& network_;
  const HostId host_;
  Actor actor_;
  SimClock clock_;
  DiskDevice disk_;
  std::unique_ptr<SimRuntime> runtime_;
  std::unique_ptr<SimProgram> program_;
  bool booting_ = false;
};

}  // namespace holdfast
