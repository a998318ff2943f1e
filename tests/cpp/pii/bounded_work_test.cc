// Hostile text must not cost more than its length: counted in verification steps, so no clock decides.
#include <gtest/gtest.h>

#include "tests/cpp/pii/detectors.h"

namespace tokenfoundry::pii {
namespace {

std::string Repeated(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

// The bound is the same for any length, and sanitizers make a byte cost twenty times as much.
#ifdef TF_SANITIZED
constexpr size_t kBytes = 100'000;
#else
constexpr size_t kBytes = 1'000'000;
#endif

// At most 64 steps a byte, and no more a byte in a long text than in a short one.
void ExpectBoundedSteps(const Detector& detector, std::initializer_list<const char*> units) {
  for (const char* unit : units) {
    uint64_t steps_small = 0;
    uint64_t steps = 0;
    ASSERT_TRUE(detector.Detect(Repeated(unit, kBytes / 10), {}, &steps_small).ok());
    const std::string text = Repeated(unit, kBytes);
    ASSERT_TRUE(detector.Detect(text, {}, &steps).ok());
    EXPECT_LE(steps, 64 * text.size()) << unit;
    EXPECT_LE(steps, 11 * steps_small + 1000) << unit;
  }
}

TEST(Detect, DoesABoundedNumberOfStepsPerByteOnHostileText) {
  ExpectBoundedSteps(EverythingAndNames(), {"a@",
                                            "@",
                                            "a",
                                            "a.",
                                            ".",
                                            "a.b@",
                                            "@a.",
                                            "a-",
                                            "@a-",
                                            "-@a",
                                            "1",
                                            "12 ",
                                            "1234 ",
                                            "1234-",
                                            "3331 ",
                                            "333 ",
                                            "333 1234567 ",
                                            "3331234567 ",
                                            "02 ",
                                            "0212345678 ",
                                            "IT60",
                                            "IT60 ",
                                            "IT60 X054 2811 1010 0000 0123 45 ",
                                            "it60x",
                                            "+",
                                            "+3",
                                            "+39",
                                            "+39 ",
                                            "+39 333 123456 ",
                                            "00",
                                            "0039 ",
                                            "(",
                                            "(0)",
                                            "4111 ",
                                            "41111111 ",
                                            "4111111111111111",
                                            "4111 1111 1111 1111 ",
                                            "RSSMRA85T10A562",
                                            "RSSMRA85T10A562S",
                                            "RSS MRA 85T10 A562 T ",
                                            "LLLLLL",
                                            "è",
                                            "è@",
                                            "@è.",
                                            "tel ordine 3331234567 ",
                                            "al 3331234567 ",
                                            "mario@example.it ",
                                            "\xC2\xA0"});
}

TEST(Detect, DoesABoundedNumberOfStepsPerByteOnHostilePlaces) {
  ExpectBoundedSteps(
      **Detector::Create({.entities = std::vector<std::string>{"DATE_OF_BIRTH", "DATE_TIME", "DE_KFZ", "DE_PLZ",
                                                               "LICENSE_PLATE", "POSTCODE", "STREET_ADDRESS",
                                                               "UK_POSTCODE", "UK_VEHICLE_REGISTRATION"}}),
      {"via ",
       "via A ",
       "via Di Di Di Di Di Di ",
       "Via Roma 12 ",
       "via 4 Novembre ",
       "12 rue ",
       "1 A A A A Street ",
       "1 Street ",
       "A Street ",
       "Am A B ",
       "A-A-A-A-Weg 3 ",
       "Str. 5 ",
       "C/",
       "Via A 1, A A A A A ",
       "born ",
       "born 1 ",
       "born 1/1/1 ",
       "geboren ",
       "am 1.1.1980 ",
       "12 marzo ",
       "12345 ",
       "M1 ",
       "M-AB 1 ",
       "1A",
       "cap 12345 "});
}

TEST(Detect, DoesABoundedNumberOfStepsPerByteOnHostileUrlsAddressesAndSecrets) {
  ExpectBoundedSteps(EverythingButNames(), {"://",
                                            "http://",
                                            "http://a",
                                            "http://a/",
                                            "http://a@",
                                            "x://a:b@",
                                            "x://a:b@c.it ",
                                            "a@a.it",
                                            ".com",
                                            "a.com",
                                            "a.com ",
                                            "www.",
                                            "http://a.it/(",
                                            "1.2.3.",
                                            "1.2.3.4",
                                            "192.168.1.1 ",
                                            "::",
                                            ":1:",
                                            "1::2",
                                            "ab:cd:",
                                            "1:2:3:4:5:6:7:8 ",
                                            "aa-bb-",
                                            ".aabb.ccdd",
                                            "1A1zP1eP5Q ",
                                            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ",
                                            "0xabcdef0",
                                            "s"
                                            "k-",
                                            "=s"
                                            "k-",
                                            "gh"
                                            "p_",
                                            "-gh"
                                            "p_",
                                            "xo"
                                            "xb-1",
                                            ":A"
                                            "A",
                                            "12345678:A"
                                            "A",
                                            "abc8Q"
                                            "~",
                                            "AC",
                                            "=AB"
                                            "SK",
                                            "S"
                                            "G.",
                                            "eyJ",
                                            "eyJ.",
                                            "eyJhbGci.",
                                            "-----BEGIN ",
                                            "-----BEGIN PRIVATE KEY-----",
                                            "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnopqrstuvwxyz0123456789\n",
                                            "password",
                                            "password ",
                                            "password: ",
                                            "password=\"",
                                            "password=a",
                                            "password for all of us ",
                                            "password is ",
                                            "api key",
                                            "token='",
                                            "authorization: bearer ",
                                            "&sig="});
}

TEST(Detect, DoesABoundedNumberOfStepsPerByteForTelephones) {
  const auto detector = *Detector::Create({.entities = std::vector<std::string>{"PHONE_NUMBER"}});
  ExpectBoundedSteps(
      *detector,
      {"+(", "+1 (", "(02) ", "02 - ", "02 12 34 56 ", "212-555-0199 ", "212-555-0199x1", "chiama 3331234567 e ",
       "tel. 1 ", "333 1234567 x", "612 345 678 ", "a,3331234567\n", "tel,id\n333 1234567,1\n", "tel\tid\n",
       "tel,,,,,,,,,,,,,,,,\n333 1234567,,,,,,,,333 1234567,,,,,,,,\n", "Mario Rossi\n3331234567\n"});
}

TEST(Detect, StepsOverALongRunOnceForAnEmailOnEitherSide) {
  const Detector& detector = EverythingButNames();
  uint64_t steps = 0;
  const std::string run(1'000'000, 'a');
  ASSERT_TRUE(detector.Detect(run + "@" + run, {}, &steps).ok());
  EXPECT_LE(steps, 1000u);
}

TEST(Detect, KeepsOneMatchPerStartOfACustomRepeat) {
  const auto detector =
      *Detector::Create({.entities = std::vector<std::string>{}, .patterns = {{"RUN", "[0-9]+"}, {"SPAN", "<.+>"}}});
  EXPECT_EQ(detector->Detect(std::string(1'000'000, '7'))->size(), 1u);
  EXPECT_EQ(detector->Detect(Repeated("<>", 1'000'000))->size(), 1u);
}

}  // namespace
}  // namespace tokenfoundry::pii
