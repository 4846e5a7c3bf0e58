#include "tests/sim/sim_target.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "storage/digest/digest.h"
#include "storage/effects/apply.h"

namespace holdfast {
namespace {

constexpr uint16_t kPort = 6379;
constexpr char kPortText[] = "6379";
// Of virtual time.
constexpr Nanos kPatience = Seconds(10);
constexpr Epoch kEpoch{1};

}  // namespace

SimTarget::SimTarget(const Options& options)
    : options_(options),
      kernel_(options.seed),
      network_(kernel_, {.reset_discards = {0, 1}}),
      machine_(kernel_, network_,
               {.ip = "10.0.0.1", .clock = {.wall_start = Seconds(1'700'000'000)}}),
      actor_(kernel_.AddActor()) {}

SimTarget::~SimTarget() {
  actor_ = kernel_.NextIncarnation(actor_);
  network_.EndProcess({actor_.id, actor_.incarnation - 1});
}

absl::Status SimTarget::Start() {
  ConfigInput input{.working_directory = "/"};
  for (const char* word : {"--bind", "127.0.0.1", "--port", kPortText, "--save", "",
                           "--enable-debug-command", "yes"}) {
    input.arguments.push_back(word);
  }
  ASSIGN_OR_RETURN(const Config config, Config::Load(input));
  machine_.Boot(options_.workers + 2, [&](Runtime& runtime) {
    return std::make_unique<NodeProgram>(
        runtime, Node::Options{.config = config, .log = options_.logged ? &log_ : nullptr});
  });
  while (!machine_.running() || !program().started()) {
    if (!kernel_.RunOne()) return absl::InternalError("the node does not start");
  }
  if (options_.logged) {
    log_.Open(kEpoch);
    program().node().set_leads(kEpoch);
    replayed_ = std::make_unique<Keyspace>(program().node().keyspace().hash_seed() + 1);
  }
  return program().status();
}

absl::Status SimTarget::CheckReplay() {
  const Keyspace& keyspace = program().node().keyspace();
  const Lsn end = log_.Advance().lsn;
  for (; replayed_to_ < end; replayed_to_ = replayed_to_.Next()) {
    const auto bytes = log_.Read({.after = replayed_to_, .until = replayed_to_.Next()});
    CHECK(bytes.has_value());
    ASSIGN_OR_RETURN(const Record record, ReadRecord(*bytes));
    ASSIGN_OR_RETURN(const TouchedSlots touched,
                     ApplyEffects(record.payload, *replayed_, {.now = record.header.log_time}));
    touched.Mark(*replayed_, record.header.lsn);
  }
  const Digest expected = KeyspaceDigest(keyspace);
  const Digest found = KeyspaceDigest(*replayed_);
  if (!(expected == found)) {
    return absl::InternalError(absl::StrCat("the node has ", expected.ToString(), ", its ",
                                            end.value, " records give ", found.ToString()));
  }
  for (int i = 0; i < kSlotCount; ++i) {
    const Slot slot{static_cast<uint16_t>(i)};
    if (keyspace.last_lsn(slot) != replayed_->last_lsn(slot)) {
      return absl::InternalError(absl::StrCat("slot ", i, " was touched last by record ",
                                              replayed_->last_lsn(slot).value, ", not by ",
                                              keyspace.last_lsn(slot).value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SimTarget::Client*> SimTarget::ClientNamed(absl::string_view name) {
  auto& client = clients_[std::string(name)];
  if (client != nullptr) return client.get();
  client = std::make_unique<Client>();
  network_.Connect(actor_, nullptr, machine_.host(), {.host = "127.0.0.1", .port = kPort},
                   [this, &client = *client](absl::StatusOr<std::unique_ptr<Connection>> made) {
                     client.connected = made.status();
                     if (!made.ok()) return;
                     client.stream = &network_.Attach(*std::move(made), nullptr, client);
                   });
  while (absl::IsUnknown(client->connected)) CHECK(kernel_.RunOne());
  RETURN_IF_ERROR(client->connected);
  return client.get();
}

absl::Status SimTarget::Send(absl::string_view client, absl::string_view bytes) {
  ASSIGN_OR_RETURN(Client * connection, ClientNamed(client));
  // As with a socket, bytes for a server that has closed are not missed until a reply is.
  if (connection->stream == nullptr) return absl::OkStatus();
  Buffer copy;
  copy.Append(bytes);
  connection->stream->Send(std::move(copy));
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<ReplyValue>> SimTarget::ReadReply(absl::string_view client) {
  ASSIGN_OR_RETURN(Client * connection, ClientNamed(client));
  const Nanos give_up = kernel_.now() + kPatience;
  for (;;) {
    ASSIGN_OR_RETURN(absl::optional<ReplyValue> reply, connection->parser.Next());
    if (reply || connection->stream == nullptr) return reply;
    if (kernel_.now() >= give_up) return absl::DeadlineExceededError("no reply in ten seconds");
    CHECK(kernel_.RunOne());
  }
}

absl::Status SimTarget::Advance(Nanos duration) {
  kernel_.RunUntil(kernel_.now() + duration);
  return absl::OkStatus();
}

void SimTarget::CloseClients() {
  for (auto& [name, client] : clients_) {
    if (client->stream != nullptr) client->stream->Close(CloseMode::kAbort);
    while (client->stream != nullptr) CHECK(kernel_.RunOne());
  }
  clients_.clear();
  if (options_.logged && replay_.ok()) replay_ = CheckReplay();
}

}  // namespace holdfast
