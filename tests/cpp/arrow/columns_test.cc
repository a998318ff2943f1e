#include "tests/cpp/arrow/arrays.h"
#include "tokenfoundry/arrow/columns_internal.h"

namespace tokenfoundry::arrow {
namespace {

TEST(Columns, NumbersAreTheirBufferAndHaveNoBitmapWithoutNulls) {
  Int64Column column(Nulls::kAllowed);
  column.Append(7);
  column.Append(-1);
  const auto array = Finished(column);
  EXPECT_EQ(array->length, 2);
  EXPECT_EQ(array->null_count, 0);
  EXPECT_EQ(array->n_buffers, 2);
  EXPECT_EQ(array->buffers[0], nullptr);
  EXPECT_EQ(Numbers<int64_t>(*array, 1, 2), (std::vector<int64_t>{7, -1}));
}

TEST(Columns, TheBitmapCoversWhatCameBeforeTheFirstNull) {
  Int32Column column(Nulls::kAllowed);
  for (int32_t i = 0; i < 10; ++i) column.Append(i);
  column.AppendNull();
  column.Append(11);
  const auto array = Finished(column);
  EXPECT_EQ(array->null_count, 1);
  EXPECT_EQ(Numbers<uint8_t>(*array, 0, 2), (std::vector<uint8_t>{0xff, 0b1011}));
}

TEST(Columns, BoolsAreBitsFromTheLeastSignificant) {
  BoolColumn column;
  for (const bool bit : {true, false, true, true, false, false, false, false, true}) column.Append(bit);
  const auto array = Finished(column);
  EXPECT_EQ(Numbers<uint8_t>(*array, 1, 2), (std::vector<uint8_t>{0b1101, 1}));
}

TEST(Columns, TextsAreOffsetsAndBytes) {
  TextColumn column(Nulls::kAllowed);
  column.Append("perché");
  column.AppendNull();
  column.Append("");
  column.Append("🧾");
  const auto array = Finished(column);
  EXPECT_EQ(Numbers<int32_t>(*array, 1, 5), (std::vector<int32_t>{0, 7, 7, 7, 11}));
  EXPECT_EQ(TextsOf(*array), (Texts{"perché", std::nullopt, "", "🧾"}));
}

TEST(Columns, TextThatIsNotUtf8IsRefusedAlsoWhenNeighboursCompleteIt) {
  TextColumn lone;
  lone.Append("\xff");
  EXPECT_EQ(lone.Finish().status().code(), absl::StatusCode::kDataLoss);
  TextColumn halves;
  halves.Append("\xc3");
  halves.Append("\xa9");
  EXPECT_EQ(halves.Finish().status().code(), absl::StatusCode::kDataLoss);
  DictionaryColumn dictionary;
  dictionary.Append("\xed\xa0\x80");
  EXPECT_EQ(dictionary.Finish().status().code(), absl::StatusCode::kDataLoss);
}

TEST(Columns, BinaryHoldsAnyBytesWithWideOffsets) {
  BinaryColumn column;
  column.Append(std::string_view("\x00\xff", 2));
  column.Append("");
  const auto array = Finished(column);
  EXPECT_EQ(Numbers<int64_t>(*array, 1, 3), (std::vector<int64_t>{0, 2, 2}));
  EXPECT_EQ(Numbers<uint8_t>(*array, 2, 2), (std::vector<uint8_t>{0, 0xff}));
}

TEST(Columns, AnEmptyArrayHasOneOffsetAndNoNullDataPointer) {
  TextColumn column(Nulls::kAllowed);
  const auto array = Finished(column);
  EXPECT_EQ(array->length, 0);
  EXPECT_EQ(Numbers<int32_t>(*array, 1, 1), std::vector<int32_t>{0});
  EXPECT_NE(array->buffers[2], nullptr);
}

TEST(Columns, ADictionaryKeepsItsNumbersAndItsMemoryOverBatches) {
  DictionaryColumn column(Nulls::kAllowed);
  for (const char* text : {"b", "a", "b"}) column.Append(text);
  column.AppendNull();
  const auto first = Finished(column);
  column.Append("a");
  const auto second = Finished(column);
  column.Append("c");
  const auto third = Finished(column);
  EXPECT_EQ(DecodedTextsOf(*first), (Texts{"b", "a", "b", std::nullopt}));
  EXPECT_EQ(Numbers<int32_t>(*first, 1, 3), (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(second->dictionary->buffers[2], first->dictionary->buffers[2]);
  EXPECT_EQ(TextsOf(*third->dictionary), (Texts{"b", "a", "c"}));
  EXPECT_EQ(TextsOf(*first->dictionary), (Texts{"b", "a"}));
}

TEST(Columns, ADictionaryThatGrewTooLargeBeginsAnew) {
  DictionaryColumn column;
  for (size_t i = 0; i <= DictionaryColumn::kTexts_max; ++i) column.Append(std::to_string(i));
  const auto large = Finished(column);
  EXPECT_EQ(large->dictionary->length, static_cast<int64_t>(DictionaryColumn::kTexts_max) + 1);
  column.Append("again");
  const auto small = Finished(column);
  EXPECT_EQ(DecodedTextsOf(*small), Texts{"again"});
  EXPECT_EQ(small->dictionary->length, 1);
}

TEST(Columns, ListsAreOffsetsIntoTheirValues) {
  auto values = std::make_unique<Int64Column>();
  Int64Column& numbers = *values;
  ListColumn column(std::move(values), Nulls::kAllowed);
  numbers.Append(1);
  numbers.Append(2);
  column.Append();
  column.AppendNull();
  column.Append();
  const auto array = Finished(column);
  EXPECT_EQ(Numbers<int32_t>(*array, 1, 4), (std::vector<int32_t>{0, 2, 2, 2}));
  EXPECT_EQ(array->null_count, 1);
  ASSERT_EQ(array->n_children, 1);
  EXPECT_EQ(array->children[0]->length, 2);
}

TEST(Columns, UnderANullRowColumnsWithoutNullsHoldEmptyValues) {
  StructColumn row(Nulls::kAllowed);
  auto* number = row.Add<Int64Column>("number");
  auto* text = row.Add<DictionaryColumn>("text");
  number->Append(5);
  text->Append("x");
  row.Append();
  row.AppendNull();
  const auto array = Finished(row);
  EXPECT_EQ(array->length, 2);
  EXPECT_EQ(array->null_count, 1);
  EXPECT_EQ(array->children[0]->null_count, 0);
  EXPECT_EQ(DecodedTextsOf(*array->children[1]), (Texts{"x", ""}));
}

TEST(Columns, ARowThatLacksAValueIsAnError) {
  StructColumn row;
  row.Add<Int64Column>("number");
  row.Append();
  EXPECT_EQ(row.Finish().status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace tokenfoundry::arrow
