// Every validator of the registry under the same three questions: are the published examples accepted, is a wrong check
// refused, is anything else refused. What one scheme alone demands stands in validators_rules_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kNone = 99;  // No check character, or one that is not alone.

// `examples` are separated by spaces; `check` is the place of the check character, counted from the end. Where sizes
// are not fixed, one character more or less may make another value.
struct Case {
  std::string_view name;
  std::string_view examples;
  size_t check = 0;
  bool has_fixed_sizes = true;
  bool ignores_case = true;
};

// Published by the standard or the authority, documented test numbers, or made of 1234567 and the like.
constexpr Case kCases[] = {
    {"at_svnr", "1237010180", 6},
    {"at_uid", "ATU13585627 u13585627"},
    {"au_abn", "83914571673", 9},
    {"au_acn", "004085616 010499966"},
    {"au_medicare", "2123456701", 1, false},
    {"au_tfn", "123456782"},
    {"be_enterprise_number", "0428759497 BE0428759497"},
    {"be_national_number", "85073003328 17073003384"},
    {"bg_egn", "8032056031"},
    {"bg_vat", "175074752"},
    {"bic", "AGRIFRPP ABNABE2A AGRIFRPP882", kNone},
    {"bitcoin",
     "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy "
     "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4 "
     "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
     0, true, false},
    {"ca_sin", "123456782"},
    {"card", "4111111111111111 5555555555554444 378282246310005 2223003122003222"},
    {"ch_ahv", "7569217076985"},
    {"cy_vat", "CY10259033P"},
    {"cz_rodne_cislo", "7103192745"},
    {"cz_vat", "CZ25123891 7103192745 640903926"},
    {"de_bsnr", "021234568 721234567", kNone},
    {"de_fuehrerschein", "B072RRE2I55 J430A1RZN11", 1},
    {"de_health_insurance", "A000500015 A123456780"},
    {"de_identity_card", "L01X00T47 L01X00T471 L01X00T471D 1220001297D", kNone},
    {"de_identity_card_checked", "L01X00T471D 1220001297D 1220001518D", 1, false},
    {"de_lanr", "123456601 234567701 100000601", 2},
    {"de_passport", "C01X00T47 C01X0006H C01X00T478 C01X00T478D", kNone, false},
    {"de_passport_checked", "C01X00T478D C01X0006H1D", 1, false},
    {"de_plate",
     "BAB123 MXY999 HHAB1234 KAEF1H MILE1234E M\xC3\x9C"
     "A1 b\xC3\xBCsab12h",
     kNone, false},
    {"de_plate_district", "B HH MIL T\xC3\x9C b\xC3\xBCs BD", kNone, false},
    {"de_social_security", "15070649C103 65170839J003 65180539W001"},
    {"de_tax_id", "36574261809 86095742719 47036892816 65929970489"},
    {"de_tax_number", "18181508155 2893081508152 5133081508159", kNone, false},
    {"de_vat", "DE136695976 136695976"},
    {"dk_cpr", "2110625629", kNone},
    {"dk_cvr", "DK13585628"},
    {"dogecoin", "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE A37YDYSwz3438rFtm1SLVcQHyD7JeueC9H", 0, true, false},
    {"ee_isikukood", "36805280109"},
    {"ee_vat", "EE100594102"},
    {"es_cif", "J99216582 A58818501"},
    {"es_nie", "X2482300W"},
    {"es_nif", "54362315K M1234567L 12345678Z"},
    {"es_passport", "AAA123456 AB123456", kNone, false},
    {"ethereum",
     "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359 "
     "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB 0x52908400098527886E0F7030069857D2E4169EE7 "
     "0xde709f2102306220921060314715629080e2fb77",
     kNone, true, false},
    {"ethereum_unchecked", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed 0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED",
     kNone},
    {"eu_vat", "DE136695976 ATU13585627 XI980780684 ESJ99216582 IT00743110157 FR23334175221 EL094259216"},
    {"fi_business_id", "FI20774740"},
    {"fi_hetu", "131052308T 131052-308T 131052A308T"},
    {"fr_identity_card", "880692310285 D2H6862M2 X4RTBPFW4", kNone},
    {"fr_nir", "295109912611193 253072B07300470 253072A07300443"},
    {"fr_passport", "12AB34567", kNone},
    {"fr_siren", "404833048"},
    {"fr_siret", "73282932000074"},
    {"fr_tax_number", "3023217600053"},
    {"fr_vat", "FR23334175221 K7399859412 4Z123456782"},
    {"gr_afm", "EL094259216 GR094259216"},
    {"gr_amka", "01013099997"},
    {"hr_oib", "HR33392005961"},
    {"hu_taj", "123456788"},
    {"hu_tax_id", "8071592153"},
    {"hu_vat", "HU12892312"},
    {"iban", "DE89370400440532013000 IT60X0542811101000000123456"},
    {"icao_check_digit", "L898902C36 7408122", 0, false},
    {"ie_pps", "6433435F", 0},
    {"ie_vat", "IE6433435F 8D79739I", 0},
    {"in_aadhaar", "234123412346"},
    {"in_pan", "ACUPA7085R", kNone},
    {"iso7064_mod_11_10", "794623 002006673085", 0, false},
    {"iso7064_mod_97_10", "9999123456789012141490", 0, false},
    {"it_driver_license", "AA1234567A U1B23C456D", kNone},
    {"it_fiscal_code", "RSSMRA85T10A562S"},
    {"it_fiscal_code_temporary", "80012342772"},
    {"it_health_card", "80380000300012345677"},
    {"it_identity_card", "CA00000AA AA1234567 1234567AA", kNone},
    {"it_passport", "YA1234567", kNone},
    {"it_vat", "IT00743110157 00743110157"},
    {"kr_rrn", "9710139019902"},
    {"lei", "213800KUD8LAJWSQ9D15"},
    {"litecoin",
     "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ MJaRnao1s62a2zAKSkmG582KbLKianqb7v "
     "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
     0, true, false},
    {"lt_asmens_kodas", "33309240064"},
    {"lt_vat", "119511515 LT100001919017"},
    {"lu_vat", "LU15027442"},
    {"luhn", "78949", 0, false},
    {"lv_personas_kods", "16117519997 32867300679"},
    {"lv_vat", "LV40003521600 16117519997"},
    {"monero",
     "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A "
     "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H "
     "4BxSHvcgTwu25WooY4BVmgdcKwZu5EksVZSZkDd6ooxSVVqQ4ubxXkhLF6hEqtw96i9cf3cVfLw8UWe95bdDKfRQeYtPwLm1Jiw7AKt2LY",
     0, true, false},
    {"mt_vat", "MT11679112"},
    {"nl_bsn", "111222333"},
    {"nl_btw", "NL004495445B01 NL002455799B11", kNone},
    {"no_fodselsnummer", "15108695088"},
    {"pl_identity_card", "ABA300000 ABS123456"},
    {"pl_nip", "PL8567346215 1234563218"},
    {"pl_pesel", "44051401359"},
    {"pl_regon", "192598184 12345678512347"},
    {"pt_nif", "PT501964843"},
    {"ro_cnp", "1630615123457"},
    {"ro_vat", "RO18547290", 0, false},
    {"se_organisationsnummer", "1234567897"},
    {"se_personnummer", "8112189876 198112189876 8803200016"},
    {"se_vat", "SE123456789701", 2},
    {"sg_fin", "S1234567D T1234567J F1234567N G1234567X M1234567K"},
    {"si_emso", "0101006500006"},
    {"si_vat", "SI50223054"},
    {"sk_rodne_cislo", "7103192745"},
    {"sk_vat", "SK2022749619"},
    {"th_tnin", "3100600445635 1234545678781"},
    {"tr_id", "17291716060"},
    {"tron", "TLeUZDGLWnyiJVFcp3m3M1782uBsGWa8uf", 0, true, false},
    {"uk_driving_licence", "MORGA657054SM9IJ MORGA753116SM9IJ35", kNone},
    {"uk_nhs", "9434765870"},
    {"uk_nino", "AB123456C", kNone},
    {"uk_passport", "123456789 AB1234567", kNone},
    {"uk_postcode", "SW1A1AA M11AE B338TH CR26XH DN551PT GIR0AA EC1A1BB", kNone, false},
    {"uk_vat", "GB980780684 XI980780684 GBGD001 GBHA599", kNone},
    {"uk_vehicle_registration", "AB51ABC A123BCD ABC123D A1BCD", kNone, false},
    {"us_dea", "AB1234563 F91234563"},
    {"us_driver_license", "H12234567890 1234567 AB12345", kNone, false},
    {"us_itin", "912903456 912701234", kNone},
    {"us_mbi", "1EG4TE5MK73", kNone},
    {"us_npi", "1234567893"},
    {"us_passport", "123456789 A12345678", kNone},
    {"us_routing_number", "111000025"},
    {"us_ssn", "536904399", kNone},
    {"uuid", "f81d4fae7dec11d0a76500a0c91e6bf6", kNone},
    {"verhoeff", "12340", 0, false},
    {"za_id", "7503305044089"},
};

