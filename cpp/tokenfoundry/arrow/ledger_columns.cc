#include "tokenfoundry/arrow/ledger_columns_internal.h"

namespace tokenfoundry::arrow {

absl::Status StreamOptions::Validate() const {
  for (const std::string& name : tally_names) {
    if (name.empty()) return absl::InvalidArgumentError("tally_names: one is empty");
  }
  if (batch_rows < 1 || batch_rows > 1 << 20) return absl::InvalidArgumentError("batch_rows: not in [1, 2**20]");
  if (batch_bytes < 1 || batch_bytes > 1 << 30) return absl::InvalidArgumentError("batch_bytes: not in [1, 1 GiB]");
  return absl::OkStatus();
}

AxisColumns::AxisColumns(Sessions sessions, StructColumn* row) {
  for (size_t i = 0; i < kSession; ++i) {
    columns_[i] = row->Add<DictionaryColumn>(std::string(ledger::kAxisNames[i]), Nulls::kAllowed);
  }
  if (sessions == Sessions::kIncluded) {
    session_ = row->Add<TextColumn>(std::string(ledger::kAxisNames[kSession]), Nulls::kAllowed);
  }
}

void AxisColumns::Append(const ledger::Axes& axes) {
  for (size_t i = 0; i < kSession; ++i) AppendOrNull(axes[i], columns_[i]);
  if (session_ != nullptr) AppendOrNull(axes[kSession], session_);
}

size_t TextBytes(const ledger::Axes& axes) {
  size_t bytes = 0;
  for (const std::string& value : axes) bytes += value.size();
  return bytes;
}

}  // namespace tokenfoundry::arrow
