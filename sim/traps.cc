// The C library's clocks, sleeps, random numbers and thread creation, replaced for the whole binary
// that links this file: outside a simulated step they do their work, inside one they abort, because
// what they bring in is in no seed. Calls from shared libraries end up here as well.
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "sim/step_guard.h"

namespace {

void Trap(const char* function) {
  if (!holdfast::StepGuard::inside()) return;
  std::fprintf(stderr, "%s called inside a simulated step\n", function);
  std::abort();
}

template <typename Function>
Function* Real(const char* name) {
  void* address = dlsym(RTLD_NEXT, name);
  if (address == nullptr) std::abort();
  return reinterpret_cast<Function*>(address);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* out) noexcept {
  Trap("clock_gettime");
  return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
}

int gettimeofday(struct timeval* __restrict out, void* __restrict zone) noexcept {
  Trap("gettimeofday");
  return static_cast<int>(syscall(SYS_gettimeofday, out, zone));
}

time_t time(time_t* out) noexcept {
  Trap("time");
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int nanosleep(const struct timespec* length, struct timespec* left) {
  Trap("nanosleep");
  return static_cast<int>(syscall(SYS_nanosleep, length, left));
}

ssize_t getrandom(void* out, size_t size, unsigned int flags) {
  Trap("getrandom");
  return syscall(SYS_getrandom, out, size, flags);
}

int getentropy(void* out, size_t size) {
  Trap("getentropy");
  return syscall(SYS_getrandom, out, size, 0) == static_cast<long>(size) ? 0 : -1;
}

int rand() noexcept {
  Trap("rand");
  static int (*const real)() = Real<int()>("rand");
  return real();
}

long random() noexcept {
  Trap("random");
  static long (*const real)() = Real<long()>("random");
  return real();
}

int pthread_create(pthread_t* __restrict thread, const pthread_attr_t* __restrict attributes,
                   void* (*start)(void*), void* __restrict argument) noexcept {
  Trap("pthread_create");
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static Create* const real = Real<Create>("pthread_create");
  return real(thread, attributes, start, argument);
}

}  // extern "C"
