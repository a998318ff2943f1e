#include "tokenfoundry/pii/validators/uk_nino.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kNeverIssued[] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};

}  // namespace

bool IsUkNino(std::string_view compact) {
  if (!Fits(compact, "AA999999A") || !IsOneOf(compact[8], "ABCD")) return false;
  return !IsOneOf(compact[0], "DFIQUV") && !IsOneOf(compact[1], "DFIOQUV") &&
         std::none_of(std::begin(kNeverIssued), std::end(kNeverIssued),
                      [&](std::string_view prefix) { return StartsWith(compact, prefix); });
}

}  // namespace tokenfoundry::pii
