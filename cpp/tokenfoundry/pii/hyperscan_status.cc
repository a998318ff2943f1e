#include "tokenfoundry/pii/hyperscan_status.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace tokenfoundry::pii {

absl::Status HyperscanStatus(hs_error_t error, std::string_view doing) {
  if (error == HS_SUCCESS) return absl::OkStatus();
  const auto message = [&](const char* why) {
    return absl::StrCat("Hyperscan could not ", AbslView(doing), ": ", why);
  };
  switch (error) {
    case HS_NOMEM:
    case HS_BAD_ALLOC:
      return absl::ResourceExhaustedError(message("out of memory"));
    case HS_ARCH_ERROR:
      return absl::UnimplementedError(message("this CPU lacks SSSE3"));
    case HS_DB_VERSION_ERROR:
      return absl::DataLossError(message("the database is of another version"));
    case HS_DB_PLATFORM_ERROR:
      return absl::DataLossError(message("the database is for another CPU"));
    default:
      return absl::InternalError(message(absl::StrCat("error ", error).c_str()));
  }
}

absl::Status CompileStatus(hs_compile_error_t* error, std::string_view pattern) {
  const std::string reason = error->message != nullptr ? error->message : "unknown reason";
  hs_free_compile_error(error);
  if (pattern.empty())
    return absl::InvalidArgumentError(absl::StrCat("the patterns do not compile together: ", reason));
  if (reason.find("empty buffer") != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("pattern ", AbslView(pattern), " can match the empty text: require at least one character"));
  }
  std::string message = absl::StrCat("pattern ", AbslView(pattern), " does not compile: ", reason);
  if (reason.find("too large") != std::string::npos) {
    absl::StrAppend(&message,
                    " Hyperscan must track where each match starts, and bounded repeats such as {1,200} make that"
                    " costly: shorten them, or use + or *.");
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace tokenfoundry::pii
