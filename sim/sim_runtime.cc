#include "sim/sim_runtime.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/hash.h"
#include "sim/thread_scope.h"

namespace holdfast {
namespace {
// From a post, or the end of a task, to the next task of the loop.
constexpr Nanos kTurnDelayMax = Microseconds(3);
// A timer fires up to this much late, as a loop's granularity allows.
constexpr Nanos kTimerLatenessMax = Milliseconds(1);
}  // namespace

SimLoop::SimLoop(SimMachine& machine, Actor actor, int index)
    : machine_(machine),
      kernel_(machine.kernel()),
      actor_(actor),
      delays_(kernel_.draws("loop", uint64_t{actor.id} << 40 | uint64_t{actor.incarnation} << 8 |
                                        static_cast<uint64_t>(index))),
      disk_(kernel_, machine.disk(), actor, this) {}

void SimLoop::Post(Task task) {
  posted_.push_back(std::move(task));
  ScheduleTurn();
}

void SimLoop::ScheduleTurn() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  kernel_.Schedule(delays_.Between(Nanos{}, kTurnDelayMax), actor_, "task", [this] {
    turn_scheduled_ = false;
    Task task = std::move(posted_.front());
    posted_.pop_front();
    if (!posted_.empty()) ScheduleTurn();
    ThreadScope on_thread(this);
    task();
  });
}

TimerId SimLoop::RunAfter(Nanos delay, Task task) {
  ThreadScope::CheckOn(this);
  const Nanos late = delays_.Between(Nanos{}, kTimerLatenessMax);
  const Nanos wait = Nanos{delay.value < 0 ? 0 : delay.value} + late;
  const EventId event =
      kernel_.Schedule(wait, actor_, "timer", [this, task = std::move(task)]() mutable {
        ThreadScope on_thread(this);
        task();
      });
  return {event.value};
}

bool SimLoop::Cancel(TimerId timer) {
  ThreadScope::CheckOn(this);
  return kernel_.Cancel({timer.value});
}

absl::StatusOr<std::unique_ptr<Listener>> SimLoop::Listen(const Address& address,
                                                          const ListenOptions&,
                                                          AcceptHandler on_accept) {
  ThreadScope::CheckOn(this);
  return machine_.network().Listen(actor_, this, machine_.host(), address, std::move(on_accept));
}

void SimLoop::Connect(const Address& address, ConnectHandler done) {
  ThreadScope::CheckOn(this);
  machine_.network().Connect(actor_, this, machine_.host(), address, std::move(done));
}

Stream& SimLoop::Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) {
  ThreadScope::CheckOn(this);
  return machine_.network().Attach(std::move(connection), this, handler);
}

SimRuntime::SimRuntime(SimMachine& machine, Actor actor, int loop_count)
    : machine_(machine),
      actor_(actor),
      entropy_(machine.kernel().draws("entropy", uint64_t{actor.id} << 32 | actor.incarnation)),
      logger_(machine.kernel(), actor) {
  for (int i = 0; i < loop_count; ++i) {
    loops_.push_back(std::make_unique<SimLoop>(machine, actor, i));
  }
}

const Clock& SimRuntime::clock() const { return machine_.clock(); }

void SimRuntime::SimLogger::Write(LogLevel level, absl::string_view line) {
  kernel.Observe(actor, "log", HashBytes(line, static_cast<uint64_t>(level)));
  if (kernel.trace().recording()) kernel.Note(actor, absl::StrCat("log: ", line));
}

SimMachine::SimMachine(Kernel& kernel, SimNetwork& network, const Options& options)
    : kernel_(kernel),
      network_(network),
      host_(network.AddHost(options.ip)),
      actor_(kernel.AddActor()),
      clock_(kernel, options.clock),
      disk_(kernel, options.disk, actor_.id) {}

SimMachine::~SimMachine() { Crash(CrashKind::kProcess); }

void SimMachine::Boot(int loop_count, Factory factory) {
  CHECK(!up());
  booting_ = true;
  network_.SetPower(host_, true);
  kernel_.Schedule(Nanos{}, actor_, "boot",
                   [this, loop_count, factory = std::move(factory)]() mutable {
                     booting_ = false;
                     runtime_ = std::make_unique<SimRuntime>(*this, actor_, loop_count);
                     // No loop runs yet: like a main function, the factory may call any of them.
                     program_ = factory(*runtime_);
                   });
}

void SimMachine::Crash(CrashKind kind) {
  const Actor ended = actor_;
  if (kind == CrashKind::kPower) network_.SetPower(host_, false);
  // First the events, whose captures may refer to the program; then the program, whose members may
  // call into sockets; then what the kernel of the machine closes for it.
  actor_ = kernel_.NextIncarnation(ended);
  booting_ = false;
  program_.reset();
  runtime_.reset();
  network_.EndProcess(ended);
  if (kind == CrashKind::kPower) {
    disk_.image().Crash();
  } else {
    disk_.image().EndProcess();
  }
}

}  // namespace holdfast
