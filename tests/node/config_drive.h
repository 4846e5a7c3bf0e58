// What the configuration's tests share: loading from texts that stand for files, and a glob match.
#pragma once

#include <fnmatch.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "node/config/config.h"

namespace holdfast::config_drive {

// The files of a machine, by path, and what kvnode is started with.
struct Sources {
  std::map<std::string, std::string> files;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
};

inline bool Matches(absl::string_view pattern, absl::string_view name) {
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

inline absl::StatusOr<Config> Load(const Sources& sources) {
  const auto read_files =
      [&](const std::string& pattern) -> absl::StatusOr<std::vector<ConfigFile>> {
    std::vector<ConfigFile> found;
    for (const auto& [path, text] : sources.files) {
      if (Matches(pattern, path)) found.push_back({.path = path, .text = text});
    }
    if (found.empty() && pattern.find('*') == std::string::npos) {
      return absl::NotFoundError(absl::StrCat("cannot open ", pattern));
    }
    return found;
  };
  return Config::Load({.arguments = sources.arguments,
                       .environment = sources.environment,
                       .working_directory = "/data",
                       .read_files = read_files});
}

// A machine with one file, named on the command line.
inline absl::StatusOr<Config> LoadText(absl::string_view text) {
  return Load({.files = {{"holdfast.conf", std::string(text)}}, .arguments = {"holdfast.conf"}});
}

// The value of one directive as CONFIG GET tells it; "(none)" if it tells none.
inline std::string ValueOf(const Config& config, absl::string_view name) {
  const auto pairs = config.Get({name}, Matches);
  return pairs.empty() ? "(none)" : pairs[0].second;
}

}  // namespace holdfast::config_drive
