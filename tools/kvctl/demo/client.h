// DemoClient: a client as applications have them: it knows some addresses, finds the primary in its
// own way, writes and reads, and goes on elsewhere after an error.
//
//   kAway --> [kLooking: asks a sentinel, or for the cluster's map] --> [kGreeting] --> kWorking
//     ^                                                                                  |
//     +------------------- connection broken, patience at its end, refused --------------+
//
// | door      | where it goes                                          | after an error |
// |-----------|--------------------------------------------------------|---------------------------|
// | plain     | some server                                            | whoever the error names, |
// |           |                                                        | or another server | |
// replica   | a replica, which forwards what it asks                 | the same                  |
// | sentinel  | whom a sentinel names, if it says that it is primary   | asks a sentinel again | |
// cluster   | whom the cluster's map names                           | whoever MOVED names, or   |
// |           |                                                        | asks for the map again |
//
// 1. It never waits: Proceed does what can be done now.
// 2. What was asked and not answered when it leaves stays unanswered in the record.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/base/random.h"
#include "tools/kvctl/demo/record.h"
#include "tools/kvctl/demo/wire.h"

namespace holdfast::kvctl {

enum class Door { kPlain, kReplica, kSentinel, kCluster };

absl::string_view DoorName(Door door);

// What a deployment offers its clients.
struct Doors {
  std::vector<Endpoint> servers;
  std::vector<Endpoint> sentinels;  // none: it has no Sentinel API
  bool cluster = false;             // it answers CLUSTER SLOTS
  std::string master_name;          // what sentinels call it
};

struct ClientOptions {
  uint32_t number = 1;
  Door door = Door::kPlain;
  Endpoint first;      // of the doors that go to a server
  Nanos interval;      // between two batches
  bool async = false;  // with CLIENT DURABILITY ASYNC
  uint64_t seed = 0;
};

class DemoClient {
 public:
  static constexpr int kBatch = 4;  // operations that it asks at once

  // What it refers to must outlive it.
  DemoClient(const ClientOptions& options, const Doors& doors, Record& record);

  pollfd Wanted() const;
  // When it wants to proceed although nothing has happened.
  Nanos NextTime() const;
  void Proceed(Nanos now, bool ready);
  // Asks nothing new from now on.
  void Stop() { stopping_ = true; }
  bool has_outstanding() const { return !outstanding_.empty(); }

 private:
  enum class Stage { kAway, kLooking, kGreeting, kWorking };

  void Open(Nanos now);
  void Connect(const Endpoint& to, Nanos now);
  void OpenTo(const Endpoint& to, Nanos now);
  void Work(Nanos now);
  void SendBatch(Nanos now);
  void Take(ReplyValue reply, Nanos now);
  void TakeLookup(const ReplyValue& reply, Nanos now);
  void TakeGreeting(const ReplyValue& reply, Nanos now);
  // Goes where the error that was received says.
  void Follow(Nanos now);
  // Leaves; goes to `target`, or wherever the door leads, after a pause.
  void Leave(Nanos now, Nanos pause, const Endpoint* target = nullptr);
  const Endpoint& AnyOf(const std::vector<Endpoint>& endpoints);
  const Endpoint& AnotherServer();

  const ClientOptions options_;
  const Doors& doors_;
  Record& record_;
  Prng random_;
  Stage stage_ = Stage::kAway;
  std::unique_ptr<Wire> wire_;
  uint32_t connection_ = 0;
  bool has_target_ = false;
  Endpoint target_;
  size_t greetings_left_ = 0;
  std::deque<size_t> outstanding_;  // places in the record
  std::string refusal_;             // an error in the batch under way that makes it go elsewhere
  Nanos retry_;                     // while away
  Nanos due_;                       // the next batch
  Nanos deadline_;                  // of what is awaited
  bool stopping_ = false;
};

}  // namespace holdfast::kvctl
