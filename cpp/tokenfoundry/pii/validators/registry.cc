#include "tokenfoundry/pii/validators/registry.h"

#include <algorithm>
#include <iterator>

#include "tokenfoundry/pii/validators/at_svnr.h"
#include "tokenfoundry/pii/validators/at_uid.h"
#include "tokenfoundry/pii/validators/au_abn.h"
#include "tokenfoundry/pii/validators/au_acn.h"
#include "tokenfoundry/pii/validators/au_medicare.h"
#include "tokenfoundry/pii/validators/au_tfn.h"
#include "tokenfoundry/pii/validators/be_enterprise_number.h"
#include "tokenfoundry/pii/validators/be_national_number.h"
#include "tokenfoundry/pii/validators/bg_egn.h"
#include "tokenfoundry/pii/validators/bg_vat.h"
#include "tokenfoundry/pii/validators/bic.h"
#include "tokenfoundry/pii/validators/bitcoin.h"
#include "tokenfoundry/pii/validators/ca_sin.h"
#include "tokenfoundry/pii/validators/card.h"
#include "tokenfoundry/pii/validators/ch_ahv.h"
#include "tokenfoundry/pii/validators/codice_fiscale.h"
#include "tokenfoundry/pii/validators/cy_vat.h"
#include "tokenfoundry/pii/validators/cz_rodne_cislo.h"
#include "tokenfoundry/pii/validators/cz_vat.h"
#include "tokenfoundry/pii/validators/de_bsnr.h"
#include "tokenfoundry/pii/validators/de_fuehrerschein.h"
#include "tokenfoundry/pii/validators/de_health_insurance.h"
#include "tokenfoundry/pii/validators/de_identity_card.h"
#include "tokenfoundry/pii/validators/de_lanr.h"
#include "tokenfoundry/pii/validators/de_passport.h"
#include "tokenfoundry/pii/validators/de_plate.h"
#include "tokenfoundry/pii/validators/de_social_security.h"
#include "tokenfoundry/pii/validators/de_tax_id.h"
#include "tokenfoundry/pii/validators/de_tax_number.h"
#include "tokenfoundry/pii/validators/de_vat.h"
#include "tokenfoundry/pii/validators/dk_cpr.h"
#include "tokenfoundry/pii/validators/dk_cvr.h"
#include "tokenfoundry/pii/validators/dogecoin.h"
#include "tokenfoundry/pii/validators/ee_isikukood.h"
#include "tokenfoundry/pii/validators/ee_vat.h"
#include "tokenfoundry/pii/validators/es_cif.h"
#include "tokenfoundry/pii/validators/es_nie.h"
#include "tokenfoundry/pii/validators/es_nif.h"
#include "tokenfoundry/pii/validators/es_passport.h"
#include "tokenfoundry/pii/validators/ethereum.h"
#include "tokenfoundry/pii/validators/eu_vat.h"
#include "tokenfoundry/pii/validators/fi_business_id.h"
#include "tokenfoundry/pii/validators/fi_hetu.h"
#include "tokenfoundry/pii/validators/fr_identity_card.h"
#include "tokenfoundry/pii/validators/fr_nir.h"
#include "tokenfoundry/pii/validators/fr_passport.h"
#include "tokenfoundry/pii/validators/fr_siren.h"
#include "tokenfoundry/pii/validators/fr_siret.h"
#include "tokenfoundry/pii/validators/fr_tax_number.h"
#include "tokenfoundry/pii/validators/fr_vat.h"
#include "tokenfoundry/pii/validators/gr_afm.h"
#include "tokenfoundry/pii/validators/gr_amka.h"
#include "tokenfoundry/pii/validators/hr_oib.h"
#include "tokenfoundry/pii/validators/hu_taj.h"
#include "tokenfoundry/pii/validators/hu_tax_id.h"
#include "tokenfoundry/pii/validators/hu_vat.h"
#include "tokenfoundry/pii/validators/iban.h"
#include "tokenfoundry/pii/validators/icao_check_digit.h"
#include "tokenfoundry/pii/validators/ie_pps.h"
#include "tokenfoundry/pii/validators/ie_vat.h"
#include "tokenfoundry/pii/validators/in_aadhaar.h"
#include "tokenfoundry/pii/validators/in_pan.h"
#include "tokenfoundry/pii/validators/iso7064_mod_11_10.h"
#include "tokenfoundry/pii/validators/iso7064_mod_97_10.h"
#include "tokenfoundry/pii/validators/it_driver_license.h"
#include "tokenfoundry/pii/validators/it_fiscal_code_temporary.h"
#include "tokenfoundry/pii/validators/it_health_card.h"
#include "tokenfoundry/pii/validators/it_identity_card.h"
#include "tokenfoundry/pii/validators/it_passport.h"
#include "tokenfoundry/pii/validators/it_vat.h"
#include "tokenfoundry/pii/validators/kr_rrn.h"
#include "tokenfoundry/pii/validators/lei.h"
#include "tokenfoundry/pii/validators/litecoin.h"
#include "tokenfoundry/pii/validators/lt_asmens_kodas.h"
#include "tokenfoundry/pii/validators/lt_vat.h"
#include "tokenfoundry/pii/validators/lu_vat.h"
#include "tokenfoundry/pii/validators/luhn.h"
#include "tokenfoundry/pii/validators/lv_personas_kods.h"
#include "tokenfoundry/pii/validators/lv_vat.h"
#include "tokenfoundry/pii/validators/monero.h"
#include "tokenfoundry/pii/validators/mt_vat.h"
#include "tokenfoundry/pii/validators/nl_bsn.h"
#include "tokenfoundry/pii/validators/nl_btw.h"
#include "tokenfoundry/pii/validators/no_fodselsnummer.h"
#include "tokenfoundry/pii/validators/pl_identity_card.h"
#include "tokenfoundry/pii/validators/pl_nip.h"
#include "tokenfoundry/pii/validators/pl_pesel.h"
#include "tokenfoundry/pii/validators/pl_regon.h"
#include "tokenfoundry/pii/validators/pt_nif.h"
#include "tokenfoundry/pii/validators/ro_cnp.h"
#include "tokenfoundry/pii/validators/ro_vat.h"
#include "tokenfoundry/pii/validators/se_organisationsnummer.h"
#include "tokenfoundry/pii/validators/se_personnummer.h"
#include "tokenfoundry/pii/validators/se_vat.h"
#include "tokenfoundry/pii/validators/sg_fin.h"
#include "tokenfoundry/pii/validators/si_emso.h"
#include "tokenfoundry/pii/validators/si_vat.h"
#include "tokenfoundry/pii/validators/sk_vat.h"
#include "tokenfoundry/pii/validators/th_tnin.h"
#include "tokenfoundry/pii/validators/tr_id.h"
#include "tokenfoundry/pii/validators/tron.h"
#include "tokenfoundry/pii/validators/uk_driving_licence.h"
#include "tokenfoundry/pii/validators/uk_nhs.h"
#include "tokenfoundry/pii/validators/uk_nino.h"
#include "tokenfoundry/pii/validators/uk_passport.h"
#include "tokenfoundry/pii/validators/uk_postcode.h"
#include "tokenfoundry/pii/validators/uk_vat.h"
#include "tokenfoundry/pii/validators/uk_vehicle_registration.h"
#include "tokenfoundry/pii/validators/us_dea.h"
#include "tokenfoundry/pii/validators/us_driver_license.h"
#include "tokenfoundry/pii/validators/us_itin.h"
#include "tokenfoundry/pii/validators/us_mbi.h"
#include "tokenfoundry/pii/validators/us_npi.h"
#include "tokenfoundry/pii/validators/us_passport.h"
#include "tokenfoundry/pii/validators/us_routing_number.h"
#include "tokenfoundry/pii/validators/us_ssn.h"
#include "tokenfoundry/pii/validators/uuid.h"
#include "tokenfoundry/pii/validators/verhoeff.h"
#include "tokenfoundry/pii/validators/za_id.h"

