#include "tokenfoundry/pii/detector.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/cpp/pii/detectors.h"

namespace tokenfoundry::pii {
namespace {

using Found = std::vector<std::pair<std::string, std::string>>;

Found FindIn(const Detector& detector, std::string_view text) {
  Found found;
  const auto findings = detector.Detect(text);
  EXPECT_TRUE(findings.ok()) << findings.status();
  for (const Finding& f : *findings) {
    found.emplace_back(detector.entities()[f.entity], text.substr(f.start, f.end - f.start));
  }
  return found;
}

struct Case {
  std::string_view before;
  std::string_view value;
  std::string_view after;
};

void ExpectEach(std::string_view entity, std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    const std::string text = std::string(c.before) + std::string(c.value) + std::string(c.after);
    EXPECT_EQ(FindIn(EverythingButNames(), text), (Found{{std::string(entity), std::string(c.value)}})) << text;
  }
}

void ExpectNone(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_EQ(FindIn(EverythingButNames(), text), Found{}) << text;
}

TEST(Detector, FindsEmailAddressesWithTheirExactExtent) {
  ExpectEach("EMAIL_ADDRESS",
             {{"", "mario.rossi@example.it", ""},
              {"Scrivi a ", "mario.rossi+fatture@posta.example.it", ", grazie."},
              {"<", "m_r%x-1@example.co.uk", ">"},
              {"mailto:", "info@example.org", "?subject=ciao"},
              {"email=", "info@example.org", "&x=1"},
              {"vedi...", "mario@example.it", "."},
              {"'", "mario@example.it", "'"},
              {"(", "o'brien@example.ie", ")"},
              {"", "niccolò@example.it", " è lui"},
              {"è ", "mario@università.example.it", ""},
              {"", "mario@example.xn--p1ai", ""},
              {"----------------------------------------------------------------------", "mario@example.it", "---"},
              {"", "mario@example.it", ".5 e via"},
              {"**", "mario@example.it", "**"},
              {"[", "mario@example.it", "](mailto)"}});
}

TEST(Detector, LeavesWhatOnlyLooksLikeAnEmailAddress) {
  ExpectNone({"@", "a@", "@b.it", "@mario ciao", "user@localhost", "logo@2x.png", "pacchetto@1.2.3", "a@b", "a@.it",
              "a@-x.it", "a@b..it", "mario @ esempio", "git log @{u}"});
}

TEST(Detector, FindsIbansHoweverTheyAreSpaced) {
  ExpectEach("IBAN_CODE", {{"IBAN ", "IT60X0542811101000000123456", " intestato"},
                           {"Bonifico su ", "IT60 X054 2811 1010 0000 0123 456", " entro venerdì"},
                           {"", "IT 60 X 05428 11101 000000123456", "."},
                           {"iban:", "it60x0542811101000000123456", ","},
                           {"IBAN", "IT60X0542811101000000123456", ""},
                           {"", "IT60-X054-2811-1010-0000-0123-456", ""},
                           {"", "IT60\u00A0X054\u00A02811\u00A01010\u00A00000\u00A00123\u00A0456", ""},
                           {"Konto: ", "DE89 3704 0044 0532 0130 00", " bitte"},
                           {"", "NO93 8601 1117 947", " e 12"},
                           {"", "MT84 MALT 0110 0001 2345 MTLC AST0 01S", ""},
                           {"«", "CH93 0076 2011 6238 5295 7", "»"}});
}

TEST(Detector, LeavesIbansThatDoNotCheckOut) {
  ExpectNone({"IT61X0542811101000000123456", "IT61 X054 2811 1010 0000 0123 456", "IT60X05428111010000001234567",
              "XIT60X0542811101000000123456", "IT60X054281110100000012345", "DE88 3704 0044 0532 0130 00", "IT60",
              "FR77 3000 6000 0112 3456 7890 189", "CH94 0076 2011 6238 5295 7"});
}

TEST(Detector, FindsFiscalCodes) {
  ExpectEach("IT_FISCAL_CODE", {{"C.F. ", "RSSMRA85T10A562S", "."},
                                {"codice fiscale ", "rssmra85t10a562s", " di Mario"},
                                {"", "RSS MRA 85T10 A562 S", ""},
                                {"l’", "RSSMRA85T10A562S", "’"},
                                {"", "RSSMRA85T10A56NH", ""}});
}

TEST(Detector, LeavesFiscalCodesThatDoNotCheckOut) {
  ExpectNone({"RSSMRA85T10A562T", "RSSMRA85T32A562S", "XRSSMRA85T10A562S", "RSSMRA85T10A562S1", "RSS MRA 85T10 A562 T",
              "RSS MRA 85T10 A56N H", "RSSMRA85F10A562S"});
}

TEST(Detector, FindsCardNumbersAsTheyAreWritten) {
  ExpectEach("CREDIT_CARD", {{"Carta ", "4111111111111111", " scad. 12/26"},
                             {"", "4111 1111 1111 1111", " 12/26 123"},
                             {"n. ", "4111-1111-1111-1111", "."},
                             {"", "3782 822463 10005", ""},
                             {"", "3852 000002 3237", ","},
                             {"", "2223 0031 2200 3222", ""},
                             {"", "6205 5000 0000 0000 004", ""},
                             {"2 ", "5555 5555 5555 4444", " 3"},
                             {"", "4111\u00A01111\u00A01111\u00A01111", ""}});
}

TEST(Detector, LeavesNumbersThatAreNoCards) {
  ExpectNone({"4111111111111112", "4111 1111 1111 1112", "41111111111111111", "x4111111111111111", "4111111111111111x",
              "0.4111111111111111", "4111111111111111.5", "12-4111111111111111", "4111-1111-1111-1111-12",
              "4 111111111111111", "411111 1111111111", "1700000000000", "1700000000000000", "4006381333931",
              "20240131123059", "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e"});
}

TEST(Detector, FindsPhoneNumbers) {
  ExpectEach("PHONE_NUMBER", {{"", "+39 333 1234567", ""},
                              {"tel", "+39 333 1234567", ""},
                              {"Tel: ", "+393331234567", "."},
                              {"al ", "+39 02 1234 5678", ", interno 3"},
                              {"", "+39 (0)2 12345678", ""},
                              {"", "(+39) 333 1234567", ""},
                              {"chiama ", "0039 333 1234567", " ora"},
                              {"", "00393331234567", ""},
                              {"", "+44 (0)20 7946 0958", ""},
                              {"call ", "+1 (555) 123-4567", " now"},
                              {"", "+1-555-123-4567", ""},
                              {"", "+33 1 42 68 53 00", ""},
                              {"", "+49 151 12345678", ""},
                              {"", "+351 912 345 678", ""},
                              {"", "333 1234567", ""},
                              {"cell. ", "333-1234567", ""},
                              {"", "333/1234567", " oppure scrivi"},
                              {"", "333 123 4567", " grazie"},
                              {"", "333.123.4567", "."},
                              {"", "347 12 34 567", ""},
                              {"Chiamami al ", "3331234567", " domani"},
                              {"Il mio cellulare è ", "3331234567", "."},
                              {"rispondi al ", "3331234567", ""},
                              {"", "02 12345678", ""},
                              {"ufficio ", "06-12345678", ""},
                              {"", "011/1234567", ""},
                              {"", "0532 123456", ""},
                              {"", "(02) 1234567", ""},
                              {"", "02 1234 5678", ""},
                              {"", "0532 12 34 56", ""},
                              {"telefono ", "0212345678", ""},
                              {"", "39 333 1234567", ""},
                              {"", "+39\u00A0333\u00A01234567", ""},
                              {"", "+39 333 1234567", " 12 volte"}});
  EXPECT_EQ(FindIn(EverythingButNames(), "333 1234567 347 7654321 e +39 02 1234567/333 1234567"),
            (Found{{"PHONE_NUMBER", "333 1234567"},
                   {"PHONE_NUMBER", "347 7654321"},
                   {"PHONE_NUMBER", "+39 02 1234567"},
                   {"PHONE_NUMBER", "333 1234567"}}));
}

TEST(Detector, LeavesDigitsThatAreNoPhoneNumbers) {
  ExpectNone({"3331234567",
              "codice 3331234567",
              "0212345678",
              "ordine 0123-456789",
              "fattura n. 0532 123456",
              "02/12/2024",
              "02-12-2024",
              "06.11.2024",
              "02 12 2024",
              "02 12 2024 10 30",
              "2024-02-12",
              "2024-02-12T06:30:00",
              "09:30",
              "€ 333.123,45",
              "333.123.456 euro",
              "350 000 000",
              "+100 punti",
              "+12,5%",
              "3+12345678901",
              "+20 000 000",
              "0012345678901",
              "000393331234567",
              "12345 333 1234567",
              "0.333 1234567",
              "1700000000",
              "0x3331234567",
              "3.141592653589793",
              "0.577215664901532",
              "03",
              "00",
              "+",
              "+3",
              "ISBN 978-3-16-148410-0",
              "192.168.000.001",
              "333 1234567a",
              "v0.32.1234567",
              "ticket 333 1234567",
              "order #333 123 4567",
              "+391234567890123456"});
}

TEST(Detector, DoesNotMistakeAnInvalidCardOrIbanForAPhone) {
  ExpectNone({"IT61 X034 2811 1010 0000 0123 456", "IT 61 X 03428 11101 000000123456", "4111 1111 0211 1113",
              "3333 3333 3333 3333", "3782 822463 10006"});
}

TEST(Detector, FindsSeveralEntitiesInOneText) {
  EXPECT_EQ(
      FindIn(
          EverythingButNames(),
          "Ciao, sono Mario (mario.rossi@example.it, 333 1234567). CF RSSMRA85T10A562S, IBAN IT60 X054 2811 1010 0000 "
          "0123 456, carta 4111 1111 1111 1111."),
      (Found{{"EMAIL_ADDRESS", "mario.rossi@example.it"},
             {"PHONE_NUMBER", "333 1234567"},
             {"IT_FISCAL_CODE", "RSSMRA85T10A562S"},
             {"IBAN_CODE", "IT60 X054 2811 1010 0000 0123 456"},
             {"CREDIT_CARD", "4111 1111 1111 1111"}}));
}

TEST(Detector, LooksOnlyForWhatItWasAskedTo) {
  const auto detector = *Detector::Create({.entities = std::vector<std::string>{"IBAN_CODE"}});
  EXPECT_EQ(detector->entities(), std::vector<std::string>{"IBAN_CODE"});
  EXPECT_EQ(FindIn(*detector, "mario@example.it IT60X0542811101000000123456"),
            (Found{{"IBAN_CODE", "IT60X0542811101000000123456"}}));
}

TEST(Detector, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(EverythingButNames().Detect("caff\xE8 mario@example.it").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(EverythingButNames().Detect("").ok());
}

TEST(Detector, IsUsableFromManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto findings = EverythingButNames().Detect("scrivi a mario@example.it o al 333 1234567");
        right += findings.ok() && findings->size() == 2;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 200);
}

TEST(Detector, TakesAnEscapedLineEndForOne) {
  for (const std::string escape : {"\\n", "\\t", "\\r\\n", "\\\\n", "\\u00a0", "\\u2028"}) {
    const std::string text =
        "ciao" + escape + "4111111111111111" + escape + "mario@example.it" + escape + "RSSMRA85T10A562S";
    EXPECT_EQ(FindIn(EverythingButNames(), text), (Found{{"CREDIT_CARD", "4111111111111111"},
                                                         {"EMAIL_ADDRESS", "mario@example.it"},
                                                         {"IT_FISCAL_CODE", "RSSMRA85T10A562S"}}))
        << text;
  }
}

TEST(Detector, KeepsADeniedWordInsideSomethingLongerWithThat) {
  const auto detector = *Detector::Create(
      {.entities = std::vector<std::string>{"STREET_ADDRESS"}, .deny = {{"PROJECT", {"Rossi", "Anna", "Anna Maria"}}}});
  EXPECT_EQ(FindIn(*detector, "abita in via Rossi 12, 20121 Milano"),
            (Found{{"STREET_ADDRESS", "via Rossi 12, 20121 Milano"}}));
  EXPECT_EQ(FindIn(*detector, "Rossi, Anna Mariani"), (Found{{"PROJECT", "Rossi"}, {"PROJECT", "Anna"}}));
  EXPECT_EQ(FindIn(*detector, "Anna Maria"), (Found{{"PROJECT", "Anna Maria"}}));
}

}  // namespace
}  // namespace tokenfoundry::pii
