// International bank account numbers: ISO 13616-1, with the formats of SWIFT's IBAN Registry, release 101.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kMaxIbanSize = 34;

// How one country writes the part after its two letters and two check digits.
struct IbanFormat {
  std::string_view country;  // ISO 3166-1 alpha-2, upper case.
  std::string_view bban;     // Runs of one kind: "a" letters, "n" digits, "c" either, then two digits for how many.
};

std::span<const IbanFormat> IbanFormats();

// Letters and digits of a whole IBAN of that country, or 0 for a country that has none. Any case.
size_t IbanSize(std::string_view country);

// Whether `compact` (no separators, any case) has its country's format and ISO 7064 MOD 97-10 check digits.
bool IsIban(std::string_view compact);

}  // namespace tokenfoundry::pii
