#include "tokenfoundry/audit/tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tokenfoundry::audit {
namespace {

// The inputs and roots with which certificate transparency logs test themselves.
const std::vector<std::string> kInputs = {
    "",
    std::string(1, '\x00'),
    "\x10",
    "\x20\x21",
    "\x30\x31",
    "\x40\x41\x42\x43",
    "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
};
const char* const kRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(Tree, GivesTheRootsOfTheCertificateTransparencyVectors) {
  Tree tree;
  EXPECT_EQ(Hex(tree.Root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (size_t i = 0; i < kInputs.size(); ++i) {
    tree.Append(LeafHash(kInputs[i]));
    EXPECT_EQ(Hex(tree.Root()), kRoots[i]) << i + 1 << " leaves";
  }
}

// RFC 6962, section 2.1, as it is written: split at the largest power of two below n.
Digest RootByDefinition(const std::vector<Digest>& leaves, size_t begin, size_t end) {
  if (end - begin == 1) return leaves[begin];
  size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  return NodeHash(RootByDefinition(leaves, begin, begin + split), RootByDefinition(leaves, begin + split, end));
}

TEST(Tree, GrowingGivesTheRootOfTheDefinitionAtEverySizeWithALogarithmicFrontier) {
  Tree tree;
  std::vector<Digest> leaves;
  for (int i = 0; i < 300; ++i) {
    leaves.push_back(LeafHash(std::to_string(i)));
    tree.Append(leaves.back());
    ASSERT_EQ(tree.Root(), RootByDefinition(leaves, 0, leaves.size())) << leaves.size() << " leaves";
    ASSERT_LE(tree.frontier().size(), 9u);
  }
}

TEST(Tree, GoesOnFromItsFrontier) {
  Tree whole;
  for (int i = 0; i < 11; ++i) whole.Append(LeafHash(std::to_string(i)));
  Tree again(whole.size(), whole.frontier());
  whole.Append(LeafHash("next"));
  again.Append(LeafHash("next"));
  EXPECT_EQ(again.Root(), whole.Root());
}

}  // namespace
}  // namespace tokenfoundry::audit
