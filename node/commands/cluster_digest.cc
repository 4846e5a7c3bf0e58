// HOLDFAST DIGEST [lsn]: what this node holds in 128 bits, and up to which place in the log.
//
//   wait until the log is executed up to `lsn` -> walk the slots, a few at a time -> still there?
//
// The walk locks one slot at a time and yields in between, so that nobody waits for it. Its result
// is that of one place in the log only if nothing was executed meanwhile: otherwise it is walked
// again, and under writes that do not pause the client is told so.

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/limits.h"
#include "node/commands/cluster.h"
#include "node/commands/waiting.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"
#include "storage/digest/digest.h"

namespace holdfast {
namespace {

constexpr Nanos kLookEvery = Milliseconds(5);
constexpr size_t kKeysPerStep = 1000;

// What the keyspace is the execution of.
Lsn Position(Node& node) {
  const ReplicationLog& log = node.membership()->driver().log();
  return node.leads() ? log.tail() : log.applied();
}

struct Walk {
  Lsn wanted;  // 0: whatever it is
  Nanos give_up;
  Lsn at;
  DigestWalk digest;
  int walks = 0;
  enum class Stage { kWaiting, kWalking, kLookingAgain } stage = Stage::kWaiting;
};

void Answer(Session& session, const Walk& walk) {
  const std::string text = walk.digest.digest().ToString();
  session.reply().Bulk(absl::StrFormat(R"({"lsn":%d,"digest":"%s","keys":%d})", walk.at.value,
                                       text.substr(0, text.find(':')), walk.digest.digest().keys));
  session.Unblock();
}

void Refuse(Session& session, const std::string& why) {
  session.reply().Error(absl::StrCat("TRYAGAIN ", why));
  session.Unblock();
}

void Begin(Walk& walk, Lsn at) {
  walk.at = at;
  walk.digest = DigestWalk();
  walk.stage = Walk::Stage::kWalking;
  ++walk.walks;
}

void Proceed(Session& session, const std::shared_ptr<Walk>& walk) {
  Worker& worker = session.worker();
  Node& node = worker.node;
  const Lsn now = Position(node);
  if (walk->wanted.value != 0 && now > walk->wanted) {
    return Refuse(session, absl::StrCat("the log is executed up to ", now.value, " already"));
  }
  if (node.clock().Monotonic() >= walk->give_up || walk->walks > limits::kDigestWalksMax) {
    return Refuse(session, "writes go on, and so no one place in the log was seen");
  }
  Nanos pause;
  if (walk->stage == Walk::Stage::kLookingAgain && now == walk->at) return Answer(session, *walk);
  if (walk->stage == Walk::Stage::kWaiting && now < walk->wanted) {
    pause = kLookEvery;
  } else if (walk->stage != Walk::Stage::kWalking || now != walk->at) {
    Begin(*walk, now);
  } else if (!walk->digest.Step(node.keyspace(), kKeysPerStep)) {
    // What a replica has executed it notes a moment later.
    walk->stage = Walk::Stage::kLookingAgain;
    pause = kLookEvery;
  }
  worker.loop.RunAfter(pause, [&node, worker = worker.index, id = session.info().id, walk] {
    node.PostToSession(worker, id, [walk](Session& later) { Proceed(later, walk); });
  });
}

}  // namespace

void HoldfastDigestCommand(CommandContext& context) {
  Node& node = context.node;
  if (MembershipOf(context) == nullptr) return;
  if (RunsInTransaction(context)) {
    return context.Error("ERR this command waits for others, which EXEC cannot");
  }
  if (context.arguments.size() > 3) return context.SyntaxError();
  auto walk = std::make_shared<Walk>();
  if (context.arguments.size() == 3) {
    const auto lsn = context.Integer(2);
    if (!lsn) return;
    if (*lsn < 0) return context.Error("ERR an LSN is not negative");
    walk->wanted = {static_cast<uint64_t>(*lsn)};
  }
  walk->give_up = node.clock().Monotonic() + Milliseconds(limits::kDigestMillisMax);
  context.session.Block();
  node.PostToSession(context.worker.index, context.session.info().id,
                     [walk](Session& session) { Proceed(session, walk); });
}

}  // namespace holdfast
