// Columns of text that somebody else made, and what is made of them: a column in, a column out.
//
// A column is an array of the C data interface: utf8, large_utf8, utf8_view, or a dictionary of one of those. It is
// borrowed, and read by any number of threads. A ColumnMap makes another column of it: that one owns all of its memory,
// and nothing in it points into the array it was made of, so what was taken out is not carried along in a buffer that
// nobody looks at.
//
// MapColumns does it to the columns of a stream, batch by batch, and passes the others on as they are. A reader is used
// by one thread at a time, any thread. Units: rows are counted from 0 in the stream; sizes are bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/arrow/arrow.h"

namespace tokenfoundry::arrow {

struct TextType {
  enum class Layout { kUtf8, kLargeUtf8, kUtf8View };
  Layout layout = Layout::kUtf8;
  std::string index_format = {};  // Of a dictionary's indices; empty: the texts stand in the column itself.
  bool is_ordered = false;        // Of a dictionary.
  bool is_all_null = false;       // The null type: what a column without any value is given.
};

// kInvalidArgument, naming the column and its type, if it is no text.
absl::StatusOr<TextType> TextTypeOf(const ArrowSchema& schema);
bool IsText(const ArrowSchema& schema);

// What a type is called in words.
std::string NameOfType(const ArrowSchema& schema);

// What a batch's column is called, and how many rows of it came before.
struct ColumnPlace {
  std::string name;
  int64_t first_row = 0;
};

// Some rows of a column, each text once: where it is repeated by a dictionary, `repeats` says how often. Rows that are
// null have no data.
struct Rows {
  std::span<const std::string_view> texts;
  std::span<const int64_t> numbers;  // Of each text's first row, counted as ColumnPlace does.
  std::span<const int64_t> repeats;  // Empty: once each.
  const ColumnPlace* place;
};

// Takes one value per row, in order.
class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual absl::Status Append(std::string_view text) = 0;
  virtual void AppendNull() = 0;
};

class ColumnMap {
 public:
  virtual ~ColumnMap() = default;
  // The type of what Map makes of a column of `schema`.
  virtual absl::StatusOr<Owned<ArrowSchema>> SchemaOf(const ArrowSchema& schema) const = 0;
  virtual absl::StatusOr<Owned<ArrowArray>> Map(const ArrowSchema& schema, const ArrowArray& array,
                                                const ColumnPlace& place) = 0;
};

// Text to text, of the same type. A dictionary's texts are seen once each, in the order of the rows that first use
// them; the new dictionary has those alone.
class TextMap : public ColumnMap {
 public:
  absl::StatusOr<Owned<ArrowSchema>> SchemaOf(const ArrowSchema& schema) const override;
  absl::StatusOr<Owned<ArrowArray>> Map(const ArrowSchema& schema, const ArrowArray& array,
                                        const ColumnPlace& place) override;

  // Whether texts are made; without, the type that is shown does not matter.
  virtual bool makes_texts() const { return true; }

  // One value in `sink` for each row. Rows come in slices of at most kSliceBytes or kSliceRows, or one row beyond.
  virtual absl::Status MapRows(const Rows& rows, TextSink* sink) = 0;

 private:
  // kInvalidArgument for a type that means more than texts, and would be lost.
  static absl::Status CheckKept(const ArrowSchema& schema);
};

// Calls `see` for all rows of a column, in slices, in order. The texts are valid UTF-8: kInvalidArgument names the
// column and the row of one that is not.
absl::Status ForEachSlice(const ArrowSchema& schema, const ArrowArray& array, const ColumnPlace& place,
                          const std::function<absl::Status(const Rows&)>& see);

struct MapColumnsOptions {
  std::vector<std::string> columns = {};  // Of batches; none: all that are text.
  std::string name = {};                  // Of the one column of a stream that has no batches; empty: its field's.
};

// The stream with `map` done to some columns. A stream of arrays that are no batches is one column.
// kInvalidArgument for a column that is not there, or no text. Errors of the stream itself carry its own message.
absl::StatusOr<std::unique_ptr<BatchReader>> MapColumns(Owned<ArrowArrayStream> stream,
                                                        const MapColumnsOptions& options,
                                                        std::shared_ptr<ColumnMap> map);

// Arrays that are there already, as a reader.
std::unique_ptr<BatchReader> ReadArrays(Owned<ArrowSchema> schema, std::vector<Owned<ArrowArray>> arrays);

// All that a reader still has, as another reader: what fails fails here.
absl::StatusOr<std::unique_ptr<BatchReader>> ReadAhead(std::unique_ptr<BatchReader> reader);

}  // namespace tokenfoundry::arrow
