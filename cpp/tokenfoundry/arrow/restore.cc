#include "tokenfoundry/arrow/redaction.h"
#include "tokenfoundry/arrow/row_status_internal.h"

namespace tokenfoundry::arrow {

absl::StatusOr<std::string> Redaction::Restored(std::string_view text) const {
  if (options_.restore && (options_.rewrite || NeedsReading(text))) return options_.restore(text);
  const std::lock_guard lock(mu_);
  std::string restored;
  size_t done = 0;
  for (auto form = FindForm(text, 0); form; form = FindForm(text, form->end)) {
    const auto value = numbering_.ValueOf(UpperName(form->name));
    if (!value) continue;
    restored.append(text.substr(done, form->start - done)).append(*value);
    done = form->end;
  }
  restored.append(text.substr(done));
  return restored;
}

absl::Status Redaction::Restore(const Rows& rows, TextSink* sink) const {
  for (size_t row = 0; row < rows.texts.size(); ++row) {
    const std::string_view text = rows.texts[row];
    if (text.data() == nullptr) {
      sink->AppendNull();
      continue;
    }
    const auto restored = Restored(text);
    if (!restored.ok()) return At(rows, row, restored.status());
    TF_RETURN_IF_ERROR(sink->Append(*restored == text ? text : *restored));
  }
  return absl::OkStatus();
}

std::optional<std::string> Redaction::ValueOf(std::string_view name) const {
  const std::lock_guard lock(mu_);
  const auto value = numbering_.ValueOf(name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::vector<Tally> Redaction::Tallies() const {
  const std::lock_guard lock(mu_);
  return tallies_;
}

std::vector<NumberedValue> Redaction::Values() const {
  const std::lock_guard lock(mu_);
  return numbering_.values();
}

size_t Redaction::size() const {
  const std::lock_guard lock(mu_);
  return numbering_.values().size();
}

uint64_t Redaction::Assign(std::string_view entity, std::string_view value) {
  const std::lock_guard lock(mu_);
  return numbering_.Assign(entity, value);
}

}  // namespace tokenfoundry::arrow
