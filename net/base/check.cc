#include "net/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void CheckFailed(const char* expression, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "CHECK failed: %s%s%s%s at %s:%d\n", expression, detail.empty() ? "" : " (",
               detail.c_str(), detail.empty() ? "" : ")", file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace holdfast
