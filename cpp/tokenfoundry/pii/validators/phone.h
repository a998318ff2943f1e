// Telephone numbers in international form: ITU-T E.164, country codes and the lengths that each country's numbers have.
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kMaxPhoneDigits = 15;  // E.164, country code included.

// Digits of the country code at the front, or 0 if none is assigned there.
size_t CountryCodeSize(std::string_view digits);

// Whether `digits` (country code first, no plus sign or 00) has an assigned country code and a length that its numbers
// with that first digit have. A trunk 0 behind the country code, typed by mistake, is passed over.
bool IsInternationalPhone(std::string_view digits);

}  // namespace tokenfoundry::pii
