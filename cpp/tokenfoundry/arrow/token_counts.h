// How many tokens each text of a column has: a column of uint32, null where the text is.
//
// Thread-safe: it keeps nothing. Units: tokens.
#pragma once

#include <functional>
#include <memory>

#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {

// The tokens of one text; called by several threads at once.
using CountTokens = std::function<uint64_t(std::string_view text)>;

std::shared_ptr<ColumnMap> TokenCountMap(CountTokens count, size_t threads);

}  // namespace tokenfoundry::arrow
