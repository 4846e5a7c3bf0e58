// transcripts --server BINARY [--rewrite | --through-replica] FILE... [-- SERVER-FLAG...]
//
// Plays each transcript against a server process of its own. Exit code 1 and the differences on
// stdout if there are any. --rewrite records the replies into the files instead; --through-replica
// asks a node of a cluster of three that does not lead.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "net/base/status.h"
#include "tests/support/server_group.h"
#include "tests/support/server_process.h"
#include "tests/support/socket_target.h"
#include "tests/support/transcript.h"
#include "tests/support/transcript_runner.h"

namespace holdfast {
namespace {

struct CommandLine {
  ServerProcess::Options server;
  bool rewrite = false;
  bool through_replica = false;
  std::vector<std::string> files;
};

CommandLine ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  // What transcripts rely on and Redis does not allow unasked.
  line.server.arguments = {"--enable-debug-command", "yes"};
  bool is_server_flag = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (is_server_flag) {
      line.server.arguments.push_back(word);
    } else if (word == "--") {
      is_server_flag = true;
    } else if (word == "--rewrite") {
      line.rewrite = true;
    } else if (word == "--through-replica") {
      line.through_replica = true;
    } else if (word == "--server" && i + 1 < argc) {
      line.server.binary = argv[++i];
    } else {
      line.files.push_back(word);
    }
  }
  return line;
}

absl::StatusOr<TranscriptReport> Play(const std::string& file, const CommandLine& line) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  ASSIGN_OR_RETURN(const Transcript transcript,
                   ParseTranscript(std::filesystem::path(file).filename().string(), text.str()));
  std::unique_ptr<ServerGroup> group;
  std::unique_ptr<ServerProcess> alone;
  if (line.through_replica) {
    ASSIGN_OR_RETURN(group, ServerGroup::Start(line.server));
  } else {
    ASSIGN_OR_RETURN(alone, ServerProcess::Start(line.server));
  }
  ServerProcess& server = group != nullptr ? group->replica() : *alone;
  ASSIGN_OR_RETURN(const std::string version, server.Version());
  SocketTarget target(server);
  TranscriptReport report = RunTranscript(
      transcript,
      {.server_version = version, .rewrite = line.rewrite, .through_replica = line.through_replica},
      target);
  if (!server.running()) {
    report.failures.push_back("the server ended:\n" + server.Output());
  }
  if (line.rewrite) std::ofstream(file) << report.rewritten;
  return report;
}

int Run(const CommandLine& line) {
  if (line.server.binary.empty() || line.files.empty()) {
    absl::PrintF(
        "usage: transcripts --server BINARY [--rewrite | --through-replica] FILE... "
        "[-- SERVER-FLAG...]\n");
    return 2;
  }
  bool failed = false;
  for (const std::string& file : line.files) {
    const absl::StatusOr<TranscriptReport> report = Play(file, line);
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

int main(int argc, char** argv) { return holdfast::Run(holdfast::ParseCommandLine(argc, argv)); }
