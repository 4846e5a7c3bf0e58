// Processes that run a piece of work and end, and memory they share with who started them.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "net/base/check.h"

namespace holdfast {

// Zeroed objects that children started later see and change too. Never given back.
template <typename Object>
Object* ShareMemory(uint64_t count) {
  void* memory = mmap(nullptr, sizeof(Object) * count, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return new (memory) Object[count];
}

template <typename Work>
pid_t StartChild(Work work) {
  std::fflush(stdout);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    work();
    std::fflush(stdout);
    std::_Exit(0);
  }
  return child;
}

}  // namespace holdfast