namespace tokenfoundry::pii {
namespace {

struct Entry {
  std::string_view name;
  Validator validator;
};

// Sorted by name, for the search below.
constexpr Entry kEntries[] = {
    {"at_svnr", IsAtSvnr},
    {"at_uid", IsAtUid},
    {"au_abn", IsAuAbn},
    {"au_acn", IsAuAcn},
    {"au_medicare", IsAuMedicare},
    {"au_tfn", IsAuTfn},
    {"be_enterprise_number", IsBeEnterpriseNumber},
    {"be_national_number", IsBeNationalNumber},
    {"bg_egn", IsBgEgn},
    {"bg_vat", IsBgVat},
    {"bic", IsBic},
    {"bitcoin", IsBitcoin},
    {"ca_sin", IsCaSin},
    {"card", IsCardNumber},
    {"ch_ahv", IsChAhv},
    {"cy_vat", IsCyVat},
    {"cz_rodne_cislo", IsCzRodneCislo},
    {"cz_vat", IsCzVat},
    {"de_bsnr", IsDeBsnr},
    {"de_fuehrerschein", IsDeFuehrerschein},
    {"de_health_insurance", IsDeHealthInsurance},
    {"de_identity_card", IsDeIdentityCard},
    {"de_identity_card_checked", IsDeIdentityCardChecked},
    {"de_lanr", IsDeLanr},
    {"de_passport", IsDePassport},
    {"de_passport_checked", IsDePassportChecked},
    {"de_plate", IsDePlate},
    {"de_plate_district", IsDePlateDistrict},
    {"de_social_security", IsDeSocialSecurity},
    {"de_tax_id", IsDeTaxId},
    {"de_tax_number", IsDeTaxNumber},
    {"de_vat", IsDeVat},
    {"dk_cpr", IsDkCpr},
    {"dk_cvr", IsDkCvr},
    {"dogecoin", IsDogecoin},
    {"ee_isikukood", IsEeIsikukood},
    {"ee_vat", IsEeVat},
    {"es_cif", IsEsCif},
    {"es_nie", IsEsNie},
    {"es_nif", IsEsNif},
    {"es_passport", IsEsPassport},
    {"ethereum", IsEthereum},
    {"ethereum_unchecked", IsEthereumUnchecked},
    {"eu_vat", IsEuVat},
    {"fi_business_id", IsFiBusinessId},
    {"fi_hetu", IsFiHetu},
    {"fr_identity_card", IsFrIdentityCard},
    {"fr_nir", IsFrNir},
    {"fr_passport", IsFrPassport},
    {"fr_siren", IsFrSiren},
    {"fr_siret", IsFrSiret},
    {"fr_tax_number", IsFrTaxNumber},
    {"fr_vat", IsFrVat},
    {"gr_afm", IsGrAfm},
    {"gr_amka", IsGrAmka},
    {"hr_oib", IsHrOib},
    {"hu_taj", IsHuTaj},
    {"hu_tax_id", IsHuTaxId},
    {"hu_vat", IsHuVat},
    {"iban", IsIban},
    {"icao_check_digit", HasIcaoCheckDigit},
    {"ie_pps", IsIePps},
    {"ie_vat", IsIeVat},
    {"in_aadhaar", IsInAadhaar},
    {"in_pan", IsInPan},
    {"iso7064_mod_11_10", IsIso7064Mod1110},
    {"iso7064_mod_97_10", IsIso7064Mod9710},
    {"it_driver_license", IsItDriverLicense},
    {"it_fiscal_code", IsFiscalCode},
    {"it_fiscal_code_temporary", IsItFiscalCodeTemporary},
    {"it_health_card", IsItHealthCard},
    {"it_identity_card", IsItIdentityCard},
    {"it_passport", IsItPassport},
    {"it_vat", IsItVat},
    {"kr_rrn", IsKrRrn},
    {"lei", IsLei},
    {"litecoin", IsLitecoin},
    {"lt_asmens_kodas", IsLtAsmensKodas},
    {"lt_vat", IsLtVat},
    {"lu_vat", IsLuVat},
    {"luhn", IsLuhn},
    {"lv_personas_kods", IsLvPersonasKods},
    {"lv_vat", IsLvVat},
    {"monero", IsMonero},
    {"mt_vat", IsMtVat},
    {"nl_bsn", IsNlBsn},
    {"nl_btw", IsNlBtw},
    {"no_fodselsnummer", IsNoFodselsnummer},
    {"pl_identity_card", IsPlIdentityCard},
    {"pl_nip", IsPlNip},
    {"pl_pesel", IsPlPesel},
    {"pl_regon", IsPlRegon},
    {"pt_nif", IsPtNif},
    {"ro_cnp", IsRoCnp},
    {"ro_vat", IsRoVat},
    {"se_organisationsnummer", IsSeOrganisationsnummer},
    {"se_personnummer", IsSePersonnummer},
    {"se_vat", IsSeVat},
    {"sg_fin", IsSgFin},
    {"si_emso", IsSiEmso},
    {"si_vat", IsSiVat},
    {"sk_rodne_cislo", IsCzRodneCislo},
    {"sk_vat", IsSkVat},
    {"th_tnin", IsThTnin},
    {"tr_id", IsTrId},
    {"tron", IsTron},
    {"uk_driving_licence", IsUkDrivingLicence},
    {"uk_nhs", IsUkNhs},
    {"uk_nino", IsUkNino},
    {"uk_passport", IsUkPassport},
    {"uk_postcode", IsUkPostcode},
    {"uk_vat", IsUkVat},
    {"uk_vehicle_registration", IsUkVehicleRegistration},
    {"us_dea", IsUsDea},
    {"us_driver_license", IsUsDriverLicense},
    {"us_itin", IsUsItin},
    {"us_mbi", IsUsMbi},
    {"us_npi", IsUsNpi},
    {"us_passport", IsUsPassport},
    {"us_routing_number", IsUsRoutingNumber},
    {"us_ssn", IsUsSsn},
    {"uuid", IsUuid},
    {"verhoeff", IsVerhoeff},
    {"za_id", IsZaId},
};

static_assert(std::is_sorted(std::begin(kEntries), std::end(kEntries),
                             [](const Entry& a, const Entry& b) { return a.name < b.name; }));

}  // namespace

Validator FindValidator(std::string_view name) {
  const auto* entry = std::lower_bound(std::begin(kEntries), std::end(kEntries), name,
                                       [](const Entry& e, std::string_view n) { return e.name < n; });
  return entry != std::end(kEntries) && entry->name == name ? entry->validator : nullptr;
}

std::vector<std::string_view> ValidatorNames() {
  std::vector<std::string_view> names;
  names.reserve(std::size(kEntries));
  for (const Entry& entry : kEntries) names.push_back(entry.name);
  return names;
}

}  // namespace tokenfoundry::pii
