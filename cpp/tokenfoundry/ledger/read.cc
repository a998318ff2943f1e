#include <algorithm>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

uint64_t Ledger::size() const {
  const std::lock_guard lock(mu_);
  return next_seq_;
}

absl::StatusOr<std::vector<Entry>> Ledger::Entries(const EntryRange& range) const {
  std::vector<Block> blocks;
  {
    const std::lock_guard lock(mu_);
    blocks = blocks_;
  }
  std::vector<Entry> entries;
  absl::Status decoded;
  const auto add = [&](std::string_view, std::string_view value) {
    auto entry = DecodeEntry(value);
    decoded = entry.status();
    if (!decoded.ok()) return false;
    if (entry->at_ms >= range.from_ms && entry->at_ms < range.until_ms) entries.push_back(*std::move(entry));
    return entries.size() < range.limit;
  };
  for (uint64_t i = range.first_seq / kBlockEntries; i < blocks.size() && entries.size() < range.limit; ++i) {
    if (blocks[i].max_at_ms < range.from_ms || blocks[i].min_at_ms >= range.until_ms) continue;
    const std::string first = SeqKey(std::max(range.first_seq, i * kBlockEntries)),
                      end = SeqKey((i + 1) * kBlockEntries);
    TF_RETURN_IF_ERROR(store_.Scan(entries_, {first, end}, add));
    TF_RETURN_IF_ERROR(decoded);
  }
  return entries;
}

}  // namespace tokenfoundry::ledger
