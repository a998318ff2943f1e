// Telephone numbers: ITU-T E.164 (country codes and lengths), and the Italian national plan (AGCOM, Piano nazionale di
// numerazione).
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kMaxPhoneDigits = 15;  // E.164, country code included.

// Digits of the country code at the front, or 0 if none is assigned there.
size_t CountryCodeSize(std::string_view digits);

// Whether `digits` (country code first, no plus sign or 00) has an assigned country code and a length that its numbers
// have.
bool IsInternationalPhone(std::string_view digits);

// Whether the leading digits are those of an Italian mobile network.
bool HasItalianMobilePrefix(std::string_view digits);
inline constexpr size_t kItalianMobileDigits = 10;

// Digits of the Italian area code at the front, its 0 included (02, 011, 0532), or 0 if there is none.
size_t ItalianAreaCodeSize(std::string_view digits);

}  // namespace tokenfoundry::pii
