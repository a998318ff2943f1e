#include "tokenfoundry/arrow/token_counts.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "tokenfoundry/arrow/columns_internal.h"
#include "tokenfoundry/arrow/text_reader_internal.h"

namespace tokenfoundry::arrow {
namespace {

constexpr size_t kBlockRows = 256;  // What one thread takes at once.

uint32_t Bounded(uint64_t tokens) {
  return static_cast<uint32_t>(std::min<uint64_t>(tokens, std::numeric_limits<uint32_t>::max()));
}

class Counting : public ColumnMap {
 public:
  Counting(CountTokens count, size_t threads) : count_(std::move(count)), threads_(threads) {}

  absl::StatusOr<Owned<ArrowSchema>> SchemaOf(const ArrowSchema& schema) const override {
    TF_RETURN_IF_ERROR(TextTypeOf(schema).status());
    return Export(Field{schema.name != nullptr ? schema.name : "", "I", true});
  }

  absl::StatusOr<Owned<ArrowArray>> Map(const ArrowSchema& schema, const ArrowArray& array,
                                        const ColumnPlace& place) override {
    NumberColumn<uint32_t> column(Nulls::kAllowed, "I");
    const auto append = [&](std::optional<uint32_t> tokens) { tokens ? column.Append(*tokens) : column.AppendNull(); };
    TF_ASSIGN_OR_RETURN(const TextType type, TextTypeOf(schema));
    std::vector<uint32_t> of_used;  // Of a dictionary's texts.
    TF_RETURN_IF_ERROR(ForEachSlice(schema, array, place, [&](const Rows& rows) {
      const std::vector<uint32_t> counts = CountEach(count_, rows.texts, threads_);
      if (!rows.repeats.empty()) {
        of_used.insert(of_used.end(), counts.begin(), counts.end());
        return absl::OkStatus();
      }
      for (size_t i = 0; i < counts.size(); ++i) {
        append(rows.texts[i].data() == nullptr ? std::nullopt : std::optional(counts[i]));
      }
      return absl::OkStatus();
    }));
    if (type.is_all_null) {
      for (int64_t row = 0; row < array.length; ++row) append(std::nullopt);
    } else if (!type.index_format.empty()) {
      TF_ASSIGN_OR_RETURN(const UsedTexts used, ReadUsedTexts(type, array, place.name));
      for (const int64_t text : used.of_row) {
        append(text < 0 ? std::nullopt : std::optional(of_used[static_cast<size_t>(text)]));
      }
    }
    return column.Finish();
  }

 private:
  const CountTokens count_;
  const size_t threads_;
};

}  // namespace

std::vector<uint32_t> CountEach(const CountTokens& count, std::span<const std::string_view> texts, size_t threads) {
  std::vector<uint32_t> counts(texts.size());
  const size_t blocks = (texts.size() + kBlockRows - 1) / kBlockRows;
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t block = next++; block < blocks; block = next++) {
      const size_t end = std::min(texts.size(), (block + 1) * kBlockRows);
      for (size_t i = block * kBlockRows; i < end; ++i) counts[i] = Bounded(count(texts[i]));
    }
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min(threads, blocks); ++i) others.emplace_back(work);
  work();
  others.clear();  // Joined.
  return counts;
}

std::shared_ptr<ColumnMap> TokenCountMap(CountTokens count, size_t threads) {
  return std::make_shared<Counting>(std::move(count), threads);
}

}  // namespace tokenfoundry::arrow
