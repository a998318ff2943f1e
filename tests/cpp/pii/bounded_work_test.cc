// Hostile text must not cost more than its length: counted in verification steps, so no clock decides.
#include <gtest/gtest.h>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {
namespace {

std::string Repeated(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

TEST(Detect, DoesABoundedNumberOfStepsPerByteOnHostileText) {
  const auto detector = *Detector::Create({});
  constexpr size_t kBytes = 1'000'000;
  for (const char* unit : {"a@",
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
                           "\xC2\xA0"}) {
    uint64_t steps_small = 0;
    uint64_t steps = 0;
    ASSERT_TRUE(detector->Detect(Repeated(unit, kBytes / 10), &steps_small).ok());
    const std::string text = Repeated(unit, kBytes);
    ASSERT_TRUE(detector->Detect(text, &steps).ok());
    EXPECT_LE(steps, 24 * text.size()) << unit;
    EXPECT_LE(steps, 11 * steps_small + 1000) << unit;
  }
}

TEST(Detect, StepsOverALongRunOnceForAnEmailOnEitherSide) {
  const auto detector = *Detector::Create({});
  uint64_t steps = 0;
  const std::string run(1'000'000, 'a');
  ASSERT_TRUE(detector->Detect(run + "@" + run, &steps).ok());
  EXPECT_LE(steps, 1000u);
}

TEST(Detect, KeepsOneMatchPerStartOfACustomRepeat) {
  const auto detector =
      *Detector::Create({.entities = {}, .patterns = {{"RUN", "[0-9]+"}, {"SPAN", "<.+>"}}, .cache_dir = ""});
  EXPECT_EQ(detector->Detect(std::string(1'000'000, '7'))->size(), 1u);
  EXPECT_EQ(detector->Detect(Repeated("<>", 1'000'000))->size(), 1u);
}

}  // namespace
}  // namespace tokenfoundry::pii
