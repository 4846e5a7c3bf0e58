// The command line: words to a command and its options.
#pragma once

#include <string>
#include <vector>

#include "tools/kvctl/exit_code.h"

namespace holdfast::kvctl {

// Runs what `words`, the program's name apart, ask for.
ExitCode RunCommandLine(std::vector<std::string> words);

}  // namespace holdfast::kvctl
