// WorldGate: lets one participant run while no other executes anything.
//
// Every participant (a worker, the background loop) holds its own gate while it executes and leaves
// it between turns: one uncontended atomic operation each. Who needs the world to stand still
// closes all gates in order. Waiting for the others takes as long as their current turn,
// microseconds.
//
// 1. Whoever stops the world holds no slot lock and drops its own gate first, so that two of them
//    never wait for each other; the stop mutex lets one in at a time.
// 2. State that is changed only in a stopped world may be read by anybody inside its own gate.
#pragma once

#include <memory>
#include <mutex>

#include "net/base/spin_lock.h"

namespace holdfast {

class WorldGate {
 public:
  explicit WorldGate(int participants)
      : gates_(std::make_unique<Gate[]>(static_cast<size_t>(participants))),
        participants_(participants) {}

  void Enter(int participant) { gates_[participant].lock.Lock(); }
  void Leave(int participant) { gates_[participant].lock.Unlock(); }

  // While it lives nobody but its maker executes. The maker is inside its own gate before and
  // after.
  class Stop {
   public:
    Stop(WorldGate& gate, int participant) : gate_(gate), participant_(participant) {
      gate_.Leave(participant_);
      gate_.stop_mutex_.lock();
      for (int i = 0; i < gate_.participants_; ++i) gate_.Enter(i);
    }
    ~Stop() {
      for (int i = 0; i < gate_.participants_; ++i) {
        if (i != participant_) gate_.Leave(i);
      }
      gate_.stop_mutex_.unlock();
    }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

   private:
    WorldGate& gate_;
    const int participant_;
  };

 private:
  struct alignas(64) Gate {
    SpinLock lock;
  };
  std::unique_ptr<Gate[]> gates_;
  const int participants_;
  std::mutex stop_mutex_;
};

class GateHolder {
 public:
  GateHolder(WorldGate& gate, int participant) : gate_(gate), participant_(participant) {
    gate_.Enter(participant_);
  }
  ~GateHolder() { gate_.Leave(participant_); }
  GateHolder(const GateHolder&) = delete;
  GateHolder& operator=(const GateHolder&) = delete;

 private:
  WorldGate& gate_;
  const int participant_;
};

}  // namespace holdfast
