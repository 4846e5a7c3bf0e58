// -w, --watch: a command that reads, again and again.
//
// On a terminal each picture replaces the last one; elsewhere each is a paragraph, and with -o json
// a line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "tools/kvctl/failure.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

class Watch {
 public:
  void Declare(CLI::App* command);
  // Once, or until interrupted. `show` is told how far JSON is to be indented; a failure does not
  // end the watching.
  Result<ExitCode> Run(const Session& session, const std::function<Result<ExitCode>(int)>& show);

 private:
  CLI::Option* option_ = nullptr;
  std::string interval_;
};

}  // namespace holdfast::kvctl
