// kvctl: looks after a Holdfast cluster, through the nodes' client ports and nothing else.
#include <string>
#include <vector>

#include "tools/kvctl/cli.h"
#include "tools/kvctl/interrupt.h"

int main(int argument_count, char** arguments) {
  holdfast::kvctl::WatchForInterrupt();
  return static_cast<int>(holdfast::kvctl::RunCommandLine(
      std::vector<std::string>(arguments + 1, arguments + argument_count)));
}
