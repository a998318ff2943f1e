// Telephone numbers in the forms of each country, and what looks like them.
#include <gtest/gtest.h>

#include "tests/cpp/pii/detectors.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Numbers() {
  static const std::unique_ptr<const Detector> detector = *Detector::Create(
      {.entities = std::vector<std::string>{"CREDIT_CARD", "FR_SIREN", "IT_VAT_CODE", "PHONE_NUMBER", "UK_NHS"}});
  return *detector;
}

struct Seen {
  std::string value;
  Evidence evidence;
};

std::vector<Seen> PhonesIn(std::string_view text) {
  std::vector<Seen> phones;
  const std::vector<Finding> findings = *Numbers().Detect(text);
  for (const Finding& f : findings) {
    if (Numbers().entities()[f.entity] != "PHONE_NUMBER") continue;
    phones.push_back({std::string(text.substr(f.start, f.end - f.start)), f.evidence});
  }
  return phones;
}

// Each text has one number, between the brackets, which are not part of it.
void ExpectEach(std::initializer_list<std::string_view> texts) {
  for (const std::string_view marked : texts) {
    const size_t open = marked.find('[');
    const size_t close = marked.find(']');
    const std::string value(marked.substr(open + 1, close - open - 1));
    const std::string text = std::string(marked.substr(0, open)) + value + std::string(marked.substr(close + 1));
    const std::vector<Seen> phones = PhonesIn(text);
    ASSERT_EQ(phones.size(), 1u) << text;
    EXPECT_EQ(phones[0].value, value) << text;
  }
}

void ExpectNone(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    for (const Seen& phone : PhonesIn(text)) ADD_FAILURE() << text << ": " << phone.value;
  }
}

TEST(Phone, IsFoundInItalianForms) {
  ExpectEach({"[(0532) 123456]", "[(02)1234567]", "tel. [02 / 1234567]", "[011 - 1234567]", "[333-1234567]",
              "[+39-333-1234567]", "[+39.333.1234567]", "tel:[+393331234567]", "[800 123456] numero verde",
              "Numero verde: [800 12 34 56]", "centralino [840 123456]", "[333 123 4567]",
              "il cellulare è [393331234567]", "fisso: [0461.393386]"});
}

TEST(Phone, IsFoundInFrenchForms) {
  ExpectEach({"Appelez le [06 12 34 56 78].", "[01.42.68.53.00]", "[01-42-68-53-00]", "Tél. : [0142685300]",
              "[+33 (0)1 42 68 53 00]", "[0033 6 12 34 56 78]", "[+33612345678]"});
}

TEST(Phone, IsFoundInGermanAustrianAndSwissForms) {
  ExpectEach({"[0171/1234567]", "[030-1234567]", "[(030) 1234567]", "[030/1234567-12]", "Rufnummer [030 123 456 78]",
              "[+49(0)30 1234567]", "[0171 / 1234567]", "Handy: [01711234567]", "[0662 53209 683]", "[044 668 18 00]",
              "[+41 44 668 18 00]"});
}

TEST(Phone, IsFoundInSpanishAndPortugueseForms) {
  ExpectEach({"Llámame al [612 345 678].", "[91 123 45 67]", "[612 34 56 78]", "Ana, [612-345-678], por favor",
              "Móvil: [612345678]", "[+34 612 345 678]", "[(351) 912 345 678]"});
}

TEST(Phone, IsFoundInBritishAndAmericanForms) {
  ExpectEach({"[020 7946 0958]", "[07700 900123]", "[07700 900 123]", "[(0161) 496 0000]", "[+44 (0)20 7946 0958]",
              "call [02079460958] please", "[0800 123 4567]", "[(555) 123-4567]", "[555-123-4567]", "[212.555.0199]",
              "[1-800-555-0199]", "[001-212-555-0199]", "call me at [555-0199]", "Phone: [2125550199]"});
}

