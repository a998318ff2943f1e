// What one scheme alone demands of its values, beside the form and the check that validators_test.cc asks of all.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::pii {
namespace {

struct Rule {
  std::string_view rule;
  std::string_view name;
  std::string_view value;
  bool is_accepted;
};

constexpr Rule kRules[] = {
    {"no office has the number 150", "it_vat", "12345671502", false},
    {"San Marino's office is 888", "it_vat", "12345678887", true},
    {"nobody counts from zero", "it_vat", "00000000109", false},
    {"any office may issue the numeric code", "it_fiscal_code_temporary", "12345671502", true},
    {"a health card is Italy's", "it_health_card", "80276000300012345677", false},
    {"U1 stands before characters that look like no other", "it_driver_license", "U1A23C456D", false},
    {"a kind of body that does not exist", "es_cif", "I12345674", false},
    {"the digit and the letter of one check", "es_cif", "A58818501", true},
    {"the digit and the letter of one check", "es_cif", "A5881850A", true},
    {"J stands for zero", "es_cif", "P1234567D", true},
    {"a foreigner's number is not a citizen's", "es_nif", "X2482300W", false},
    {"La Poste's head office is under Luhn", "fr_siret", "35600000000048", true},
    {"La Poste's offices add up to a multiple of five", "fr_siret", "35600000049837", true},
    {"La Poste's offices add up to a multiple of five", "fr_siret", "35600000049838", false},
    {"no sex is 9", "fr_nir", "985057800670342", false},
    {"no month is 15", "fr_nir", "115007800680603", false},
    {"Corsica is 2A and 2B", "fr_nir", "253072C07300443", false},
    {"Monaco's numbers have no SIREN", "fr_vat", "42000000010", true},
    {"a card of 1988 was issued in a month", "fr_identity_card", "881392310285", false},
    {"a digit stands twice", "de_tax_id", "12345678903", false},
    {"the unified number holds a 0", "de_tax_number", "2893181508152", false},
    {"no Land is 29", "de_tax_number", "2993081508152", false},
    {"a passport's letters are not a card's", "de_identity_card", "C01X00T47", false},
    {"a card's letters are not a passport's", "de_passport", "L01X00T47", false},
    {"no vowel is in a serial number", "de_identity_card", "L01A00T47", false},
    {"a check digit that is there must be right", "de_identity_card", "L01X00T472", false},
    {"the area of a pension office", "de_social_security", "00070649C106", false},
    {"a month that does not exist", "de_social_security", "15071349C107", false},
    {"Q has no Land", "de_fuehrerschein", "Q072RRE2I85", false},
    {"no district is XX", "de_plate", "XXAB123", false},
    {"no number begins with zero", "de_plate", "BAB0123", false},
    {"a plate has letters between", "de_plate", "B1234", false},
    {"no district is QQ", "de_plate_district", "QQ", false},
    {"HMRC's example is not issued", "uk_nino", "QQ123456C", false},
    {"a prefix never issued", "uk_nino", "BG123456A", false},
    {"no second letter is O", "uk_nino", "AO123456A", false},
    {"a name begins with a letter", "uk_driving_licence", "9ORGA657054SM9IJ", false},
    {"a name is filled from behind", "uk_driving_licence", "MO9GA657054SM9IJ", false},
    {"a short name is filled", "uk_driving_licence", "FOX99657054S99IJ", true},
    {"a month that does not exist", "uk_driving_licence", "MORGA613054SM9IJ", false},
    {"February has no 30th", "uk_driving_licence", "MORGA602304SM9IJ", false},
    {"no post town is QQ", "uk_postcode", "QQ11AA", false},
    {"no unit has a C", "uk_postcode", "SW1A1AC", false},
    {"no half year is 50", "uk_vehicle_registration", "AB50ABC", false},
    {"no new plate has an I", "uk_vehicle_registration", "AI51ABC", false},
    {"no serial number begins with zero", "uk_vehicle_registration", "A023BCD", false},
    {"June has no 31st", "pl_pesel", "44063101357", false},
    {"the fourteen begin with the nine", "pl_regon", "12345678612342", false},
    {"eight digits of an old number", "nl_bsn", "12345672", true},
    {"a company's number ends in no 00", "nl_btw", "004495445B00", false},
    {"a bis number is 40 months higher", "be_national_number", "63470146918", true},
    {"a day above 31", "be_national_number", "85073520891", false},
    {"no 15th month but the months for full days", "at_svnr", "1248011680", false},
    {"the 29th of February 1900 was none", "dk_cpr", "2902001234", false},
    {"the 29th of February 2000 was one", "dk_cpr", "2902004234", true},
    {"900 and above name nobody", "fi_hetu", "131052900W", false},
    {"a sign the register does not use", "fi_hetu", "131052G308T", false},
    {"a coordination number is 60 days higher", "se_personnummer", "7010632391", true},
    {"November has no 31st", "se_personnummer", "8111319870", false},
    {"a person's number is no organisation's", "se_organisationsnummer", "8112189876", false},
    {"no county is 60", "ro_cnp", "1630615603455", false},
    {"no number of nine digits is of 1954", "cz_rodne_cislo", "540101123", false},
    {"a woman's month is 50 higher", "cz_rodne_cislo", "7153192740", true},
    {"nobody was born in 2600", "ee_isikukood", "96805280104", false},
    {"a 9 stands for no birth", "lt_asmens_kodas", "96805280105", false},
    {"an area never given", "us_ssn", "666123456", false},
    {"an area never given", "us_ssn", "000123456", false},
    {"a taxpayer's number is no social security number", "us_ssn", "912703456", false},
    {"no group is 00", "us_ssn", "123004567", false},
    {"no serial number is 0000", "us_ssn", "123450000", false},
    {"the number of the wallet's specimen", "us_ssn", "078051120", false},
    {"the number of the pamphlet", "us_ssn", "219099999", false},
    {"group 93 is another kind of number", "us_itin", "912933456", false},
    {"group 66 was never given", "us_itin", "912663456", false},
    {"a provider's number begins with 1 or 2", "us_npi", "3234567899", false},
    {"no letter of the identifier is an S", "us_mbi", "1SG4TE5MK73", false},
    {"no Federal Reserve district is 35", "us_routing_number", "357010264", false},
    {"no registrant is an I", "us_dea", "IB1234563", false},
    {"XX is no country", "bic", "AGRIXXPP", false},
    {"XK is Kosovo", "bic", "AGRIXKPP", true},
    {"a number needs its state", "eu_vat", "00743110157", false},
    {"the state is written once", "eu_vat", "ITIT00743110157", false},
    {"Great Britain is no member", "eu_vat", "GB980780684", false},
    {"version 9 is none", "uuid", "f81d4fae7dec91d0a76500a0c91e6bf6", false},
    {"another variant", "uuid", "f81d4fae7dec11d0c76500a0c91e6bf6", false},
    {"a palindrome", "in_aadhaar", "234144441432", false},
    {"the kind of holder", "in_pan", "ACUZA7085R", false},
    {"neither citizen nor resident", "za_id", "7503305044287", false},
    {"Bech32 does not do for version 1 (BIP 350)", "bitcoin",
     "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", false},
    {"Bech32m does not do for version 0 (BIP 350)", "bitcoin",
     "BC1Q0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", false},
    {"a program of the wrong size (BIP 173)", "bitcoin", "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", false},
    {"mixed case (BIP 173)", "bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", false},
    {"the test network's", "bitcoin", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", false},
    {"one digit's case is wrong", "ethereum", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", false},
    {"no checksum is there", "ethereum", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", false},
    {"a wrong checksum is no missing one", "ethereum_unchecked", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", false},
    {"no 0x in front", "ethereum_unchecked", "de709f2102306220921060314715629080e2fb77de", false},
};

TEST(Validators, KeepTheRulesOfTheirSchemes) {
  for (const Rule& rule : kRules) {
    const Validator validator = FindValidator(rule.name);
    ASSERT_NE(validator, nullptr) << rule.name;
    EXPECT_EQ(validator(rule.value), rule.is_accepted) << rule.name << " " << rule.value << ": " << rule.rule;
  }
}

// Every byte string in which one byte is neither letter nor digit, of every size that a value has and beyond.
TEST(Validators, RefuseAnyBytes) {
  std::mt19937 source(1);
  for (const std::string_view name : ValidatorNames()) {
    for (size_t size = 1; size <= 130; ++size) {
      std::string value(size, '\0');
      for (char& c : value) c = static_cast<char>(source());
      value[source() % size] = '\xFF';
      EXPECT_FALSE(FindValidator(name)(value)) << name;
      for (char& c : value) c = "0123456789ABCDEFabcdefxX"[source() % 24];
      value[source() % size] = '\xFF';
      EXPECT_FALSE(FindValidator(name)(value)) << name << " " << value;
    }
  }
}

TEST(Validators, RefuseRowsOfZeros) {
  for (const std::string_view name : ValidatorNames()) {
    for (size_t size = 1; size <= 40; ++size) {
      if (name == "iso7064_mod_97_10" || name == "us_driver_license" || name == "icao_check_digit") continue;
      EXPECT_FALSE(FindValidator(name)(std::string(size, '0'))) << name << " " << size;
    }
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
