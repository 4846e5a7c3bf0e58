// A PeerHandler that notes what happens, as lines that read like a story:
//
//   up 0000000000000002 data        16 hello        drained        down CODE: text
//
// It runs on its loop's thread; notes may be read from others.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/peer/connection.h"

namespace holdfast {

class NotingPeer : public PeerHandler {
 public:
  // Run after the note was taken.
  std::function<void(PeerConnection&)> on_up;
  std::function<absl::Status(PeerConnection&, const Frame&)> on_frame;
  std::function<void(PeerConnection&)> on_drained;
  std::function<void(PeerConnection&)> on_down;

  void OnUp(PeerConnection& connection) override {
    const PeerSession& session = connection.session();
    Note(absl::StrFormat("up %016x %s", session.peer.node, PeerChannelName(session.channel)));
    if (on_up) on_up(connection);
  }
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override {
    Note(absl::StrCat(frame.type, " ",
                      frame.payload.size() > 100 ? absl::StrCat(frame.payload.size(), " bytes")
                                                 : std::string(frame.payload)));
    return on_frame ? on_frame(connection, frame) : absl::OkStatus();
  }
  void OnDrained(PeerConnection& connection) override {
    Note("drained");
    if (on_drained) on_drained(connection);
  }
  void OnDown(PeerConnection& connection, const absl::Status& reason) override {
    Note(absl::StrCat("down ", reason.ToString()));
    if (on_down) on_down(connection);
  }

  std::vector<std::string> notes() {
    std::lock_guard<std::mutex> lock(mutex_);
    return notes_;
  }
  size_t Count(absl::string_view beginning) {
    std::lock_guard<std::mutex> lock(mutex_);
    return CountLocked(beginning);
  }
  // False if too few notes with that beginning came in time.
  bool WaitFor(absl::string_view beginning, size_t count = 1) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return CountLocked(beginning) >= count; });
  }

 private:
  size_t CountLocked(absl::string_view beginning) const {
    return static_cast<size_t>(
        std::count_if(notes_.begin(), notes_.end(),
                      [&](const std::string& note) { return absl::StartsWith(note, beginning); }));
  }
  void Note(std::string note) {
    std::lock_guard<std::mutex> lock(mutex_);
    notes_.push_back(std::move(note));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

}  // namespace holdfast
