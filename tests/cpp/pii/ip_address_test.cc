#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"

namespace tokenfoundry::pii {
namespace {

TEST(IpAddress, OfBothVersionsIsFoundWithItsZoneAndPrefixLength) {
  for (const std::string address :
       {"192.168.1.10", "8.8.8.8", "127.0.0.1", "0.0.0.0", "203.0.113.7", "10.0.0.0/8", "192.168.1.0/24", "2001:db8::1",
        "::1", "fe80::1%eth0", "::ffff:192.0.2.1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:DB8::/32",
        "7d3:ab4:1:2:3:4:5:6", "fe80::", "64:ff9b::192.0.2.33"}) {
    for (const auto& [before, after] :
         std::initializer_list<std::pair<std::string, std::string>>{{"", ""},
                                                                    {"Il server ", " risponde."},
                                                                    {"IP: ", ", porta 80"},
                                                                    {"(", ")"},
                                                                    {"\"", "\""},
                                                                    {"host=", ""},
                                                                    {"da ", "."},
                                                                    {"[", "]"}}) {
      EXPECT_EQ(Found("IP_ADDRESS", before + address + after), Values{address}) << before << address << after;
    }
  }
}

TEST(IpAddress, IsFoundBesideAPort) {
  EXPECT_EQ(Found("IP_ADDRESS", "connect 203.0.113.7:8080"), Values{"203.0.113.7"});
  EXPECT_EQ(Found("IP_ADDRESS", "1,203.0.113.7,22"), Values{"203.0.113.7"});
}

TEST(IpAddress, IsPartOfTheUrlWhoseHostItIs) {
  const auto alone = *Detector::Create({.entities = std::vector<std::string>{"IP_ADDRESS"}});
  for (const std::string_view url : {"http://[2001:db8::7]:8080/x", "http://203.0.113.7/24"}) {
    EXPECT_EQ(Found("URL", url), Values{std::string(url)});
    EXPECT_EQ(Found("IP_ADDRESS", url), Values{});
    EXPECT_EQ(alone->Detect(url).value().size(), 1u);
  }
}

TEST(IpAddress, IsNotAVersionASectionOrAScope) {
  for (const char* text : {"versione 101.2.3.4",
                           "Version=104.0.0.0",
                           "\"version\": \"101.22.33.44\"",
                           "1.2.3.4.5",
                           "v101.2.3.4",
                           "2.4.1.0 rilasciata",
                           "Chrome/120.0.109.99 Safari",
                           "01.02.03.04",
                           "300.101.1.1",
                           "1.2.3.4 Titolo",
                           "OID 2.5.4.41",
                           "libfoo-101.2.3.4.tar.gz",
                           "12:34:56",
                           "12:34:56:78",
                           "std::string",
                           "a::b",
                           "dead::beef",
                           "x[::2]",
                           "x[1::2]",
                           "f64::add(x)",
                           "f128::consts",
                           "aa:bb:cc:dd:ee:ff",
                           "aa:bb:cc:dd:ee:ff:00:11"}) {
    EXPECT_EQ(Found("IP_ADDRESS", text), Values{}) << text;
  }
}

TEST(MacAddress, IsFoundInItsThreeForms) {
  for (const std::string address : {"00:1A:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", "52:54:00:12:34:56"}) {
    EXPECT_EQ(Found("MAC_ADDRESS", address), Values{address});
    EXPECT_EQ(Found("MAC_ADDRESS", "MAC " + address + "."), Values{address});
    EXPECT_EQ(Found("MAC_ADDRESS", "(hw=" + address + ")"), Values{address});
  }
}

TEST(MacAddress, IsNotAFingerprintATimeOrNobody) {
  for (const char* text : {"a1:b2:c3:d4:e5:f6:07:18:29:3a", "12:34:56", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff",
                           "550e8400-e29b-41d4-a716-446655440000", "12-34-56-78-90-12", "1234.5678.9012"}) {
    EXPECT_EQ(Found("MAC_ADDRESS", text), Values{}) << text;
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
