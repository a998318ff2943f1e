#include "tokenfoundry/pii/recognizers/code_forms_internal.h"

namespace tokenfoundry::pii {
namespace {

using enum Strength;

// What stands in the catalogue's `source` column defines each form.
constexpr CodeForms kTable[] = {
    // Italy
    {Entity::kItVatCode, "ITddddddddddd|IT ddddddddddd|IVAddddddddddd", "it_vat", kProves},
    {Entity::kItVatCode, "ddddddddddd|ddd ddd ddd dd|ddd dddd dddd|dd ddd ddd ddd|ddddd ddd ddd|ddddd dddddd", "it_vat",
     kChecks},
    {Entity::kItFiscalCode, "ddddddddddd", "it_fiscal_code_temporary", kForm},
    {Entity::kItIdentityCard, "lldddddll|ll ddddd ll", "it_identity_card", kForm},
    {Entity::kItIdentityCard, "llddddddd|ll ddddddd|dddddddll", "", kForm},
    {Entity::kItPassport, "llddddddd|ll ddddddd", "it_passport", kForm},
    {Entity::kItDriverLicense, "llddddddd l|lldddddddl|U1xxxxxxxl", "it_driver_license", kForm},
    {Entity::kItHealthCard, "80380ddddddddddddddd|80380 ddddd ddddd ddddd|8038 0ddd dddd dddd dddd", "it_health_card",
     kProves},
    // Spain
    {Entity::kEsNif, "ddddddddl|dddddddd l|dd ddd ddd l|dd ddd dddl|d ddd dddl|ddddddd l", "es_nif", kProves},
    {Entity::kEsNif, "Kdddddddl|Ldddddddl|Mdddddddl", "es_nif", kProves},
    {Entity::kEsNie, "ldddddddl|l dddddddl|l ddddddd l|lddddddd l|l d ddd ddd l", "es_nie", kProves},
    {Entity::kEsCif, "ldddddddx|l dddddddx|l ddddddd x|lddddddd x|l dd ddd ddd", "es_cif", kChecks},
    {Entity::kEsPassport, "llldddddd|lll dddddd|lldddddd", "es_passport", kForm},
    // France
    {Entity::kFrNir, "ddddddddddddddd|ddddddddddddd dd|d dd dd dd ddd ddd dd|d dd dd xx ddd ddd dd", "fr_nir", kProves},
    {Entity::kFrNir, "ddddd2Adddddddd|ddddd2Bdddddddd|d dd dd dxddd ddd dd|d dd dd dxdddddd dd|ddddddxdddddd dd",
     "fr_nir", kProves},
    {Entity::kFrSiren, "ddddddddd|ddd ddd ddd", "fr_siren", kChecks},
    {Entity::kFrSiret, "dddddddddddddd|ddd ddd ddd ddddd|ddddddddd ddddd", "fr_siret", kChecks},
    {Entity::kFrPassport, "ddllddddd|dd ll ddddd", "fr_passport", kForm},
    {Entity::kFrCni, "dddddddddddd|xxxxxxxxx", "fr_identity_card", kForm},
    // Germany
    {Entity::kDeTaxId, "ddddddddddd|dd ddd ddd ddd|ddd ddd ddd dd", "de_tax_id", kChecks},
    {Entity::kDeVatId, "DEddddddddd|DE ddddddddd|DE ddd ddd ddd", "de_vat", kProves},
    {Entity::kDeTaxNumber,
     "ddddddddddddd|dd/ddd/ddddd|ddd/ddd/ddddd|ddd/dddd/dddd|dd ddd ddddd|ddd ddd ddddd|ddd dddd dddd", "", kForm},
    {Entity::kDeIdCard, "lxxxxxxxx", "de_identity_card", kForm},
    {Entity::kDeIdCard, "lxxxxxxxxd", "de_identity_card_checked", kChecks},
    {Entity::kDePassport, "lxxxxxxxx", "de_passport", kForm},
    {Entity::kDePassport, "lxxxxxxxxd", "de_passport_checked", kChecks},
    {Entity::kDeSocialSecurity, "ddddddddlddd|dd dddddd l ddd|ddddddddl ddd|dd dddddd lddd", "de_social_security",
     kProves},
    {Entity::kDeHealthInsurance, "lddddddddd|l ddd ddd ddd", "de_health_insurance", kChecks},
    {Entity::kDeLanr, "ddddddddd", "de_lanr", kForm},
    {Entity::kDeBsnr, "ddddddddd", "de_bsnr", kForm},
    {Entity::kDeFuehrerschein, "xxxxxxxxxxx", "de_fuehrerschein", kForm},
    {Entity::kDeHandelsregister, "HRAdddd|HRAddddd|HRAdddddd|HRBdddd|HRBddddd|HRBdddddd", "", kForm},
    {Entity::kDeHandelsregister, "HRA ddd|HRA dddd|HRA ddddd|HRA dddddd|HRB ddd|HRB dddd|HRB ddddd|HRB dddddd", "",
     kForm},
    // United Kingdom
    {Entity::kUkNino, "lldddddd l|llddddddl|ll dd dd dd l|ll dddddd l", "uk_nino", kForm},
    {Entity::kUkNhs, "dddddddddd|ddd ddd dddd", "uk_nhs", kChecks},
    {Entity::kUkPassport, "ddddddddd|llddddddd", "uk_passport", kForm},
    {Entity::kUkDrivingLicence, "xxxxxddddddxxxxx|xxxxx dddddd xxxxx|xxxxxddddddxx xxx", "uk_driving_licence", kProves},
    // Other countries of Europe
    {Entity::kPlPesel, "ddddddddddd", "pl_pesel", kChecks},
    {Entity::kPlNip, "dddddddddd|ddd ddd dd dd|ddd dd dd ddd|PLdddddddddd", "pl_nip", kChecks},
    {Entity::kPlRegon, "ddddddddd|dddddddddddddd", "pl_regon", kChecks},
    {Entity::kPlIdentityCard, "llldddddd|lll dddddd", "pl_identity_card", kChecks},
    {Entity::kPtNif, "ddddddddd|ddd ddd ddd|PTddddddddd", "pt_nif", kChecks},
    {Entity::kNlBsn, "ddddddddd|dddd dd ddd|ddd ddd ddd", "nl_bsn", kChecks},
    {Entity::kBeNationalNumber, "dd.dd.dd-ddd.dd", "be_national_number", kProves},
    {Entity::kBeNationalNumber, "ddddddddddd|dd dd dd ddd dd|dddddd ddd dd", "be_national_number", kChecks},
    {Entity::kAtSvnr, "dddddddddd|dddd dddddd|ddd d dddddd", "at_svnr", kChecks},
    {Entity::kDkCpr, "dddddd-dddd", "dk_cpr", kChecks, 0.5},
    {Entity::kDkCpr, "dddddddddd|dddddd dddd", "dk_cpr", kChecks},
    {Entity::kFiPersonalIdentityCode,
     "dddddd-dddx|dddddd+dddx|ddddddAdddx|ddddddBdddx|ddddddCdddx|ddddddDdddx|ddddddEdddx|ddddddFdddx|ddddddUdddx|"
     "ddddddVdddx|ddddddWdddx|ddddddXdddx|ddddddYdddx",
     "fi_hetu", kProves},
    {Entity::kSePersonnummer, "dddddd-dddd|dddddddd-dddd|dddddd+dddd", "se_personnummer", kProves},
    {Entity::kSePersonnummer, "dddddddddd|dddddddddddd", "se_personnummer", kChecks},
    {Entity::kSeOrganisationsnummer, "dddddd-dddd|dddddddddd", "se_organisationsnummer", kChecks},
    {Entity::kChAhv, "756ddddddddd d|756dddddddddd|756 dddd dddd dd", "ch_ahv", kProves},
    {Entity::kNoFodselsnummer, "ddddddddddd|dddddd ddddd", "no_fodselsnummer", kChecks},
    {Entity::kCzBirthNumber, "dddddd/dddd", "cz_rodne_cislo", kChecks, 0.6},
    {Entity::kCzBirthNumber, "dddddddddd", "cz_rodne_cislo", kChecks},
    {Entity::kRoCnp, "ddddddddddddd", "ro_cnp", kChecks},
    {Entity::kBgEgn, "dddddddddd", "bg_egn", kChecks},
    {Entity::kHrOib, "ddddddddddd", "hr_oib", kChecks},
    {Entity::kGrAmka, "ddddddddddd", "gr_amka", kChecks},
    {Entity::kEeIsikukood, "ddddddddddd", "ee_isikukood", kChecks},
    {Entity::kIePps, "dddddddl|dddddddll|ddddddd l|ddddddd ll", "ie_pps", kChecks},
    // VAT numbers with their country's letters; Italy's, Germany's, Spain's and Poland's are above or here.
    {Entity::kEuVatNumber,
     "ATUdddddddd|ATU dddddddd|AT Udddddddd|BEdddddddddd|BE dddddddddd|BE dddd ddd "
     "ddd|BGddddddddd|BGdddddddddd|CYddddddddl|"
     "CZdddddddd|CZddddddddd|CZdddddddddd|DEddddddddd|DKdddddddd|DK dd dd dd dd|DK dddddddd|EEddddddddd|ELddddddddd|"
     "ESxdddddddx|ES xdddddddx|ES-xdddddddx|FIdddddddd|FI dddddddd|FRxxddddddddd|FR xx ddddddddd|FR xxddddddddd|"
     "FR xx ddd ddd ddd|FRxx ddd ddd ddd|HRddddddddddd|HR ddddddddddd|HUdddddddd|HU dddddddd|IEdxdddddl|IEdddddddl|"
     "IEdddddddll|IE dddddddl|IE dddddddll|ITddddddddddd|LTddddddddd|LTdddddddddddd|LUdddddddd|LU "
     "dddddddd|LVddddddddddd|"
     "MTdddddddd|NLdddddddddBdd|NL dddddddddBdd|NL ddddddddd B dd|NLddddddddd B dd|NL dddd dd ddd B dd|PLdddddddddd|"
     "PL dddddddddd|PL ddd ddd dd dd|PTddddddddd|PT ddddddddd|PT ddd ddd ddd|ROdddddddd|ROddddddddd|ROdddddddddd|"
     "SEdddddddddd01|SE dddddddddd01|SIdddddddd|SI dddddddd|SKdddddddddd|SK dddddddddd|XIddddddddd|GBddddddddd|"
     "GB ddddddddd|GB ddd dddd dd",
     "eu_vat", kProves},
    // United States
    {Entity::kUsSsn, "ddd-dd-dddd", "us_ssn", kForm, 0.6},
    {Entity::kUsSsn, "ddddddddd|ddd dd dddd", "us_ssn", kForm},
    {Entity::kUsItin, "9dd-dd-dddd", "us_itin", kForm, 0.6},
    {Entity::kUsItin, "9dddddddd|9dd dd dddd", "us_itin", kForm},
    {Entity::kUsNpi, "dddddddddd|dddd ddd ddd|ddd ddd dddd", "us_npi", kChecks},
    {Entity::kUsMbi, "dlxdlxdlldd|dlxd-lxd-lldd", "us_mbi", kForm},
    {Entity::kAbaRoutingNumber, "ddddddddd|dddd-dddd-d", "us_routing_number", kChecks},
    {Entity::kMedicalLicense, "llddddddd|l9ddddddd", "us_dea", kChecks},
    {Entity::kUsPassport, "ddddddddd|ldddddddd", "us_passport", kForm},
    {Entity::kUsDriverLicense,
     "lddddddd|ldddddddd|lddddddddd|ldddddddddddd|ldddddddddddddd|ddddddd|dddddddd|ddddddddd|lldddddd|llddddddd|lddd "
     "dddd "
     "dddd|lddd ddd dd ddd d",
     "", kForm},
    {Entity::kUsBankNumber,
     "dddddddd|ddddddddd|dddddddddd|ddddddddddd|dddddddddddd|ddddddddddddd|dddddddddddddd|ddddddddddddddd|"
     "dddddddddddddddd|"
     "ddddddddddddddddd",
     "", kForm},
    {Entity::kUsHealthInsuranceMemberId,
     "lllddddddddd|lllddddddddddd|ldddddddd|lddddddddd|lldddddddd|llddddddddd|lll "
     "ddddddddd|lll-dddddd|ddddddddd|dddddddddd|"
     "ddddddddddd|lllxddddddddd",
     "", kForm},
    {Entity::kUsPriorAuthorizationNumber,
     "PA dddddd|PA ddddddd|PA dddddddd|dddddd|ddddddd|dddddddd|ddddddddd|dddddddddd", "", kForm},
    {Entity::kUsClaimNumber,
     "CLM dddddd|CLM ddddddd|CLM dddddddd|CLM dddddddddd|dddddddd|ddddddddd|dddddddddd|ddddddddddd|dddddddddddd", "",
     kForm},
    {Entity::kUsPrescriptionNumber, "RX dddddd|RX ddddddd|RX dddddddd|RXddddddd|dddddd|ddddddd|dddddddd", "", kForm},
    {Entity::kUsReferralNumber, "REF dddddd|REF ddddddd|REF dddddddd|dddddd|ddddddd|dddddddd|ddddddddd|dddddddddd", "",
     kForm},
    {Entity::kUsProviderTaxId, "dd-ddddddd", "", kForm},
    {Entity::kUuid, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "uuid", kProves},
};

}  // namespace

std::span<const CodeForms> CodeFormTable() { return kTable; }

}  // namespace tokenfoundry::pii
