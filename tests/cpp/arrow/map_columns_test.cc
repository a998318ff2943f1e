#include "absl/strings/str_cat.h"
#include "tests/cpp/arrow/given.h"
#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {
namespace {

// Puts brackets around each text.
class Bracketing : public TextMap {
 public:
  absl::Status MapRows(const Rows& rows, TextSink* sink) override {
    for (size_t i = 0; i < rows.texts.size(); ++i) {
      if (rows.texts[i].data() == nullptr) {
        sink->AppendNull();
        continue;
      }
      if (rows.texts[i] == "refused") {
        return absl::InvalidArgumentError(absl::StrCat("row ", rows.numbers[i], " is refused"));
      }
      TF_RETURN_IF_ERROR(sink->Append(absl::StrCat("[", AbslView(rows.texts[i]), "]")));
    }
    return absl::OkStatus();
  }
};

Owned<ArrowSchema> TableSchema() { return Export(Field{"", "+s", false, {{"id", "u", true}, {"note", "u", true}}}); }

// A batch of two columns of text, each of which counts its release.
Owned<ArrowArray> Batch(const Texts& ids, const Texts& notes, int* released) {
  ArrayParts parts;
  parts.length = static_cast<int64_t>(ids.size());
  parts.buffers.push_back(nullptr);
  parts.children.push_back(Counted(GivenTexts(Layout::kUtf8, ids), released));
  parts.children.push_back(Counted(GivenTexts(Layout::kUtf8, notes), released));
  return Export(std::move(parts));
}

std::vector<Owned<ArrowArray>> ListOf(Owned<ArrowArray> array) {
  std::vector<Owned<ArrowArray>> arrays;
  arrays.push_back(std::move(array));
  return arrays;
}

absl::StatusOr<std::unique_ptr<BatchReader>> Map(Owned<ArrowArrayStream> stream, std::vector<std::string> columns) {
  return MapColumns(std::move(stream), {.columns = std::move(columns)}, std::make_shared<Bracketing>());
}

TEST(MapColumns, ChangesTheNamedColumnsAndPassesTheOthersOn) {
  int released = 0;
  auto reader = Map(GivenStream(TableSchema(), ListOf(Batch({"1", "2"}, {"a", std::nullopt}, &released))), {"note"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  {
    const auto batch = (*reader)->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(released, 1);  // What the note was made of; the id went over.
    EXPECT_EQ(TextsOf(*(*batch)->children[0]), (Texts{"1", "2"}));
    EXPECT_EQ(TextsOf(*(*batch)->children[1]), (Texts{"[a]", std::nullopt}));
    EXPECT_FALSE(*(*reader)->Next());
  }
  EXPECT_EQ(released, 2);
}

TEST(MapColumns, ABatchThatIsASliceIsReadFromItsOffset) {
  int released = 0;
  auto batch = Batch({"1", "2", "3"}, {"a", "b", "c"}, &released);
  batch.get()->offset = 1;
  batch.get()->length = 2;
  auto reader = Map(GivenStream(TableSchema(), ListOf(std::move(batch))), {});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto out = (*reader)->Next();
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ((*out)->length, 2);
  EXPECT_EQ((*out)->offset, 0);
  EXPECT_EQ(TextsOf(*(*out)->children[0]), (Texts{"[2]", "[3]"}));
  EXPECT_EQ(TextsOf(*(*out)->children[1]), (Texts{"[b]", "[c]"}));
  EXPECT_EQ(released, 2);
}

TEST(MapColumns, RowsAreCountedOverBatchesAndErrorsReleaseAll) {
  int released = 0;
  std::vector<Owned<ArrowArray>> batches;
  batches.push_back(Batch({"1"}, {"a"}, &released));
  batches.push_back(Batch({"2", "3"}, {"b", "refused"}, &released));
  {
    auto reader = Map(GivenStream(TableSchema(), std::move(batches)), {"note"});
    ASSERT_TRUE(reader.ok()) << reader.status();
    ASSERT_TRUE((*reader)->Next().ok());
    const auto failed = (*reader)->Next();
    EXPECT_EQ(failed.status().message(), "row 2 is refused");
  }
  EXPECT_EQ(released, 4);
}

TEST(MapColumns, TheErrorOfTheStreamComesThrough) {
  int released = 0;
  auto stream = GivenStream(TableSchema(), ListOf(Batch({"1"}, {"a"}, &released)), absl::UnavailableError("disk gone"));
  auto reader = Map(std::move(stream), {});
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE((*reader)->Next().ok());
  EXPECT_EQ((*reader)->Next().status().message(), "disk gone");
  EXPECT_EQ(released, 2);
}

TEST(MapColumns, AColumnThatIsMissingTwiceThereOrNoTextIsNamed) {
  const auto said = [](Field field, std::vector<std::string> columns) {
    const auto reader = Map(GivenStream(Export(field), {}), std::move(columns));
    return std::string(StdView(reader.status().message()));
  };
  EXPECT_EQ(said({"", "+s", false, {{"a", "u"}, {"b", "l"}}}, {"c"}), "there is no column 'c'; there are: a, b");
  EXPECT_EQ(said({"", "+s", false, {{"a", "u"}, {"b", "l"}}}, {"b"}), "column 'b' is not text but int64");
  EXPECT_EQ(said({"", "+s", false, {{"a", "u"}, {"a", "u"}}}, {"a"}), "two columns are called 'a'");
  EXPECT_EQ(said({"x", "tdD"}, {}), "column 'x' is not text but a date, time or duration");
  EXPECT_EQ(said({"", "+s", false, {{"a", "i", true, {}, "z"}}}, {"a"}),
            "column 'a' is not text but a dictionary of binary");
}

TEST(MapColumns, TextInsideANestedColumnIsNotPassedOverSilently) {
  const Field table{"", "+s", false, {{"a", "u"}, {"l", "+l", true, {{"item", "+s", true, {{"t", "U"}}}}}}};
  EXPECT_EQ(Map(GivenStream(Export(table), {}), {}).status().message(),
            "column 'l' is a list or another nested type and holds what may be text: name the columns that are meant, "
            "and it passes as it is");
  EXPECT_TRUE(Map(GivenStream(Export(table), {}), {"a"}).ok());
}

TEST(MapColumns, BytesMayBeTextAndAreNotPassedOverSilently) {
  for (const char* format : {"z", "Z", "vz", "w:16", "?"}) {
    const Field table{"", "+s", false, {{"a", "u"}, {"b", format}}};
    EXPECT_FALSE(Map(GivenStream(Export(table), {}), {}).ok()) << format;
    EXPECT_TRUE(Map(GivenStream(Export(table), {}), {"a"}).ok()) << format;
  }
  for (const char* format : {"n", "b", "l", "g", "tdD", "tsu:UTC", "d:10,2"}) {
    const Field table{"", "+s", false, {{"a", "u"}, {"b", format}, {"l", "+l", true, {{"item", format}}}}};
    EXPECT_TRUE(Map(GivenStream(Export(table), {}), {}).ok()) << format;
  }
}

TEST(MapColumns, AStreamThatWasReadBeforeIsRefused) { EXPECT_FALSE(Map(Owned<ArrowArrayStream>(), {}).ok()); }

TEST(MapColumns, AStreamOfOneColumnGoesByItsName) {
  int released = 0;
  auto stream = GivenStream(GivenSchema(Layout::kUtf8View, "note"),
                            ListOf(Counted(GivenTexts(Layout::kUtf8View, {"a text of more than twelve"}), &released)));
  auto reader = MapColumns(std::move(stream), {}, std::make_shared<Bracketing>());
  ASSERT_TRUE(reader.ok()) << reader.status();
  auto ahead = ReadAhead(*std::move(reader));
  ASSERT_TRUE(ahead.ok()) << ahead.status();
  EXPECT_EQ(released, 1);
  EXPECT_STREQ((*ahead)->Schema()->name, "note");
  const auto out = (*ahead)->Next();
  EXPECT_EQ(ReadTexts(Layout::kUtf8View, **out), (Texts{"[a text of more than twelve]"}));
}

TEST(MapColumns, MetadataOfTheOtherColumnsAndOfTheTableStays) {
  auto schema = TableSchema();
  const std::string metadata("\1\0\0\0\1\0\0\0k\2\0\0\0vv", 15);
  schema.get()->metadata = metadata.data();
  schema.get()->children[0]->metadata = metadata.data();
  schema.get()->children[1]->metadata = metadata.data();
  auto reader = Map(GivenStream(std::move(schema), {}), {"note"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto made = (*reader)->Schema();
  EXPECT_EQ(std::string(made->metadata, 15), metadata);
  EXPECT_EQ(std::string(made->children[0]->metadata, 15), metadata);
  EXPECT_EQ(made->children[1]->metadata, nullptr);  // It may tell of the values.
}

}  // namespace
}  // namespace tokenfoundry::arrow
