#include <utility>

#include "tokenfoundry/arrow/export_internal.h"
#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {
namespace {

class ArraysReader : public BatchReader {
 public:
  ArraysReader(Owned<ArrowSchema> schema, std::vector<Owned<ArrowArray>> arrays)
      : schema_(std::move(schema)), arrays_(std::move(arrays)) {}

  Owned<ArrowSchema> Schema() const override { return CopyOf(*schema_); }

  absl::StatusOr<Owned<ArrowArray>> Next() override {
    return next_ < arrays_.size() ? std::move(arrays_[next_++]) : Owned<ArrowArray>();
  }

 private:
  const Owned<ArrowSchema> schema_;
  std::vector<Owned<ArrowArray>> arrays_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<BatchReader> ReadArrays(Owned<ArrowSchema> schema, std::vector<Owned<ArrowArray>> arrays) {
  return std::make_unique<ArraysReader>(std::move(schema), std::move(arrays));
}

absl::StatusOr<std::unique_ptr<BatchReader>> ReadAhead(std::unique_ptr<BatchReader> reader) {
  std::vector<Owned<ArrowArray>> arrays;
  for (;;) {
    TF_ASSIGN_OR_RETURN(Owned<ArrowArray> array, reader->Next());
    if (!array) return ReadArrays(reader->Schema(), std::move(arrays));
    arrays.push_back(std::move(array));
  }
}

}  // namespace tokenfoundry::arrow