std::vector<std::string> ExamplesOf(const Case& test) {
  std::vector<std::string> examples;
  std::string_view rest = test.examples;
  while (!rest.empty()) {
    const size_t size = std::min(rest.find(' '), rest.size());
    examples.emplace_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return examples;
}

std::string InCase(std::string text, int (*convert)(int)) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(convert(c));
  }
  return text;
}

class Validators : public testing::TestWithParam<Case> {
 protected:
  static bool Accepts(std::string_view value) { return FindValidator(GetParam().name)(value); }
};

TEST_P(Validators, AcceptThePublishedExamplesInEitherCase) {
  for (const std::string& example : ExamplesOf(GetParam())) {
    EXPECT_TRUE(Accepts(example)) << example;
    if (!GetParam().ignores_case) continue;
    EXPECT_TRUE(Accepts(InCase(example, std::tolower))) << example;
    EXPECT_TRUE(Accepts(InCase(example, std::toupper))) << example;
  }
}

TEST_P(Validators, RefuseEveryOtherCheckCharacter) {
  if (GetParam().check == kNone) return;
  constexpr std::string_view kCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const std::string& example : ExamplesOf(GetParam())) {
    const size_t at = example.size() - 1 - GetParam().check;
    for (const char c : kCharacters) {
      std::string wrong = example;
      if (std::toupper(c) == std::toupper(wrong[at])) continue;
      // One scheme writes its check as a digit or as the letter that stands for it.
      if (GetParam().name == "es_cif" && std::isdigit(c) != std::isdigit(wrong[at])) continue;
      if (GetParam().name == "eu_vat" && example.starts_with("ES")) continue;
      wrong[at] = c;
      EXPECT_FALSE(Accepts(wrong)) << wrong;
    }
  }
}

