#include "tokenfoundry/pii/validators/card.h"

#include <gtest/gtest.h>

#include <string>

#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {
namespace {

// Test numbers that the schemes and payment processors publish.
constexpr std::string_view kTestNumbers[] = {
    "4111111111111111", "4012888888881881", "4242424242424242",    "4000056655665556", "4222222222222",  // Visa
    "5555555555554444", "5105105105105100", "5200828282828210",                                          // Mastercard
    "2223003122003222", "2221000000000009", "2720999999999996",     // Mastercard, 2 series
    "378282246310005",  "371449635398431",  "378734493671000",      // American Express
    "6011111111111117", "6011000990139424", "6011981111111113",     // Discover
    "30569309025904",   "38520000023237",   "36227206271667",       // Diners Club
    "3530111333300000", "3566002020360505",                         // JCB
    "6200000000000005", "6200000000000047", "6205500000000000004",  // UnionPay
    "6759649826438453", "6304000000000000", "5018000000000009",     // Maestro
};

TEST(IsCardNumber, AcceptsPublishedTestNumbers) {
  for (const std::string_view number : kTestNumbers) {
    EXPECT_TRUE(IsCardNumber(number)) << number;
  }
}

TEST(IsCardNumber, RefusesEveryChangeOfOneDigit) {
  for (const std::string_view number : kTestNumbers) {
    for (size_t at = 0; at < number.size(); ++at) {
      std::string wrong(number);
      wrong[at] = static_cast<char>('0' + (wrong[at] - '0' + 1) % 10);
      EXPECT_FALSE(IsCardNumber(wrong)) << wrong;
    }
  }
}

// The last digit that makes the number pass Luhn.
std::string WithLuhn(std::string digits) {
  for (char check = '0'; check <= '9'; ++check) {
    if (IsLuhn(digits + check)) return digits + check;
  }
  return digits;
}

TEST(IsCardNumber, HoldsTheEdgesOfTheRanges) {
  struct Edge {
    const char* leading;
    size_t size;
    bool issued;
  };
  for (const Edge& edge :
       {Edge{"222099", 16, false}, Edge{"222100", 16, true},  Edge{"272099", 16, true},  Edge{"272100", 16, false},
        Edge{"510000", 16, true},  Edge{"559999", 16, true},  Edge{"560000", 16, false}, Edge{"340000", 15, true},
        Edge{"340000", 16, false}, Edge{"352799", 16, false}, Edge{"352800", 16, true},  Edge{"358999", 16, true},
        Edge{"359000", 16, false}, Edge{"643999", 16, false}, Edge{"644000", 16, true},  Edge{"660000", 16, false},
        Edge{"400000", 15, false}, Edge{"400000", 19, true},  Edge{"170000", 13, false}, Edge{"500000", 16, false}}) {
    std::string digits = edge.leading;
    digits.resize(edge.size - 1, '1');
    EXPECT_EQ(IsCardNumber(WithLuhn(digits)), edge.issued) << edge.leading << " of " << edge.size;
  }
}

TEST(IsCardNumber, RefusesAnArticleNumberThatPassesLuhn) {
  EXPECT_TRUE(IsLuhn("4006381334013"));  // Also an EAN-13 in the German range.
  EXPECT_FALSE(IsCardNumber("4006381334013"));
  EXPECT_TRUE(IsCardNumber("4222222222222"));  // GS1's check digit is wrong here: a Visa card of the old length.
}

}  // namespace
}  // namespace tokenfoundry::pii
