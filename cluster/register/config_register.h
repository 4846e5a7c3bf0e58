// ConfigRegister: the one value that the cluster agrees on, behind three calls.
//
// Nothing here says who agrees or how: RegisterService asks the cluster's own voters; another
// implementation may ask a service outside.
//
// An operation either ends with a value that was chosen during it, or it does not, and says whether
// it may still take effect:
//
//   outcome        the proposal                                     `current`
//   kChosen        is the register's value (or the value was read)  the value
//   kConflict      was never chosen and never will be               what is chosen instead
//   kSuperseded    may have been chosen for a while; no longer is   what is chosen instead
//   kRefused       may not follow the value it names; not sent      none
//   kUnavailable   has reached nobody and never will (or: not read) none
//   kUnknown       may be chosen, now or later: it stays open       none
//
// An operation of unknown outcome stays open until a later one of this node ends with a chosen
// value: that round made the old proposal's ballot worthless. Learning a newer version from
// elsewhere does not close it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "cluster/core/configuration.h"

namespace holdfast {

enum class RegisterOutcome : uint8_t {
  kChosen,
  kConflict,
  kSuperseded,
  kRefused,
  kUnavailable,
  kUnknown,
};

struct RegisterResult {
  RegisterOutcome outcome = RegisterOutcome::kUnavailable;
  ClusterConfiguration current;  // version 0: none
  std::string reason;            // for people; empty with kChosen
};

class RegisterWatcher {
 public:
  virtual ~RegisterWatcher() = default;
  // A newer version than any before is known to be chosen; versions in between may be skipped.
  virtual void OnConfiguration(const ClusterConfiguration& chosen) = 0;
  // Every operation of this node that ended with kUnknown is settled: what it proposed is part of
  // `chosen`'s history or never will be.
  virtual void OnOutcomesSettled(const ClusterConfiguration& chosen) = 0;
};

class ConfigRegister {
 public:
  using Done = absl::AnyInvocable<void(RegisterResult)>;
  virtual ~ConfigRegister() = default;

  // Calls come from one thread; results come later on the same one, in the order asked.

  // The chosen value, or kUnavailable.
  virtual void Read(Done done) = 0;
  // Replaces the value of version `expected`, which the caller must have learned as chosen, by
  // `value`, whose version is one higher.
  virtual void CompareAndSet(uint64_t expected, ClusterConfiguration value, Done done) = 0;
  // Tells the watcher what is known, if anything is, and from then on every newer version. The
  // watcher must outlive the register.
  virtual void Watch(RegisterWatcher& watcher) = 0;
};

}  // namespace holdfast