TEST_P(Validators, RefuseOneCharacterMoreOrLess) {
  EXPECT_FALSE(Accepts(""));
  if (!GetParam().has_fixed_sizes) return;
  EXPECT_FALSE(Accepts(std::string(200, '1')));
  EXPECT_FALSE(Accepts(std::string(200, 'A')));
  const std::vector<std::string> examples = ExamplesOf(GetParam());
  for (const std::string& example : examples) {
    for (const std::string& wrong :
         {example.substr(1), example.substr(0, example.size() - 1), example + "1", example + "A", "1" + example}) {
      // A shorter form may be an example of its own.
      if (std::find(examples.begin(), examples.end(), wrong) != examples.end()) continue;
      EXPECT_FALSE(Accepts(wrong)) << wrong;
    }
  }
}

TEST_P(Validators, RefuseAnyOtherByteInAnyPlace) {
  for (const std::string& example : ExamplesOf(GetParam())) {
    for (size_t at = 0; at < example.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        if (byte < 0x80 && std::isalnum(byte)) continue;
        std::string wrong = example;
        if (wrong[at] == static_cast<char>(byte)) continue;
        wrong[at] = static_cast<char>(byte);
        // The signs of two schemes are no letters, and an umlaut's second byte makes another umlaut.
        if (GetParam().name == "fi_hetu" || GetParam().name == "ie_vat" ||
            static_cast<unsigned char>(example[at]) >= 0x80)
          continue;
        EXPECT_FALSE(Accepts(wrong)) << wrong << " at " << at;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Validators, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ValidatorNames, AreSortedAndEachHasExamples) {
  std::vector<std::string_view> tested;
  for (const Case& test : kCases) tested.push_back(test.name);
  EXPECT_EQ(ValidatorNames(), tested);
  EXPECT_TRUE(std::is_sorted(tested.begin(), tested.end()));
}

TEST(FindValidator, KnowsNoOtherName) {
  for (const char* name : {"", "a", "LUHN", "luhn ", "zz"}) EXPECT_EQ(FindValidator(name), nullptr) << name;
}

}  // namespace
}  // namespace tokenfoundry::pii
