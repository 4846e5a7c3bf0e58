// Session: one run of kvctl: what the command line asked for in general, and the way to the nodes
// and to the user.
//
// Data goes to stdout, everything else to stderr. Colours and progress that overwrites itself are
// for terminals only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "tools/kvctl/address.h"
#include "tools/kvctl/ask.h"
#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

enum class OutputFormat { kTable, kWide, kJson };
enum class Color { kGreen, kYellow, kRed };

// As given; Session::Prepare understands them.
struct GlobalOptions {
  std::vector<std::string> endpoints;
  std::string user;
  std::string password_file;  // "-": stdin
  std::string timeout = "5s";
  OutputFormat output = OutputFormat::kTable;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool no_input = false;
  // For commands that change something:
  bool yes = false;
  bool dry_run = false;
  std::string confirm;
  std::string confirm_data_loss;
  std::string plan;
};

class Session {
 public:
  GlobalOptions options;
  std::vector<std::string> passthrough;  // the words behind "--"

  // Reads endpoints, password and environment.
  Done Prepare();

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  void SetEndpoints(std::vector<Endpoint> endpoints) { endpoints_ = std::move(endpoints); }
  Nanos timeout() const { return timeout_; }

  // With the session's credentials; --timeout bounds the wait.
  std::vector<Answer> Ask(const std::vector<Question>& questions) const;
  // One change, which may take longer than a question.
  Answer AskForChange(const Question& question) const;

  bool is_json() const { return options.output == OutputFormat::kJson; }
  void Out(absl::string_view text) const;
  // One value on one line, or indented.
  void OutJson(const nlohmann::json& value, int indent = 2) const;
  // To stderr, unless --quiet.
  void Note(absl::string_view text) const;
  void Report(const Failure& failure) const;
  // For stdout.
  std::string Paint(Color color, absl::string_view text) const;
  bool stdout_is_terminal() const;
  bool stderr_is_terminal() const;
  bool may_prompt() const;
  // Asks on stderr, reads a line of stdin without its end; a failure if interrupted or at its end.
  Result<std::string> Prompt(absl::string_view question) const;

 private:
  std::vector<Answer> AskWithin(const std::vector<Question>& questions, Nanos patience) const;

  std::vector<Endpoint> endpoints_;
  std::string password_;
  Nanos timeout_ = Seconds(5);
};

// Text that JSON can carry, whatever bytes a node sent.
std::string JsonText(const nlohmann::json& value, int indent);

}  // namespace holdfast::kvctl
