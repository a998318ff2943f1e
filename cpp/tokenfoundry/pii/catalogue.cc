#include <algorithm>

#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/validators/iban.h"

namespace tokenfoundry::pii {
namespace {

std::string EmailAnchor() { return "@"; }

std::string IbanAnchor() {
  std::string countries;
  for (const IbanFormat& format : IbanFormats()) {
    if (!countries.empty()) countries += '|';
    countries += format.country;
  }
  return "(?:" + countries + ") ?[0-9]{2}";
}

// Surname and name, year, month and day, municipality, check: the gaps are those of the printed card.
std::string FiscalCodeAnchor() {
  return "[A-Z]{3} ?[A-Z]{3} ?[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3} ?[A-Z]";
}

std::string CardAnchor() { return "(?:^|[^0-9A-Za-z])[2-6][0-9]{3}"; }

std::string PhoneAnchor() { return "(?:\\+[0-9]|(?:^|[^0-9A-Za-z])[03][0-9])"; }

// The scores are Presidio's scale: 1 for what a checksum or a full grammar proves.
constexpr EntitySpec kCatalogue[] = {
    {"CREDIT_CARD", CardAnchor, false, FindCards, true, 1.0,
     "ISO/IEC 7812-1:2017, Annex B (Luhn); the schemes' published issuer ranges"},
    {"EMAIL_ADDRESS", EmailAnchor, false, FindEmails, true, 1.0, "RFC 5322, 3.4.1; RFC 5321, 4.5.3.1; RFC 6531, 3.3"},
    {"IBAN_CODE", IbanAnchor, true, FindIbans, true, 1.0, "ISO 13616-1:2020; SWIFT IBAN Registry, release 101"},
    {"IT_FISCAL_CODE", FiscalCodeAnchor, true, FindFiscalCodes, true, 1.0,
     "Decreto del Ministero delle Finanze 23 dicembre 1976, n. 13813"},
    {"PHONE_NUMBER", PhoneAnchor, false, FindPhones, false, 0.75,
     "ITU-T E.164; Piano di numerazione nazionale, AGCOM 8/15/CIR"},
};

}  // namespace

std::span<const EntitySpec> Catalogue() { return kCatalogue; }

const EntitySpec* FindEntity(std::string_view name) {
  const auto* spec = std::find_if(std::begin(kCatalogue), std::end(kCatalogue),
                                  [&](const EntitySpec& entity) { return entity.name == name; });
  return spec == std::end(kCatalogue) ? nullptr : spec;
}

}  // namespace tokenfoundry::pii
