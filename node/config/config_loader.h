// ConfigLoader: the sources of a configuration, weakest first, laid over the defaults.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/config/config.h"

namespace holdfast {

class ConfigLoader {
 public:
  explicit ConfigLoader(const ConfigInput& input);
  absl::StatusOr<Config> Load();

 private:
  enum class Source { kDefault, kFile, kEnvironment, kFlags };
  // Where a directive stands, and what is said there.
  struct Statement {
    Source source;
    std::string place;  // "holdfast.conf:12"
    bool included = false;
    absl::string_view name;
    Words words;
  };
  // Who spoke last about a directive.
  struct Origin {
    Source source = Source::kDefault;
    std::string place;
  };

  absl::Status LoadFiles(const std::string& pattern, int depth);
  absl::Status LoadText(const ConfigFile& file, int depth);
  absl::Status LoadEnvironment();
  absl::Status LoadFlags();
  absl::Status Apply(const Statement& statement);
  absl::Status ApplyFileOnly(const Directive& directive, const Statement& statement);
  absl::Status ApplyValue(const Directive& directive, const Statement& statement);
  void MapIoThreads();
  void NoteWithoutEffect();

  const ConfigInput& input_;
  Config config_;
  std::vector<Origin> origins_;  // by IndexOf
  size_t files_read_ = 0;
};

}  // namespace holdfast
