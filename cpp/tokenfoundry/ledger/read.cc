#include <algorithm>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

uint64_t Ledger::Impl::size() const {
  const std::lock_guard lock(mu_);
  return next_seq_;
}

absl::StatusOr<std::vector<Entry>> Ledger::Impl::Entries(const EntryRange& range) const {
  std::vector<Block> blocks;
  {
    const std::lock_guard lock(mu_);
    blocks = blocks_;
  }
  std::vector<Entry> entries;
  uint64_t bytes = 0;
  const auto has_room = [&] { return entries.size() < range.limit && bytes < range.max_bytes; };
  absl::Status decoded;
  const auto add = [&](std::string_view, std::string_view value) {
    auto entry = DecodeEntry(value);
    decoded = entry.status();
    if (!decoded.ok()) return false;
    if (entry->at_ms >= range.from_ms && entry->at_ms < range.until_ms) {
      entries.push_back(*std::move(entry));
      bytes += value.size();
    }
    return has_room();
  };
  for (uint64_t i = range.first_seq / kBlockEntries; i < blocks.size() && has_room(); ++i) {
    if (blocks[i].max_at_ms < range.from_ms || blocks[i].min_at_ms >= range.until_ms) continue;
    const std::string first = SeqKey(std::max(range.first_seq, i * kBlockEntries)),
                      end = SeqKey((i + 1) * kBlockEntries);
    TF_RETURN_IF_ERROR(store_.Scan(entries_on_disk_, {first, end}, add));
    TF_RETURN_IF_ERROR(decoded);
  }
  return entries;
}

absl::StatusOr<std::vector<Event>> Ledger::Impl::Events(uint64_t first_seq, uint64_t limit) const {
  std::vector<Event> events;
  if (limit == 0) return events;
  absl::Status decoded;
  const std::string first = SeqKey(first_seq);
  TF_RETURN_IF_ERROR(store_.Scan(events_on_disk_, {first}, [&](std::string_view, std::string_view value) {
    auto event = DecodeEvent(value);
    decoded = event.status();
    if (!decoded.ok()) return false;
    events.push_back(*std::move(event));
    return events.size() < limit;
  }));
  TF_RETURN_IF_ERROR(decoded);
  return events;
}

absl::StatusOr<std::vector<Rollup>> Ledger::Impl::Rollups(int64_t from_ms, int64_t until_ms, uint64_t limit) const {
  std::vector<Rollup> rows;
  if (limit == 0) return rows;
  const std::string first = HourKey(from_ms), end = HourKey(until_ms);
  std::map<std::string, Rollup> rollups;  // By key, which sorts by hour.
  std::optional<store::Store::Snapshot> snapshot;
  {
    const std::lock_guard lock(mu_);
    snapshot.emplace(store_.TakeSnapshot());
    for (const auto& [key, item] : rollups_.items()) {
      if (key >= first && key < end) rollups.emplace(key, item.record);
    }
  }
  // What is in memory is newer than what is stored of it.
  uint64_t stored_rows = 0;
  std::string hour;  // The key of the last one read, and where reading stopped.
  absl::Status decoded;
  const auto add = [&](std::string_view key, std::string_view value) {
    const bool is_next_hour = key.substr(0, first.size()) != hour;
    if (is_next_hour) hour = key.substr(0, first.size());
    if (is_next_hour && stored_rows >= limit) return false;
    auto stored = DecodeRollup(key, value);
    decoded = stored.status();
    if (!decoded.ok()) return false;
    rollups.try_emplace(std::string(key), std::move(stored->record));
    ++stored_rows;
    return true;
  };
  TF_RETURN_IF_ERROR(store_.Scan(rollups_on_disk_, {first, end, &*snapshot}, add));
  TF_RETURN_IF_ERROR(decoded);
  // The limit is reached by what is stored alone before the hour where reading stopped, so no later one is given.
  for (auto& [key, rollup] : rollups) {
    if (rows.size() >= limit && rollup.hour_ms != rows.back().hour_ms) break;
    rows.push_back(std::move(rollup));
  }
  return rows;
}

}  // namespace tokenfoundry::ledger
