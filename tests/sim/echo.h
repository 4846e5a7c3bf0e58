// An echo server and its clients, for tests of the simulated runtime: small programs that use every
// kind of call of net/runtime and say when its contract is broken.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/base/check.h"
#include "sim/sim_runtime.h"

namespace holdfast {

inline constexpr uint16_t kEchoPort = 7;

// Sends everything back. Connections are handed to the loops in turn.
class EchoServer : public SimProgram {
 public:
  explicit EchoServer(Runtime& runtime) : runtime_(runtime) {
    auto listener = runtime.loop(0).Listen(
        {.host = "*", .port = kEchoPort}, {},
        [this](std::unique_ptr<Connection> connection) { Accept(std::move(connection)); });
    CHECK(listener.ok());
    listener_ = *std::move(listener);
  }

  size_t session_count() const { return sessions_.size(); }

 private:
  struct Session : StreamHandler {
    void OnReceive(absl::string_view bytes) override {
      CHECK(!bytes.empty() && !closed);
      Buffer copy;
      copy.Append(bytes);
      stream->Send(std::move(copy));
      // The last byte a client sends is a '.'.
      if (bytes.back() == '.') stream->Close(CloseMode::kAfterSend);
    }
    void OnSendDrained() override { CHECK_EQ(stream->unsent_bytes(), 0u); }
    void OnClosed(const absl::Status&) override {
      CHECK(!closed);
      closed = true;
      owner->sessions_.erase(this);
    }
    EchoServer* owner = nullptr;
    Stream* stream = nullptr;
    bool closed = false;
  };

  void Accept(std::unique_ptr<Connection> connection) {
    EventLoop& loop = runtime_.loop(next_loop_++ % runtime_.loop_count());
    loop.Post([this, &loop, connection = std::move(connection)]() mutable {
      auto session = std::make_unique<Session>();
      session->owner = this;
      session->stream = &loop.Attach(std::move(connection), *session);
      Session* key = session.get();
      sessions_[key] = std::move(session);
    });
  }

  Runtime& runtime_;
  std::unique_ptr<Listener> listener_;
  std::map<Session*, std::unique_ptr<Session>> sessions_;
  int next_loop_ = 0;
};

// Sends a text to a server and keeps what comes back.
class EchoClient : public SimProgram, public StreamHandler {
 public:
  EchoClient(Runtime& runtime, std::string server_ip, std::string text)
      : runtime_(runtime), text_(std::move(text)) {
    runtime.loop(0).Connect({.host = std::move(server_ip), .port = kEchoPort},
                            [this](absl::StatusOr<std::unique_ptr<Connection>> connection) {
                              connected_ = connection.status();
                              if (!connection.ok()) return;
                              stream_ = &runtime_.loop(0).Attach(*std::move(connection), *this);
                              Buffer bytes;
                              bytes.Append(text_);
                              stream_->Send(std::move(bytes));
                              inside_call_ = false;
                            });
  }

  void OnReceive(absl::string_view bytes) override {
    CHECK(!inside_call_);
    inside_call_ = true;
    received_.append(bytes.data(), bytes.size());
    ++pieces_;
    stream_->SetReceiving(true);
    inside_call_ = false;
  }
  void OnSendDrained() override { ++drained_; }
  void OnClosed(const absl::Status& reason) override {
    CHECK(!closed_);
    closed_ = true;
    reason_ = reason;
    stream_ = nullptr;
  }

  const absl::Status& connected() const { return connected_; }
  const std::string& received() const { return received_; }
  int pieces() const { return pieces_; }
  int drained() const { return drained_; }
  bool closed() const { return closed_; }
  const absl::Status& reason() const { return reason_; }
  Stream* stream() { return stream_; }

 private:
  Runtime& runtime_;
  const std::string text_;
  absl::Status connected_ = absl::UnknownError("still connecting");
  Stream* stream_ = nullptr;
  std::string received_;
  int pieces_ = 0;
  int drained_ = 0;
  bool closed_ = false;
  bool inside_call_ = true;
  absl::Status reason_;
};

// `length` printable bytes and a final '.'.
inline std::string EchoText(size_t length) {
  std::string text;
  for (size_t i = 0; i < length; ++i) text += static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return text + '.';
}

}  // namespace holdfast
