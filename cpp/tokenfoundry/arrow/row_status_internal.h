#pragma once

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {

// The status with the row that it is about.
inline absl::Status At(const Rows& rows, size_t row, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("column '", rows.place->name, "', row ", rows.numbers[row], ": ", status.message()));
}

}  // namespace tokenfoundry::arrow
