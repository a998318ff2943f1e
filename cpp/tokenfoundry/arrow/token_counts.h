// How many tokens each text of a column has: a column of uint32, null where the text is.
//
// Thread-safe: it keeps nothing. Units: tokens.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {

// The tokens of one text; called by several threads at once.
using CountTokens = std::function<uint64_t(std::string_view text)>;

// Of each text, by so many threads at once; 0 for those without data.
std::vector<uint32_t> CountEach(const CountTokens& count, std::span<const std::string_view> texts, size_t threads);

std::shared_ptr<ColumnMap> TokenCountMap(CountTokens count, size_t threads);

}  // namespace tokenfoundry::arrow
