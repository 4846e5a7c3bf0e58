// Which sockets a node listens on as its configuration changes, on a machine made of sets.
#include "node/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "net/base/check.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Knows who listens where and what was opened and closed in which order. As on Linux, an address
// cannot be shared, and "every address" not beside one of its family.
class Doorstep : public EventLoop {
 public:
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Address& address, const ListenOptions&,
                                                   AcceptHandler) override {
    const std::string name = address.ToString();
    if (address.host == "192.0.2.1")
      return absl::UnavailableError(name + " is not of this machine");
    for (const Address& other : open_) {
      if (Overlap(other, address)) return absl::AlreadyExistsError(name + " is taken");
    }
    open_.push_back(address);
    events_.push_back("+" + name);
    return std::make_unique<Opened>(*this, address);
  }
  // Another process comes first, or goes.
  void Take(const Address& address) { open_.push_back(address); }
  void Free(const Address& address) { Remove(address); }

  std::vector<std::string> TakeEvents() { return std::exchange(events_, {}); }

  void Post(Task) override { CHECK(false); }
  TimerId RunAfter(Nanos, Task) override { return {}; }
  bool Cancel(TimerId) override { return false; }
  void Connect(const Address&, ConnectHandler) override { CHECK(false); }
  Stream& Attach(std::unique_ptr<Connection>, StreamHandler&) override { std::abort(); }
  Disk& disk() override { std::abort(); }

 private:
  class Opened : public Listener {
   public:
    Opened(Doorstep& doorstep, Address address)
        : doorstep_(doorstep), address_(std::move(address)) {}
    ~Opened() override {
      doorstep_.events_.push_back("-" + address_.ToString());
      doorstep_.Remove(address_);
    }
    const Address& local() const override { return address_; }

   private:
    Doorstep& doorstep_;
    const Address address_;
  };

  static bool Overlap(const Address& left, const Address& right) {
    if (left.is_unix() || right.is_unix()) return left.unix_path == right.unix_path;
    const bool same_family =
        (left.host.find(':') == std::string::npos) == (right.host.find(':') == std::string::npos);
    return left.port == right.port && same_family &&
           (left.host == right.host || left.host == "0.0.0.0" || right.host == "0.0.0.0");
  }
  void Remove(const Address& address) {
    std::erase_if(open_,
                  [&](const Address& other) { return other.ToString() == address.ToString(); });
  }

  std::vector<Address> open_;
  std::vector<std::string> events_;
};

Settings Named(int port, std::vector<std::string> bind, std::string unixsocket = "") {
  Settings settings;
  settings.port = port;
  settings.bind = std::move(bind);
  settings.unixsocket = std::move(unixsocket);
  return settings;
}

struct ListenersTest : ::testing::Test {
  Doorstep doorstep;
  Listeners listeners{doorstep, [](std::unique_ptr<Connection>) {}};
};

TEST_F(ListenersTest, OpensWhatIsNamed) {
  EXPECT_TRUE(listeners.empty());
  ASSERT_TRUE(listeners.Change(Named(7000, {"*", "::1"}, "/run/kv")).ok());
  EXPECT_FALSE(listeners.empty());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+0.0.0.0:7000", "+[::1]:7000", "+/run/kv:0"));
  listeners.Close();
  EXPECT_TRUE(listeners.empty());
  EXPECT_EQ(doorstep.TakeEvents().size(), 3u);
}

TEST_F(ListenersTest, WithoutAPortOnlyTheUnixSocketIsOpen) {
  ASSERT_TRUE(listeners.Change(Named(0, {"*"}, "/run/kv")).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+/run/kv:0"));
}

TEST_F(ListenersTest, TheNewIsOpenBeforeTheOldIsClosed) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1"}, "/run/kv")).ok());
  doorstep.TakeEvents();
  ASSERT_TRUE(listeners.Change(Named(7001, {"127.0.0.1"}, "/run/kv")).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+127.0.0.1:7001", "-127.0.0.1:7000"));
}

TEST_F(ListenersTest, WhatIsNamedAgainIsNotTouched) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1", "127.0.0.2"})).ok());
  doorstep.TakeEvents();
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.3", "127.0.0.2"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+127.0.0.3:7000", "-127.0.0.1:7000"));
}

TEST_F(ListenersTest, AfterAnErrorTheOldDoorsStand) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1"})).ok());
  doorstep.Take({.host = "127.0.0.2", .port = 7001});
  doorstep.TakeEvents();
  EXPECT_THAT(std::string(listeners.Change(Named(7001, {"127.0.0.1", "127.0.0.2"})).message()),
              HasSubstr("127.0.0.2:7001 is taken"));
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+127.0.0.1:7001", "-127.0.0.1:7001"));
  EXPECT_FALSE(listeners.Change(Named(7000, {"127.0.0.1", "192.0.2.1"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), IsEmpty());
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), IsEmpty());
}

TEST_F(ListenersTest, AnAddressThatMayBeMissingMayBeMissing) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"-192.0.2.1", "-127.0.0.1"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("+127.0.0.1:7000"));
  ASSERT_TRUE(listeners.Change(Named(7000, {"-192.0.2.1"})).ok());
  EXPECT_TRUE(listeners.empty());
}

TEST_F(ListenersTest, AnOverlappingDoorIsClosedFirst) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1", "::1"})).ok());
  doorstep.TakeEvents();
  ASSERT_TRUE(listeners.Change(Named(7000, {"*", "::1"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("-127.0.0.1:7000", "+0.0.0.0:7000"));
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.2", "::1"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("-0.0.0.0:7000", "+127.0.0.2:7000"));
}

TEST_F(ListenersTest, AnOverlappingDoorIsOpenedAgainAfterAnError) {
  ASSERT_TRUE(listeners.Change(Named(7000, {"127.0.0.1"})).ok());
  const Address foreign{.host = "127.0.0.9", .port = 7000};
  doorstep.Take(foreign);
  doorstep.TakeEvents();
  EXPECT_FALSE(listeners.Change(Named(7000, {"*"})).ok());
  EXPECT_THAT(doorstep.TakeEvents(), ElementsAre("-127.0.0.1:7000", "+127.0.0.1:7000"));
  doorstep.Free(foreign);
  EXPECT_TRUE(listeners.Change(Named(7000, {"*"})).ok());
}

}  // namespace
}  // namespace holdfast
