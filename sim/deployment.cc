#include "sim/deployment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

// The clocks of different machines are apart, and none runs quite true.
constexpr Nanos kWallSpread = Seconds(1);
constexpr int64_t kDriftPpmMax = 200;

SimMachine::Options DrawMachine(Draws draws, std::string ip) {
  SimMachine::Options options{.ip = std::move(ip)};
  options.clock.monotonic_start = draws.Between(Nanos{}, Seconds(1'000'000));
  options.clock.wall_start = Seconds(1'700'000'000) + draws.Between(Nanos{}, kWallSpread);
  options.clock.drift_ppm = draws.Between(-kDriftPpmMax, kDriftPpmMax);
  return options;
}

}  // namespace

Deployment::Deployment(Kernel& kernel, SimNetwork& network, const Knobs& knobs, NodeFactory factory)
    : kernel_(kernel), knobs_(knobs), factory_(std::move(factory)) {
  for (int i = 0; i < knobs.nodes + knobs.witnesses; ++i) {
    machines_.push_back(std::make_unique<SimMachine>(
        kernel, network, DrawMachine(kernel.draws("machine", static_cast<uint64_t>(i)), ip(i))));
  }
}

std::string Deployment::ip(int index) const { return absl::StrCat("10.0.0.", index + 1); }

std::string Deployment::name(int index) const { return absl::StrCat("node", index); }

void Deployment::Boot(int index) {
  const NodeOptions options{
      .index = index, .clustered = clustered(), .witness = is_witness(index), .knobs = &knobs_};
  // Beside the workers, a loop for the background and one for the cluster.
  const int loops = static_cast<int>(knobs_.workers) + 2;
  machines_[index]->Boot(loops,
                         [this, options](Runtime& runtime) { return factory_(runtime, options); });
}

void Deployment::LoseDisk(int index) {
  CHECK(!running(index));
  machines_[index]->disk().image().Erase();
}

void Deployment::LoseVote(int index) {
  CHECK(!running(index));
  machines_[index]->disk().image().Lose("/voter");
}

const ClusterProbe* Deployment::probe(int index) const {
  return running(index) ? node(index)->probe() : nullptr;
}

bool Deployment::AllStarted(std::string& why) const {
  for (int i = 0; i < size(); ++i) {
    if (!running(i) || !node(i)->started()) return false;
    if (!node(i)->status().ok()) {
      why = absl::StrCat("node ", i, " refuses to start: ", node(i)->status().message());
    }
  }
  return true;
}

int Deployment::IndexOf(Actor actor) const {
  for (int i = 0; i < size(); ++i) {
    if (machines_[i]->actor() == actor) return i;
  }
  return -1;
}

std::string Deployment::Description(int index) const {
  return absl::StrCat(name(index), "=", ip(index), ":", kClientPort, ":", kPeerPort,
                      is_witness(index) ? ":witness" : "");
}

std::vector<std::string> Deployment::CreateCommand() const {
  std::vector<std::string> words = {"HOLDFAST", "CREATE", "sim"};
  for (int i = 0; i < size(); ++i) words.push_back(Description(i));
  return words;
}

}  // namespace holdfast
