// Private keys and JSON Web Tokens. What stands here decodes to nothing of use.
#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"

namespace tokenfoundry::pii {
namespace {

const std::string kBody =
    "MIIEexampleexampleexampleexampleexampleexampleexampleexampleAAAA\n"
    "exampleexampleexampleexampleexampleexampleexampleexampleexampleA\n"
    "exampleexample==\n";

std::string Block(const std::string& kind, const std::string& body) {
  return "-----BEGIN " + kind + "-----\n" + body + "-----END " + kind + "-----";
}

TEST(SecretPem, PrivateKeyIsFoundAsAWhole) {
  for (const char* kind : {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY",
                           "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"}) {
    const std::string block = Block(kind, kBody);
    EXPECT_EQ(Found("SECRET", "ecco:\n" + block + "\ngrazie"), Values{block});
  }
}

TEST(SecretPem, WithoutItsEndReachesAsFarAsItsEncoding) {
  const std::string begun = "-----BEGIN PRIVATE KEY-----\n" + kBody.substr(0, kBody.size() - 1);
  EXPECT_EQ(Found("SECRET", begun), Values{begun});
  EXPECT_EQ(Found("SECRET", begun + "\n\nCiao a tutti, come va?"), Values{begun});
}

TEST(SecretPem, WrittenInOneLineIsFound) {
  std::string block = Block("PRIVATE KEY", kBody);
  for (size_t at = block.find('\n'); at != block.npos; at = block.find('\n')) block.replace(at, 1, "\\n");
  EXPECT_EQ(Found("SECRET", "{\"private_key\": \"" + block + "\\n\"}"), Values{block});
}

TEST(SecretPem, IsNoCertificateAndNoPublicKey) {
  EXPECT_EQ(Found("SECRET", Block("CERTIFICATE", kBody)), Values{});
  EXPECT_EQ(Found("SECRET", Block("PUBLIC KEY", kBody)), Values{});
  EXPECT_EQ(Found("SECRET", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"), Values{});
}

// {"alg":"none"} . {"sub":"1"}
const std::string kHeader = std::string("ey") + "JhbGciOiJub25lIn0";
const std::string kPayload = std::string("ey") + "JzdWIiOiIxIn0";

TEST(SecretJwt, IsFoundWithAndWithoutASignature) {
  const std::string token = kHeader + "." + kPayload;
  EXPECT_EQ(Found("SECRET", "ecco " + token + ".c2lnbmF0dXJl, ok"), Values{token + ".c2lnbmF0dXJl"});
  EXPECT_EQ(Found("SECRET", "ecco " + token + ". Fine"), Values{token});
}

TEST(SecretJwt, MustNameAnAlgorithm) {
  EXPECT_EQ(Found("SECRET", kPayload + "." + kPayload + ".c2lnbmF0dXJl"), Values{});
  EXPECT_EQ(Found("SECRET", kHeader + " da solo"), Values{});
}

}  // namespace
}  // namespace tokenfoundry::pii
