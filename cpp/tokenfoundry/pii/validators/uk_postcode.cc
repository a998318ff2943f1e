#include "tokenfoundry/pii/validators/uk_postcode.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kAreas[] = {
    "AB", "AL", "B",  "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB", "CF", "CH",
    "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E",  "EC", "EH",
    "EN", "EX", "FK", "FY", "G",  "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR", "HS", "HU", "HX", "IG", "IM",
    "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L",  "LA", "LD", "LE", "LL", "LN", "LS", "LU", "M",  "ME", "MK",
    "ML", "N",  "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH",
    "RM", "S",  "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD",
    "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "W",  "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE"};
static_assert(std::is_sorted(std::begin(kAreas), std::end(kAreas)));

// `letters` are one or two.
bool IsArea(std::string_view letters) {
  const char upper[] = {ToUpper(letters.front()), ToUpper(letters.back())};
  return std::binary_search(std::begin(kAreas), std::end(kAreas), std::string_view(upper, letters.size()));
}

}  // namespace

bool IsUkPostcode(std::string_view compact) {
  if (compact.size() < 5 || compact.size() > 7) return false;
  const std::string_view unit = compact.substr(compact.size() - 3);
  if (!Fits(unit, "9AA") || !AreOneOf(unit.substr(1), "ABDEFGHJLNPQRSTUWXYZ")) return false;
  const std::string_view outward = compact.substr(0, compact.size() - 3);
  if (StartsWith(outward, "GIR") && StartsWith(unit, "0AA")) return true;  // Girobank's own.
  const size_t area = IsLetter(outward[1]) ? 2 : 1;
  const std::string_view district = outward.substr(area);
  return Fits(outward.substr(0, area), std::string_view("AA").substr(0, area)) && IsArea(outward.substr(0, area)) &&
         (Fits(district, "9") || Fits(district, "99") || Fits(district, "9A"));
}

}  // namespace tokenfoundry::pii
