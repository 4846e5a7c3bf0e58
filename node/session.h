// Session: one client connection.
//
//   OnReceive -> parser -> batch of requests -> dispatch each -> replies in one buffer -> one Send
//
// Bytes are parsed where the runtime received them; only an incomplete request at their end is
// kept, in the query buffer. A session lives on one worker and is touched on that worker's loop
// only, or by whoever stopped the world.
//
// 1. Replies leave in the order of the requests, one each, or the connection is closed.
// 2. While `blocked` nothing is executed: input waits in the query buffer and, beyond that, in the
//    socket.
//
// On a node that does not lead, what concerns the data is passed on to the primary (front.h,
// session_front.cc). There the client has another session, whose stream is a relay (relay.h).
// Requests that are answered here wait until all those before them are answered; a run of requests
// that are passed on does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/base/buffer.h"
#include "net/base/types.h"
#include "net/resp/parser.h"
#include "net/resp/writer.h"
#include "net/runtime/stream.h"
#include "node/command.h"
#include "node/dispatch.h"
#include "node/forward_items.h"
#include "node/front.h"
#include "node/membership.h"
#include "node/reply_holder.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class Relay;

// A command that waits for EXEC; it owns its arguments.
struct QueuedCommand {
  const CommandSpec* spec = nullptr;
  std::vector<std::string> arguments;
};

// A key that a session watches.
struct WatchedKey {
  DatabaseId database;
  std::string key;
};

// What MULTI and WATCH hold.
struct Transaction {
  bool open = false;    // between MULTI and EXEC or DISCARD
  bool failed = false;  // a queued command was refused: EXEC will abort
  std::vector<QueuedCommand> queue;
  std::vector<WatchedKey> watched;
  // Set when a watched key changes, by whoever changes it, under the lock of that key's slot.
  std::atomic<bool> watch_broken{false};
};

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext };

// What CLIENT LIST shows and CLIENT changes.
struct ClientInfo {
  uint64_t id = 0;
  std::string name;
  std::string library_name;
  std::string library_version;
  Nanos created;           // monotonic
  Nanos last_interaction;  // monotonic
  const CommandSpec* last_command = nullptr;
  bool no_evict = false;
  bool no_touch = false;
  bool monitor = false;
  bool authenticated = false;
  bool from_loopback = false;
  ReplyMode reply_mode = ReplyMode::kOn;
};

class Session : public StreamHandler {
 public:
  Session(Worker& worker, uint64_t id);
  ~Session() override;

  void OnReceive(absl::string_view bytes) override;
  void OnSendDrained() override;
  void OnClosed(const absl::Status& reason) override;

  // Takes over the connection; to be called once, on the worker's loop.
  void Attach(std::unique_ptr<Connection> connection);
  // Serves a client of another node.
  void Attach(Relay& relay, const ClientState& state);

  Worker& worker() { return worker_; }
  ClientInfo& info() { return info_; }
  const ClientInfo& info() const { return info_; }
  Transaction& transaction() { return transaction_; }
  const Transaction& transaction() const { return transaction_; }
  DatabaseId database() const { return database_; }
  void set_database(DatabaseId database) { database_ = database; }
  ReplyWriter& reply() { return reply_; }
  // False once the connection is gone; the session is then about to be.
  bool attached() const { return stream_ != nullptr; }
  const Stream& stream() const { return *stream_; }
  // Query buffer's size and room, and what waits to be sent, for CLIENT LIST.
  size_t query_bytes() const { return query_.size(); }
  size_t query_capacity() const { return query_.capacity(); }
  size_t output_bytes() const { return output_.size() + unsent_bytes_; }
  // What the stream had not sent when the session last looked.
  size_t unsent_bytes() const { return unsent_bytes_; }

  // Nothing that follows is executed; what was replied so far is sent, then the connection closes.
  void CloseAfterReply() { closing_ = true; }
  bool closing() const { return closing_; }
  // Cuts the connection now.
  void Kill();
  // Nothing after the current command is executed until Unblock. Both inside the worker's gate.
  void Block();
  void Unblock();
  bool blocked() const { return blocked_; }
  // Blocked by CLIENT PAUSE.
  bool paused() const { return paused_; }
  // The next request waits until its worker looks again: for room, or for a new leader.
  void WaitABit();
  // The same while a new leader cannot serve yet; false if that has taken too long.
  bool WaitForReign();
  // What the requests in hand may do in a cluster.
  const Access& access() const { return access_; }
  // READONLY: reads are answered here although this node does not lead.
  bool readonly() const { return readonly_; }
  void set_readonly(bool readonly) { readonly_ = readonly; }
  // The client asked for the cluster's map: it finds its way by itself, and wants to be told where
  // the primary is rather than to be served through this node.
  void NoteAskedForMap();
  bool asked_for_map() const { return asked_for_map_; }

  // ---- a client that is connected here, and is served by the primary ----

  // Sends what waits for it, if there is a way.
  void SendRequests();
  // From the primary, by this way. Inside the gate.
  void OnAnswer(uint64_t way, const ForwardItem& item);
  void OnWayEnded(uint64_t way);
  // Gives up what has not been sent since `before`.
  void GiveUpRequests(Nanos before);
  // Whether what was watched is not watched any more, as it was elsewhere: EXEC is answered nil.
  bool LostWatches() const;
  // The primary need not watch anything for this client any more.
  void ForgetRemoteWatches();

