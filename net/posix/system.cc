#include "net/posix/system.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "net/base/check.h"
#include "net/posix/unique_fd.h"

namespace holdfast {
namespace {

Nanos ReadClock(clockid_t clock) {
  timespec time;
  CHECK_EQ(clock_gettime(clock, &time), 0);
  return Seconds(time.tv_sec) + Nanos{time.tv_nsec};
}

double InSeconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Nanos SystemClock::Monotonic() const { return ReadClock(CLOCK_BOOTTIME); }
Nanos SystemClock::Wall() const { return ReadClock(CLOCK_REALTIME); }

uint64_t SystemEntropy::Next() {
  uint64_t bits;
  ssize_t got;
  // Up to 256 bytes come whole; only a signal before the kernel's pool is ready interrupts.
  do {
    got = getrandom(&bits, sizeof(bits), 0);
  } while (got < 0 && errno == EINTR);
  CHECK_EQ(got, static_cast<ssize_t>(sizeof(bits)));
  return bits;
}

absl::Status ErrnoStatus(int error, absl::string_view what) {
  return absl::ErrnoToStatus(error, what);
}

uint64_t ResidentBytes() {
  const UniqueFd file(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return 0;
  char text[128];
  const ssize_t length = read(file.get(), text, sizeof(text) - 1);
  if (length <= 0) return 0;
  text[length] = '\0';
  unsigned long long total_pages = 0;
  unsigned long long resident_pages = 0;
  if (std::sscanf(text, "%llu %llu", &total_pages, &resident_pages) != 2) return 0;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t MachineMemoryBytes() {
  struct sysinfo machine;
  if (sysinfo(&machine) != 0) return 0;
  return static_cast<uint64_t>(machine.totalram) * machine.mem_unit;
}

Runtime::CpuTime ProcessCpuTime() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return {};
  return {.user_seconds = InSeconds(usage.ru_utime), .system_seconds = InSeconds(usage.ru_stime)};
}

uint64_t RaiseDescriptorLimit(uint64_t wanted) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlimit raised{std::min<rlim_t>(wanted, limit.rlim_max), limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void NameThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace holdfast
