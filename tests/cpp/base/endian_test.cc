#include "tokenfoundry/base/endian.h"

#include <gtest/gtest.h>

namespace tokenfoundry {
namespace {

TEST(Endian, BigEndianKeysSortByNumber) {
  std::string small, large;
  AppendBig<uint64_t>(&small, 255);
  AppendBig<uint64_t>(&large, 256);
  EXPECT_LT(small, large);
  EXPECT_EQ(LoadBig<uint64_t>(large.data()), 256u);
}

TEST(ByteReader, ReadsBackWhatWasAppended) {
  std::string bytes;
  AppendLittle<int64_t>(&bytes, -5);
  AppendSized(&bytes, "claims");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Little<int64_t>(), -5);
  EXPECT_EQ(reader.Sized(), "claims");
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteReader, AShortRecordIsNotOkAndReadsEmptyFromThenOn) {
  std::string bytes;
  AppendLittle<uint32_t>(&bytes, 100);  // Promises a hundred bytes that are not there.
  bytes += "abc";
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Sized(), "");
  EXPECT_EQ(reader.Little<int64_t>(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.AtEnd());
}

}  // namespace
}  // namespace tokenfoundry
