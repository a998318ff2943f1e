#include "tokenfoundry/pii/validators/us_ssn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Printed on wallets, pamphlets and advertisements; the Administration has withdrawn them.
constexpr std::string_view kPublished[] = {"078051120", "219099999", "457555462"};

}  // namespace

bool IsUsSsn(std::string_view compact) {
  if (!HasDigits(compact, 9) || compact.starts_with("000") || compact.starts_with("666") || compact[0] == '9')
    return false;
  return Pair(compact, 3) != 0 && compact.substr(5) != "0000" &&
         std::find(std::begin(kPublished), std::end(kPublished), compact) == std::end(kPublished);
}

}  // namespace tokenfoundry::pii
