#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"

namespace tokenfoundry::pii {
namespace {

// Published examples: the first block of Bitcoin, BIP 173, EIP-55, the networks' documentation.
TEST(Crypto, IsFoundByItsCheck) {
  for (const std::string address :
       {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "TLeUZDGLWnyiJVFcp3m3M1782uBsGWa8uf", "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ",
        "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE",
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"}) {
    EXPECT_EQ(Found("CRYPTO", address), Values{address});
    EXPECT_EQ(Found("CRYPTO", "invia a (" + address + ")."), Values{address});
  }
}

TEST(Crypto, IsNotFoundWithAWrongCheckOrAsAHash) {
  for (const char* text : {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
                           "commit 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLx",
                           "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"}) {
    EXPECT_EQ(Found("CRYPTO", text), Values{}) << text;
  }
}

TEST(Crypto, OfEthereumInSmallLettersNeedsAWordBesideIt) {
  const std::string address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  EXPECT_EQ(Found("CRYPTO", "il mio wallet: " + address), Values{address});
  EXPECT_EQ(Found("CRYPTO", "la riga " + address), Values{});
}

}  // namespace
}  // namespace tokenfoundry::pii
