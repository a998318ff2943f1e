// absl::Status between modules: how to pass one on, and how to write its message from std::string_view.
//
// No exception crosses a module. A foreign error is translated in exactly one file (store/rocks_status.h,
// pii/hyperscan_status.h); bindings turn a Status into a Python exception in exactly one function (bindings/convert.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tokenfoundry {

// The distribution's Abseil has a string_view of its own, so views are converted at its API.
inline absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view StdView(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace tokenfoundry

#define TF_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status tf_status = (expression); !tf_status.ok()) return tf_status; \
  } while (false)

#define TF_CONCAT_INNER(a, b) a##b
#define TF_CONCAT(a, b) TF_CONCAT_INNER(a, b)
#define TF_ASSIGN_OR_RETURN(declaration, expression) \
  TF_ASSIGN_OR_RETURN_IMPL(TF_CONCAT(tf_result_, __LINE__), declaration, expression)
#define TF_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  declaration = *std::move(result)
