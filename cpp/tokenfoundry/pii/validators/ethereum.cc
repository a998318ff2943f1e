#include "tokenfoundry/pii/validators/ethereum.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/keccak_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kDigits = 40;

bool IsAddress(std::string_view compact) {
  return compact.size() == 2 + kDigits && StartsWith(compact, "0X") && AreOneOf(compact.substr(2), "0123456789ABCDEF");
}

}  // namespace

bool IsEthereum(std::string_view compact) {
  if (!IsAddress(compact)) return false;
  const std::string_view digits = compact.substr(2);
  char lower[kDigits];
  std::transform(digits.begin(), digits.end(), lower, ToLower);
  const auto digest = Keccak256({lower, kDigits});
  for (size_t i = 0; i < kDigits; ++i) {
    const bool is_upper = (digest[i / 2] >> (i % 2 == 0 ? 7 : 3) & 1) != 0;
    if (digits[i] != (is_upper ? ToUpper(lower[i]) : lower[i])) return false;
  }
  return true;
}

bool IsEthereumUnchecked(std::string_view compact) {
  if (!IsAddress(compact)) return false;
  const std::string_view digits = compact.substr(2);
  return std::none_of(digits.begin(), digits.end(), IsUpper) ||
         std::all_of(digits.begin(), digits.end(), [](char c) { return IsDigit(c) || IsUpper(c); });
}

}  // namespace tokenfoundry::pii