TEST(Phone, TakesItsExtension) {
  ExpectEach({"[212-555-0199x123]", "[+1 212 555 0199 ext. 123]", "[02 1234567 int. 12] di Milano",
              "[020 7946 0958 extension 7]", "[+39 02 1234567], interno 3", "[02 1234567] x 3 volte"});
}

TEST(Phone, IsFoundBareInASentence) {
  ExpectEach({"Ciao, sono Luca Rossi, [3331234567], vorrei disdire.", "Merci de demander Paul au [0612345678].",
              "Cordiali saluti\nMario Rossi\n[3331234567]\n"});
  ExpectNone({"L'ordine 3331234567 è partito ieri.", "Il valore 3331234567 è alto.", "user 3331234567 logged in",
              "order_id=3331234567", "ids: [3331234567, 3331234568]", "f(3331234567)",
              "2025-03-12 10:00:01 done 3331234567", "a,b,3331234567,c"});
}

TEST(Phone, IsSureBesideAWordThatSaysSo) {
  EXPECT_EQ(PhonesIn("tel. 333 1234567").at(0).evidence, Evidence::kContext);
  EXPECT_EQ(PhonesIn("333 1234567 (cellulare)").at(0).evidence, Evidence::kContext);
  EXPECT_EQ(PhonesIn("Mario, 333 1234567").at(0).evidence, Evidence::kPattern);
  EXPECT_EQ(PhonesIn("+39 333 1234567").at(0).evidence, Evidence::kPattern);
}

TEST(Phone, TakesAMistypedInternationalNumberOnlyWhereAWordSaysTelephone) {
  ExpectEach({"Tel. [+39 333 12345]", "Telefono: [+3265-96781890]"});
  ExpectNone({"+39 333 12345", "+3265-96781890", "+999 123456789", "Tel. +999 123456789"});
}

TEST(Phone, IsFoundInTheColumnThatIsHeadedSo) {
  ExpectEach({"id,telefono,nome\n1,[3331234567],Mario\n", "id;iban;phone_number\n1;;[0612345678]\n",
              "| Tel. | IP |\n| --- | --- |\n| [055-230162] | 10.2.0.1 |\n", "ip\tMobile\n10.0.0.1\t[612345678]\n",
              "id,tel\n1,[03 84 20 89 40]\n", "\"id\",\"tel\"\n\"1\",\"[3331234567]\"\n"});
  ExpectNone({"id,ref,nome\n1,3331234567,Mario\n", "tel,ref\n,333 1234567\n", "telefono,codice\nx,0612345678\n"});
}

TEST(Phone, FollowsAnotherOne) {
  const std::vector<Seen> phones = PhonesIn("Teléfonos: +34 722578872 y 644004068.");
  ASSERT_EQ(phones.size(), 2u);
  EXPECT_EQ(phones[1].value, "644004068");
}

TEST(Phone, IsNoOtherNumber) {
  ExpectNone({"Your order 100-2231-889",
              "order 0532-123456",
              "Rechnung 0053-386090",
              "fattura n. 0085/292247",
              "P.IVA 02345678901 e altro",
              "SIREN 732 829 320",
              "612 345 678 euros",
              "612.345.678",
              "612 345 678 €",
              "80.233.91.95 - - [12/Mar/2025:13:09:01]",
              "from 010.123.45.67",
              "040-30-8836",
              "row 851 405 8704 ok",
              "quantize('+35236450.6')",
              "standard 854-1987:",
              "\"-0123456789\" is called",
              "12\t345 1234567\t12",
              "lot 0043 706917",
              "42 U.S.C. 1983, 410 U.S. 113",
              "RFC 2119, ISO 9001:2015",
              "2019-2023 2020-2021",
              "550e8400-0532-123456-a716",
              "abc-0532-123456",
              "1741770843 1741770843123",
              "978-88-04-66823-7",
              "0 12 34 56 78 90 12",
              "+1.5 +20 000 000",
              "0755 123456 7 8",
              "docket 385-630-7852"});
}

}  // namespace
}  // namespace tokenfoundry::pii
