// sim_transcripts [--seed N] [--workers N] [--logged] FILE...
//
// Plays each transcript of tests/commands against a simulated node of its own; with --logged
// against one that leads a group, whose log must then give the same keyspace again.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "net/base/status.h"
#include "node/version.h"
#include "tests/sim/sim_target.h"
#include "tests/support/transcript.h"

namespace holdfast {
namespace {

absl::StatusOr<TranscriptReport> Play(const std::string& file, const SimTarget::Options& options) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  ASSIGN_OR_RETURN(const Transcript transcript,
                   ParseTranscript(std::filesystem::path(file).filename().string(), text.str()));
  SimTarget target(options);
  RETURN_IF_ERROR(target.Start());
  TranscriptReport report =
      RunTranscript(transcript, {.server_version = std::string(kRedisVersion)}, target);
  RETURN_IF_ERROR(target.replay());
  return report;
}

int Run(const std::vector<std::string>& words) {
  SimTarget::Options options;
  std::vector<std::string> files;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (has_value && words[i] == "--seed" && absl::SimpleAtoi(words[i + 1], &options.seed)) {
      ++i;
    } else if (has_value && words[i] == "--workers" &&
               absl::SimpleAtoi(words[i + 1], &options.workers)) {
      ++i;
    } else if (words[i] == "--logged") {
      options.logged = true;
    } else {
      files.push_back(words[i]);
    }
  }
  bool failed = files.empty();
  for (const std::string& file : files) {
    const absl::StatusOr<TranscriptReport> report = Play(file, options);
    if (!report.ok()) {
      absl::PrintF("%s: %s\n", file, report.status().message());
      failed = true;
      continue;
    }
    for (const std::string& failure : report->failures) absl::PrintF("%s\n\n", failure);
    absl::PrintF("%s: %d sections, %d failed, %d need a newer server\n", file, report->sections_run,
                 report->failures.size(), report->sections_skipped);
    failed |= !report->failures.empty();
  }
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  return holdfast::Run(std::vector<std::string>(argv + 1, argv + argc));
}
