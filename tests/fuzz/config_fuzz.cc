// Arbitrary bytes as a configuration file must load or be refused with a reason; what loads must
// survive CONFIG REWRITE unchanged, and one rewrite must be enough.
#include <cstddef>
#include <cstdint>

#include "net/base/check.h"
#include "tests/node/config_drive.h"

namespace holdfast {
namespace {

void LoadAndRewrite(absl::string_view text) {
  const auto config = config_drive::LoadText(text);
  if (!config.ok()) {
    CHECK(!config.status().message().empty());
    return;
  }
  const std::string rewritten = config->Rewrite(text);
  const auto again = config_drive::LoadText(rewritten);
  CHECK(again.ok());
  CHECK(again->settings() == config->settings());
  CHECK(again->Rewrite(rewritten) == rewritten);
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::LoadAndRewrite({reinterpret_cast<const char*>(data), size});
  return 0;
}
