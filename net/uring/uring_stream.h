// UringStream: a connection whose requests wait in the kernel.
//
//   receiving  one multishot receive stays in flight for as long as the stream is open; each
//              completion hands over one of the loop's receive buffers
//   sending    the queue is tried once per turn; refused bytes wait for a poll, not for the kernel
//              to keep them
//
// 1. Bytes that arrive while receiving is off are copied to held_, and the receive is cancelled
// with
//    the first of them: an idle peer costs nothing to switch off, and its end is still noticed.
// 2. Bytes reach the handler through held_ whenever it is not empty, so their order is kept.
// 3. The stream finishes when neither receive nor poll is in flight and no tried send is unsettled.
#pragma once

#include "net/posix/socket_stream.h"
#include "net/uring/uring_loop.h"

namespace holdfast {

class UringStream : public SocketStream {
 public:
  UringStream(UringLoop& loop, std::unique_ptr<Connection> connection, StreamHandler& handler);

  size_t unsent_bytes() const override;
  void Settle() override;

  // Completions of this stream's requests.
  void OnReceived(int result, uint32_t flags);
  void OnSent(int result);
  void OnWritable();
  // The submission with the tried send has been carried out, and OnSent has come if it will.
  void SettleSend();

 private:
  void TakeBytes(absl::string_view bytes);
  void EndOfInput();
  void DeliverHeld();
  void KeepReceiving();
  void StopReceiving();
  void TrySend();
  void AwaitRoom();
  void Wind();

  UringLoop& loop_;
  Buffer held_;
  bool end_is_held_ = false;  // the end of the input follows held_
  bool receive_in_flight_ = false;
  bool receive_cancelled_ = false;
  bool poll_in_flight_ = false;
  bool poll_cancelled_ = false;
  bool refused_ = false;  // no room: nothing is tried before the poll completes
  bool tried_ = false;    // the first tried_bytes_ of the queue are in the submission
  size_t tried_bytes_ = 0;
};

}  // namespace holdfast
