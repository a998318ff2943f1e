#include "tokenfoundry/pii/validators/phone.h"

#include <gtest/gtest.h>

#include "tokenfoundry/pii/validators/phone_national.h"

namespace tokenfoundry::pii {
namespace {

TEST(CountryCodeSize, IsThatOfTheAssignedCode) {
  EXPECT_EQ(CountryCodeSize("1555"), 1u);
  EXPECT_EQ(CountryCodeSize("79161234567"), 1u);
  EXPECT_EQ(CountryCodeSize("39333"), 2u);
  EXPECT_EQ(CountryCodeSize("441"), 2u);
  EXPECT_EQ(CountryCodeSize("378054"), 3u);
  EXPECT_EQ(CountryCodeSize("351912"), 3u);
  for (const char* unassigned : {"", "0", "2101", "2591", "2802", "3842", "4221", "6931", "8592", "9992"}) {
    EXPECT_EQ(CountryCodeSize(unassigned), 0u) << unassigned;
  }
}

TEST(IsInternationalPhone, AcceptsTheLengthsOfACountryOnly) {
  for (const char* good :
       {"393331234567", "39333123456", "390212345678", "3906123456", "15551234567", "442079460958", "33142685300",
        "4915112345678", "41446681800", "34911234567", "351912345678", "3780549123456"}) {
    EXPECT_TRUE(IsInternationalPhone(good)) << good;
  }
  for (const char* bad : {"39", "393331", "3933312345678", "1555123456", "155512345678", "11551234567", "3314268530",
                          "20000000", "30000000", "2101234567", "123456789012345678"}) {
    EXPECT_FALSE(IsInternationalPhone(bad)) << bad;
  }
}

TEST(ItalianAreaCodeSize, FollowsTheNationalPlan) {
  EXPECT_EQ(ItalianAreaCodeSize("0212345678"), 2u);
  EXPECT_EQ(ItalianAreaCodeSize("0612345678"), 2u);
  EXPECT_EQ(ItalianAreaCodeSize("0111234567"), 3u);
  EXPECT_EQ(ItalianAreaCodeSize("0811234567"), 3u);
  EXPECT_EQ(ItalianAreaCodeSize("0532123456"), 4u);
  EXPECT_EQ(ItalianAreaCodeSize("0012345678"), 0u);
  EXPECT_EQ(ItalianAreaCodeSize("3331234567"), 0u);
}

}  // namespace
}  // namespace tokenfoundry::pii
