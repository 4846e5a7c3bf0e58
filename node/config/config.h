// Config: everything that was said about how this node is to run, from whatever side it was said.
//
//   default  <  file and what it includes  <  environment KV_<NAME>  <  flags --name value ...
//
// Within one source a later line replaces an earlier one; lines of repeatable directives (save,
// client-output-buffer-limit, rename-command) add up within a source and replace what a weaker
// source said. Environment names are upper case with '_' for '-': KV_MAXMEMORY_POLICY. The
// environment is not ours alone: a KV_ variable that names no directive is passed over with a
// notice, and so is an address where a port belongs (KV_PORT=tcp://10.0.0.11:6379), which
// Kubernetes sets for a service called "kv".
//
// A Config holds one canonical spelling per directive and the Settings derived from them.
//
// 1. settings() always says what the spellings say.
// 2. Set changes all pairs or nothing. Config is a value: who must act on a change (rebind, reopen)
//    sets it on a copy, acts, and replaces the old one.
// 3. Loading the text that Rewrite returns, with the same environment and flags, gives the same
//    settings.
//
// It reads no files, knows no sockets and checks nothing against the machine: ConfigInput brings
// the bytes, the node tries the rest.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/config/directive.h"
#include "node/config/settings.h"

namespace holdfast {

struct ConfigFile {
  std::string path;
  std::string text;
};

struct ConfigInput {
  // The command line without the program's name: [file] [--name value ...].
  std::vector<std::string> arguments;
  // The process's environment; what does not start with KV_ is left alone.
  std::vector<std::pair<std::string, std::string>> environment;
  // What a relative `dir` and the file's name are relative to, and the default of `dir`.
  std::string working_directory;
  // The files that a path or a pattern of an `include` names, in the order to be read. A pattern
  // may match none; a path without the file is an error.
  std::function<absl::StatusOr<std::vector<ConfigFile>>(const std::string& pattern)> read_files;
};

class Config {
 public:
  using Pair = std::pair<std::string, std::string>;
  using GlobMatch = absl::FunctionRef<bool(absl::string_view pattern, absl::string_view name)>;

  // The defaults.
  Config();

  // Errors say where: `holdfast.conf:12: unknown directive "maxmemry"; did you mean "maxmemory"?`.
  static absl::StatusOr<Config> Load(const ConfigInput& input);

  const Settings& settings() const { return settings_; }
  // The absolute path of the file named by the command line; empty if none was.
  const std::string& path() const { return path_; }
  // Lines for the start-up log: what was asked for and has no effect here, or another one.
  const std::vector<std::string>& notices() const { return notices_; }

  // Names, aliases included, that match any of the patterns, with their values, sorted by name and
  // each once. `matches` is given lower-case text.
  std::vector<Pair> Get(absl::Span<const absl::string_view> patterns, GlobMatch matches) const;

  struct SetOptions {
    // The client is on this machine, for enable-protected-configs local.
    bool from_loopback = false;
  };
  // An error's message is what CONFIG SET replies after "-ERR ".
  absl::Status Set(absl::Span<const Pair> pairs, const SetOptions& options);

  // `text`, which is the file's present contents, with the lines of changed directives brought up
  // to date. Comments and order stay; directives that it does not mention and that differ from
  // their default follow at its end. A directive that an included file speaks about is moved to the
  // end, where it has the last word.
  std::string Rewrite(absl::string_view text) const;

 private:
  friend class ConfigLoader;

  // Everything known about one directive.
  struct Value {
    std::string canonical;
    bool included = false;  // an included file speaks about it
  };

  absl::Status CheckSettable(absl::Span<const Pair> pairs, size_t index,
                             const SetOptions& options) const;
  // Stores a canonical value, and what is mapped from it.
  void Store(const Directive& directive, std::string canonical);

  std::vector<Value> values_;  // by IndexOf
  Settings settings_;
  std::string path_;
  std::vector<std::string> notices_;
};

}  // namespace holdfast
