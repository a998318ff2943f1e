#include "tokenfoundry/pii/validators/codice_fiscale.h"

#include <gtest/gtest.h>

#include <string>

namespace tokenfoundry::pii {
namespace {

std::string WithCheck(std::string first) { return first + FiscalCodeCheck(first); }

TEST(IsFiscalCode, AcceptsPublishedExamplesInEitherCase) {
  for (const char* code : {"RSSMRA85T10A562S", "rssmra85t10a562s", "RCCMNL83S18D969H", "MRTMTT91D08F205J"}) {
    EXPECT_TRUE(IsFiscalCode(code)) << code;
  }
}

TEST(IsFiscalCode, AcceptsEachPlaceOfOmocodia) {
  std::string first = "RSSMRA85T10A562";
  for (const size_t place : {14u, 13u, 12u, 10u, 9u, 7u, 6u}) {  // Substituted from the right, as the decree says.
    first[place] = "LMNPQRSTUV"[first[place] - '0'];
    const std::string code = WithCheck(first);
    EXPECT_TRUE(IsFiscalCode(code)) << code;
    EXPECT_TRUE(HasOmocodia(code));
  }
  EXPECT_FALSE(HasOmocodia("RSSMRA85T10A562S"));
}

TEST(IsFiscalCode, RefusesEveryOtherCheckLetter) {
  for (char check = 'A'; check <= 'Z'; ++check) {
    EXPECT_EQ(IsFiscalCode(std::string("RSSMRA85T10A562") + check), check == 'S') << check;
  }
}

TEST(IsFiscalCode, RefusesADayThatTheMonthDoesNotHave) {
  EXPECT_TRUE(IsFiscalCode(WithCheck("RSSMRA85T71A562")));  // A woman born on the 31st.
  EXPECT_TRUE(IsFiscalCode(WithCheck("RSSMRA84B29A562")));
  for (const char* first : {"RSSMRA85T00A562", "RSSMRA85T32A562", "RSSMRA85T40A562", "RSSMRA85T72A562",
                            "RSSMRA85B30A562", "RSSMRA85D31A562", "RSSMRA85F10A562"}) {
    EXPECT_FALSE(IsFiscalCode(WithCheck(first))) << first;
  }
}

TEST(IsFiscalCode, RefusesOtherForms) {
  for (const char* wrong :
       {"", "RSSMRA85T10A562", "RSSMRA85T10A562SS", "RSSMR185T10A562S", "RSSMRA8AT10A562S", "12345678901"}) {
    EXPECT_FALSE(IsFiscalCode(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
