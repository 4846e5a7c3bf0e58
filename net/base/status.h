// Shorthand for passing an absl::Status upwards.
//
//   RETURN_IF_ERROR(file.Sync());
//   ASSIGN_OR_RETURN(auto listener, loop.Listen(address, options, on_accept));
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                                     \
  do {                                                                  \
    if (absl::Status macro_status = (expression); !macro_status.ok()) { \
      return macro_status;                                              \
    }                                                                   \
  } while (false)

#define HOLDFAST_CONCAT_INNER(left, right) left##right
#define HOLDFAST_CONCAT(left, right) HOLDFAST_CONCAT_INNER(left, right)

#define ASSIGN_OR_RETURN(declaration, expression) \
  HOLDFAST_ASSIGN_OR_RETURN(HOLDFAST_CONCAT(status_or_, __LINE__), declaration, expression)
#define HOLDFAST_ASSIGN_OR_RETURN(holder, declaration, expression) \
  auto holder = (expression);                                      \
  if (!holder.ok()) {                                              \
    return holder.status();                                        \
  }                                                                \
  declaration = std::move(holder).value()