  // ---- a client that is connected to another node ----

  const Relay* relay() const { return relay_; }
  void Adopt(const ClientState& state);

  // CLIENT DURABILITY: replies do not wait until what they show is committed.
  Durability durability() const { return durability_; }
  void set_durability(Durability durability) { durability_ = durability; }
  // The last record that this client wrote, for WAIT.
  Lsn last_write() const { return last_write_; }
  // Both return whether nothing is held any more. Inside the worker's gate.
  bool ReleaseHeld(const Visible& visible);
  bool FailHeld(const Visible& visible, const HeldErrors& errors, Nanos held_since);
  size_t held_replies() const { return holder_.replies(); }
  // When the oldest of them was written.
  Nanos held_since() const { return holder_.empty() ? Nanos{} : holder_.oldest(); }
  // Back to a fresh connection's state, as RESET does; the connection and its name's id stay.
  void Reset();
  // Sends bytes that no request asked for (MONITOR lines, pushes).
  void Push(absl::string_view bytes);
  // Closes the session if it is over its output limit or has been silent for too long.
  void CheckLimits(Nanos monotonic);

 private:
  void Consume(absl::string_view input, size_t* consumed);
  void ConsumeQuery();
  void PutBackRequeued();
  void EndWithProtocolError();
  void ExecuteBatch();
  void PrefetchKeys(absl::Span<const PreparedRequest> prepared);
  DispatchResult DispatchOne(Arguments arguments, const PreparedRequest& prepared);
  void Requeue(size_t first);
  void FlushReplies();
  void LookAround();
  // What becomes of a request on its way to be executed here.
  enum class Passage : uint8_t {
    kHere,     // it is executed, or refused
    kWait,     // not yet
    kPassOn,   // by the primary
    kRefused,  // not by this node: it was passed on to one that does not lead
  };
  Passage PassageOf(Arguments arguments, const PreparedRequest& prepared);
  bool PassesOn() const { return access_.passes_on && relay_ == nullptr; }
  bool WantsPrimary(const CommandSpec& spec, Arguments arguments) const;
  bool MustWaitToPassOn(const CommandSpec& spec);
  void PassOn(Arguments arguments, const CommandSpec& spec);
  void PassOnTransaction(Front::Request request);
  void AddRequest(const Front::Request& request, absl::Span<const Arguments> commands);
  void CountPending();
  void Conclude(Front::Fate fate);
  void AfterAnswers();
  void FollowTransaction(absl::string_view reply);
  ClientState StateToSend() const;
  bool SameState(const ClientState& sent) const;
  void CloseRemote();
  void LeaveFront();
  uint64_t NextNumber();
  Epoch EpochNow() const;
  void Testify();
  void NoteReply(size_t reply_start);
  bool MustHold(const Visible& visible) const;
  uint64_t NeedConfirmation();
  void SendOrHold();
  void HoldOutput(const Visible& visible);
  void SendOutput(Buffer bytes);
  bool OverOutputLimit(Nanos monotonic);
  void RefuseOversizedQuery();

  Worker& worker_;
  Stream* stream_ = nullptr;
  ClientInfo info_;
  Transaction transaction_;
  DatabaseId database_;
  RequestParser parser_;
  RequestBatch batch_;
  Buffer query_;     // received and not yet executed
  Buffer requeued_;  // parsed and held back; goes in front of query_
  Buffer output_;
  ReplyWriter reply_;
  std::string protocol_error_;
  bool closing_ = false;
  bool blocked_ = false;
  bool paused_ = false;
  bool readonly_ = false;
  bool asked_for_map_ = false;
  Durability durability_ = Durability::kReplicated;
  Access access_;
  Nanos waiting_since_;  // for a new leader to serve; 0: it does not
  Lsn last_write_;
  uint64_t requests_ = 0;  // answered or passed on so far
  // In a cluster: the replies in output_, and what the newest of them waits for.
  std::vector<HeldReply> replies_;
  Lsn replies_until_;
  bool replies_fsync_ = false;  // one of them waits until that is durable
  uint64_t replies_token_ = 0;
  ReplyHolder holder_;
  // Of a client whose requests are passed on.
  std::unique_ptr<Front> front_;
  size_t pending_bytes_ = 0;  // of it, as the desk knows
  std::optional<ClientState> sent_state_;
  // What an EXEC that was passed on will have changed about the connection.
  std::vector<QueuedCommand> following_;
  // What the next request waits for, if it is for that.
  enum class FrontWait : uint8_t {
    kNone,
    kIdle,    // until all that was passed on is answered
    kRoom,    // until half of it is
    kReader,  // until the client has read its replies
  };
  FrontWait front_wait_ = FrontWait::kNone;
  bool wrote_elsewhere_ = false;
  // Of a client of another node.
  Relay* relay_ = nullptr;
  size_t unsent_bytes_ = 0;
  Nanos over_soft_limit_since_{};
};

}  // namespace holdfast
