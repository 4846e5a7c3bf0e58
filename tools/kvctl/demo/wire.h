// Wire: one connection of a client that never waits: requests go out when the kernel takes them,
// replies come in as they are whole.
//
//   Wire wire({"127.0.0.1", 7001});
//   wire.Send({"GET", "k"});            also while it is still connecting
//   poll({wire.Wanted(), ...})
//   if (!wire.Move(&replies)) ...       what is outstanding will not be answered any more
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "net/base/types.h"
#include "net/resp/reply_parser.h"
#include "tools/kvctl/address.h"

struct redisContext;

namespace holdfast::kvctl {

using Request = std::vector<std::string>;

class Wire {
 public:
  explicit Wire(const Endpoint& to);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  const Endpoint& to() const { return to_; }
  pollfd Wanted() const;
  void Send(const Request& request);
  // After Wanted() came true: moves bytes and appends the replies that are whole. False when the
  // connection is of no more use.
  bool Move(std::vector<ReplyValue>* replies);

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const;
  };

  bool FinishConnecting();
  bool Flush();

  const Endpoint to_;
  std::unique_ptr<redisContext, ContextDeleter> context_;  // it connects; bytes are ours
  bool connecting_ = true;
  std::string unsent_;
  ReplyParser parser_;
};

// Sends all requests at once and waits for their replies; fewer if time ends or the connection
// does.
std::vector<ReplyValue> Converse(const Endpoint& to, const std::vector<Request>& requests,
                                 Nanos patience);

}  // namespace holdfast::kvctl
