#include "tests/cpp/arrow/arrays.h"
#include "tokenfoundry/arrow/export_internal.h"

namespace tokenfoundry::arrow {
namespace {

class Exported : public ::testing::Test {
 protected:
  Exported() : number_(row_.Add<Int64Column>("number")), text_(row_.Add<DictionaryColumn>("text", Nulls::kAllowed)) {
    number_->Append(42);
    text_->Append("kept");
    row_.Append();
  }

  StructColumn row_;
  Int64Column* number_;
  DictionaryColumn* text_;
};

TEST_F(Exported, TheSchemaSpellsNamesFormatsFlagsAndDictionaries) {
  const auto schema = Export(row_.FieldNamed("row"));
  EXPECT_STREQ(schema->format, "+s");
  EXPECT_STREQ(schema->name, "row");
  EXPECT_EQ(schema->flags, 0);
  ASSERT_EQ(schema->n_children, 2);
  EXPECT_STREQ(schema->children[0]->format, "l");
  EXPECT_STREQ(schema->children[0]->name, "number");
  EXPECT_EQ(schema->children[0]->dictionary, nullptr);
  EXPECT_STREQ(schema->children[1]->format, "i");
  EXPECT_EQ(schema->children[1]->flags, ARROW_FLAG_NULLABLE);
  ASSERT_NE(schema->children[1]->dictionary, nullptr);
  EXPECT_STREQ(schema->children[1]->dictionary->format, "u");
}

TEST_F(Exported, AMovedArrayIsReleasedFromItsNewPlaceAlone) {
  Owned<ArrowArray> owned = Finished(row_);
  ArrowArray moved = *owned.get();
  owned.get()->release = nullptr;
  EXPECT_EQ(moved.children[0]->length, 1);
  moved.release(&moved);
  EXPECT_EQ(moved.release, nullptr);
}

TEST_F(Exported, AChildThatWasMovedOutOutlivesItsParent) {
  ArrowArray text{};
  {
    Owned<ArrowArray> owned = Finished(row_);
    text = *owned->children[1];
    owned->children[1]->release = nullptr;
  }
  EXPECT_EQ(DecodedTextsOf(text), Texts{"kept"});
  text.release(&text);
}

TEST_F(Exported, ADictionaryThatWasMovedOutOutlivesItsArray) {
  ArrowArray dictionary{};
  {
    Owned<ArrowArray> owned = Finished(row_);
    dictionary = *owned->children[1]->dictionary;
    owned->children[1]->dictionary->release = nullptr;
  }
  EXPECT_EQ(TextsOf(dictionary), Texts{"kept"});
  dictionary.release(&dictionary);
}

TEST_F(Exported, ASecondReleaseIsHarmless) {
  ArrowArray array = Finished(row_).Take();
  auto* release = array.release;
  release(&array);
  release(&array);
  ArrowSchema schema = Export(row_.FieldNamed("")).Take();
  auto* release_schema = schema.release;
  release_schema(&schema);
  release_schema(&schema);
  EXPECT_EQ(array.private_data, nullptr);
  EXPECT_EQ(schema.private_data, nullptr);
}

TEST_F(Exported, AnArrayOutlivesItsColumnAndLaterBatches) {
  const Owned<ArrowArray> first = Finished(row_);
  number_->Append(1);
  text_->Append("other");
  row_.Append();
  const Owned<ArrowArray> second = Finished(row_);
  EXPECT_EQ(Numbers<int64_t>(*first->children[0], 1, 1), std::vector<int64_t>{42});
  EXPECT_EQ(DecodedTextsOf(*second->children[1]), Texts{"other"});
}

TEST(Owned, AssignmentReleasesWhatItHeld) {
  int released = 0;
  const auto live = [&] {
    ArrowArray array{};
    array.private_data = &released;
    array.release = [](ArrowArray* self) {
      ++*static_cast<int*>(self->private_data);
      self->release = nullptr;
    };
    return Owned<ArrowArray>(array);
  };
  Owned<ArrowArray> a = live();
  a = live();
  EXPECT_EQ(released, 1);
  Owned<ArrowArray> b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_TRUE(b);
  b = Owned<ArrowArray>();
  EXPECT_EQ(released, 2);
}

}  // namespace
}  // namespace tokenfoundry::arrow
