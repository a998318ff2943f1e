#include "tokenfoundry/pii/validators/iban.h"

#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_97_10.h"

namespace tokenfoundry::pii {
namespace {

// Sorted by country, for the binary search below.
constexpr IbanFormat kFormats[] = {
    {"AD", "n08c12"},    {"AE", "n19"},       {"AL", "n08c16"},    {"AT", "n16"},       {"AZ", "a04c20"},
    {"BA", "n16"},       {"BE", "n12"},       {"BG", "a04n06c08"}, {"BH", "a04c14"},    {"BI", "n23"},
    {"BR", "n23a01c01"}, {"BY", "c04n04c16"}, {"CH", "n05c12"},    {"CR", "n18"},       {"CY", "n08c16"},
    {"CZ", "n20"},       {"DE", "n18"},       {"DJ", "n23"},       {"DK", "n14"},       {"DO", "c04n20"},
    {"EE", "n16"},       {"EG", "n25"},       {"ES", "n20"},       {"FI", "n14"},       {"FK", "a02n12"},
    {"FO", "n14"},       {"FR", "n10c11n02"}, {"GB", "a04n14"},    {"GE", "a02n16"},    {"GI", "a04c15"},
    {"GL", "n14"},       {"GR", "n07c16"},    {"GT", "c24"},       {"HN", "a04n20"},    {"HR", "n17"},
    {"HU", "n24"},       {"IE", "a04n14"},    {"IL", "n19"},       {"IQ", "a04n15"},    {"IS", "n22"},
    {"IT", "a01n10c12"}, {"JO", "a04n04c18"}, {"KW", "a04c22"},    {"KZ", "n03c13"},    {"LB", "n04c20"},
    {"LC", "a04c24"},    {"LI", "n05c12"},    {"LT", "n16"},       {"LU", "n03c13"},    {"LV", "a04c13"},
    {"LY", "n21"},       {"MC", "n10c11n02"}, {"MD", "c20"},       {"ME", "n18"},       {"MK", "n03c10n02"},
    {"MN", "n16"},       {"MR", "n23"},       {"MT", "a04n05c18"}, {"MU", "a04n19a03"}, {"NI", "a04n20"},
    {"NL", "a04n10"},    {"NO", "n11"},       {"OM", "n03c16"},    {"PK", "a04c16"},    {"PL", "n24"},
    {"PS", "a04c21"},    {"PT", "n21"},       {"QA", "a04c21"},    {"RO", "a04c16"},    {"RS", "n18"},
    {"RU", "n14c15"},    {"SA", "n02c18"},    {"SC", "a04n20a03"}, {"SD", "n14"},       {"SE", "n20"},
    {"SI", "n15"},       {"SK", "n20"},       {"SM", "a01n10c12"}, {"SO", "n19"},       {"ST", "n21"},
    {"SV", "a04n20"},    {"TL", "n19"},       {"TN", "n20"},       {"TR", "n06c16"},    {"UA", "n06c19"},
    {"VA", "n18"},       {"VG", "a04n16"},    {"XK", "n16"},       {"YE", "a04n04c18"},
};

static_assert(std::is_sorted(std::begin(kFormats), std::end(kFormats),
                             [](const IbanFormat& a, const IbanFormat& b) { return a.country < b.country; }));

const IbanFormat* FormatOf(std::string_view country) {
  const char upper[2] = {ToUpper(country[0]), ToUpper(country[1])};
  const std::string_view key(upper, 2);
  const auto* format = std::lower_bound(std::begin(kFormats), std::end(kFormats), key,
                                        [](const IbanFormat& entry, std::string_view k) { return entry.country < k; });
  return format != std::end(kFormats) && format->country == key ? format : nullptr;
}

size_t RunSize(std::string_view run) {
  return static_cast<size_t>(run[1] - '0') * 10 + static_cast<size_t>(run[2] - '0');
}

size_t BbanSize(std::string_view bban) {
  size_t size = 0;
  for (size_t i = 0; i < bban.size(); i += 3) size += RunSize(bban.substr(i, 3));
  return size;
}

bool IsOfKind(char c, char kind) { return kind == 'n' ? IsDigit(c) : kind == 'a' ? IsLetter(c) : IsAlnum(c); }

bool FitsFormat(std::string_view account, std::string_view bban) {
  for (; !bban.empty(); bban.remove_prefix(3)) {
    const size_t size = RunSize(bban);
    if (account.size() < size) return false;
    if (!std::all_of(account.begin(), account.begin() + size, [&](char c) { return IsOfKind(c, bban[0]); }))
      return false;
    account.remove_prefix(size);
  }
  return account.empty();
}

}  // namespace

std::span<const IbanFormat> IbanFormats() { return kFormats; }

size_t IbanSize(std::string_view country) {
  const IbanFormat* format = country.size() == 2 ? FormatOf(country) : nullptr;
  return format == nullptr ? 0 : 4 + BbanSize(format->bban);
}

bool IsIban(std::string_view compact) {
  if (compact.size() < 4 || !IsDigit(compact[2]) || !IsDigit(compact[3])) return false;
  const IbanFormat* format = FormatOf(compact.substr(0, 2));
  if (format == nullptr || !FitsFormat(compact.substr(4), format->bban)) return false;
  // 00, 01 and 99 satisfy the remainder for some accounts but are never issued: check digits run from 02 to 98.
  const std::string_view check = compact.substr(2, 2);
  if (check == "00" || check == "01" || check == "99") return false;
  return Mod97(compact.substr(0, 4), Mod97(compact.substr(4))) == 1;
}

}  // namespace tokenfoundry::pii
