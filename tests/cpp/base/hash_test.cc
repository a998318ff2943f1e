#include "tokenfoundry/base/hash.h"

#include <gtest/gtest.h>

namespace tokenfoundry {
namespace {

TEST(Sha256, GivesTheDigestsOfTheStandard) {  // FIPS 180-4 examples and NIST's million letters.
  EXPECT_EQ(Hex(Sha256Of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256Of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256Of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheInputIsCut) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  const Digest whole = Sha256Of(text);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 hash;
    hash.Update(std::string_view(text).substr(0, cut));
    hash.Update(std::string_view(text).substr(cut));
    EXPECT_EQ(hash.Finish(), whole) << "cut at " << cut;
  }
}

TEST(Xxh3, GivesTheReferenceValueOfTheEmptyInput) {
  EXPECT_EQ(Xxh3(""), (Hash128{0x6001c324468d497f, 0x99aa06d3014798d8}));
  EXPECT_NE(Xxh3("a"), Xxh3("b"));
}

}  // namespace
}  // namespace tokenfoundry
