#include "node/http/http_door.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "httplib.h"
#include "net/base/limits.h"
#include "net/base/status.h"
#include "node/health.h"
#include "node/metrics.h"
#include "node/node.h"
#include "node/protection.h"

namespace holdfast {
namespace {

constexpr std::chrono::seconds kPatience{2};

// What the node's background loop makes of a question; nothing if it does not come to it in time.
template <typename Ask>
auto AskNode(Node& node, Ask ask) -> std::optional<decltype(ask(node))> {
  auto promise = std::make_shared<std::promise<decltype(ask(node))>>();
  auto answer = promise->get_future();
  node.runtime().loop(node.background_participant()).Post([&node, promise, ask] {
    GateHolder gate(node.gate(), node.background_participant());
    promise->set_value(ask(node));
  });
  if (answer.wait_for(kPatience) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

void Reply(httplib::Response& response, const std::optional<Health>& health) {
  response.status = health && health->good ? 200 : 503;
  response.set_content(health ? health->text + "\n" : "the node does not answer\n", "text/plain");
}

}  // namespace

// One address. It listens on a thread of its own until it is destroyed.
class HttpDoor::Server {
 public:
  explicit Server(Node& node) : node_(node) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(limits::kHttpThreads); };
    server_.set_keep_alive_max_count(1);
    server_.set_read_timeout(kPatience.count());
    server_.set_write_timeout(kPatience.count());
    server_.set_payload_max_length(0);
    // Its own choice, SO_REUSEPORT, would let two nodes share a port, and not let one that was
    // started again have its port back at once.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.Get("/livez", [this](const httplib::Request&, httplib::Response& response) {
      Reply(response, AskNode(node_, [](Node&) { return Health{true, "alive"}; }));
    });
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      Reply(response, AskNode(node_, [](Node& node) { return Readiness(node); }));
    });
    server_.Get("/primary", [this](const httplib::Request&, httplib::Response& response) {
      Reply(response, AskNode(node_, [](Node& node) { return PrimaryHealth(node); }));
    });
    server_.Get("/replica", [this](const httplib::Request& request, httplib::Response& response) {
      AnswerReplica(request, response);
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      AnswerMetrics(response);
    });
  }
  ~Server() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Open(const Address& address) {
    if (!server_.bind_to_port(address.host, address.port)) {
      return absl::UnavailableError(absl::StrCat("http-port: cannot listen on ", address.ToString(),
                                                 "; choose another one, or 0 for none"));
    }
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    // Before it runs it cannot be stopped: stop() would do nothing, and the thread never end.
    while (!server_.is_running() && !ended_) std::this_thread::yield();
    return absl::OkStatus();
  }

 private:
  void AnswerReplica(const httplib::Request& request, httplib::Response& response) {
    std::optional<Millis> lag_max;
    if (request.has_param("max-lag")) {
      int64_t number = 0;
      if (!absl::SimpleAtoi(request.get_param_value("max-lag"), &number) || number < 0) {
        response.status = 400;
        response.set_content("max-lag is a number of milliseconds\n", "text/plain");
        return;
      }
      lag_max = Millis{number};
    }
    Reply(response, AskNode(node_, [lag_max](Node& node) { return ReplicaHealth(node, lag_max); }));
  }
  void AnswerMetrics(httplib::Response& response) {
    const auto sample = AskNode(node_, [](Node& node) { return SampleMetrics(node); });
    if (!sample) return Reply(response, std::nullopt);
    response.set_content(MetricsText(*sample), "text/plain; version=0.0.4; charset=utf-8");
  }

  Node& node_;
  httplib::Server server_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

HttpDoor::HttpDoor(Node& node) : node_(node) {}
HttpDoor::~HttpDoor() = default;

absl::Status HttpDoor::Open() {
  const Settings& settings = node_.settings();
  if (settings.http_port == 0) return absl::OkStatus();
  const auto port = static_cast<uint16_t>(settings.http_port);
  for (const BindAddress& bind : BindAddresses(settings.http_bind, port)) {
    auto server = std::make_unique<Server>(node_);
    const absl::Status opened = server->Open(bind.address);
    if (!opened.ok() && bind.optional) continue;
    RETURN_IF_ERROR(opened);
    servers_.push_back(std::move(server));
  }
  return absl::OkStatus();
}

}  // namespace holdfast
