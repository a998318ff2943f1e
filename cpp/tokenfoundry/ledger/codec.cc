#include <algorithm>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/codec_internal.h"

namespace tokenfoundry::ledger {
namespace {

// Signed numbers sort by value once their sign bit is turned over.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

void AppendTime(std::string* key, int64_t at_ms) { AppendBig(key, static_cast<uint64_t>(at_ms) ^ kSignBit); }
int64_t LoadTime(const char* key) { return static_cast<int64_t>(LoadBig<uint64_t>(key) ^ kSignBit); }

void Append(std::string* out, const Window& window) {
  AppendLittle(out, static_cast<uint8_t>(window.kind));
  AppendLittle(out, window.anchor_day);
  AppendLittle(out, window.anchor_month);
  AppendLittle(out, window.iso_weekday);
  AppendLittle(out, window.at_s);
  AppendLittle(out, static_cast<uint32_t>(window.starts_s.size()));
  for (const int32_t start_s : window.starts_s) AppendLittle(out, start_s);
  AppendLittle(out, window.length_ms);
  AppendSized(out, window.zone->name);
  AppendLittle(out, static_cast<uint32_t>(window.zone->transitions.size()));
  for (const Transition& transition : window.zone->transitions) {
    AppendLittle(out, transition.at_s);
    AppendLittle(out, transition.offset_s);
  }
}

Window ReadWindow(ByteReader& reader) {
  Window window;
  window.kind = static_cast<WindowKind>(reader.Little<uint8_t>());
  window.anchor_day = reader.Little<int32_t>();
  window.anchor_month = reader.Little<int32_t>();
  window.iso_weekday = reader.Little<int32_t>();
  window.at_s = reader.Little<int32_t>();
  const uint32_t starts = reader.Little<uint32_t>();
  for (uint32_t i = 0; i < starts && reader.ok(); ++i) window.starts_s.push_back(reader.Little<int32_t>());
  window.length_ms = reader.Little<int64_t>();
  auto zone = std::make_shared<Zone>();
  zone->name = reader.Sized();
  const uint32_t count = reader.Little<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const int64_t at_s = reader.Little<int64_t>();
    zone->transitions.push_back({at_s, reader.Little<int32_t>()});
  }
  window.zone = std::move(zone);
  return window;
}

void Append(std::string* out, const Selector& calls) {
  for (const std::vector<std::string>& values : calls.match) {
    AppendLittle(out, static_cast<uint32_t>(values.size()));
    for (const std::string& value : values) AppendSized(out, value);
  }
  AppendLittle(out, static_cast<uint32_t>(calls.each.size()));
  for (const Axis axis : calls.each) AppendLittle(out, static_cast<uint8_t>(axis));
}

Selector ReadSelector(ByteReader& reader) {
  Selector calls;
  for (std::vector<std::string>& values : calls.match) {
    const uint32_t count = reader.Little<uint32_t>();
    for (uint32_t i = 0; i < count && reader.ok(); ++i) values.emplace_back(reader.Sized());
  }
  const uint32_t count = reader.Little<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) calls.each.push_back(static_cast<Axis>(reader.Little<uint8_t>()));
  return calls;
}

}  // namespace

absl::Status Damaged(const std::string& what) { return absl::DataLossError(what + " is damaged"); }

std::string Encode(const BudgetRecord& record) {
  const Budget& budget = record.budget;
  std::string out;
  AppendLittle(&out, record.id);
  AppendLittle(&out, record.position);
  AppendLittle(&out, record.complete_from_ms);
  AppendLittle(&out, static_cast<uint8_t>(budget.unit));
  AppendLittle(&out, static_cast<uint8_t>(budget.mode));
  AppendLittle(&out, static_cast<uint8_t>(budget.at_cap));
  AppendLittle(&out, static_cast<uint8_t>(budget.prepaid));
  AppendLittle(&out, budget.hard);
  AppendLittle(&out, budget.throttle_from);
  AppendLittle(&out, budget.burst.size);
  AppendLittle(&out, budget.burst.refill);
  AppendLittle(&out, budget.burst.refill_every_ms);
  AppendLittle(&out, budget.burst.max_per_window);
  AppendLittle(&out, static_cast<uint32_t>(budget.levels.size()));
  for (const Level& level : budget.levels) {
    AppendSized(&out, level.name);
    AppendLittle(&out, level.amount);
  }
  Append(&out, budget.calls);
  Append(&out, budget.window);
  return out;
}

absl::StatusOr<BudgetRecord> DecodeBudget(std::string_view name, std::string_view bytes) {
  ByteReader reader(bytes);
  BudgetRecord record;
  Budget& budget = record.budget;
  budget.name = name;
  record.id = reader.Little<uint32_t>();
  record.position = reader.Little<uint32_t>();
  record.complete_from_ms = reader.Little<int64_t>();
  budget.unit = static_cast<Unit>(reader.Little<uint8_t>());
  budget.mode = static_cast<Mode>(reader.Little<uint8_t>());
  budget.at_cap = static_cast<AtCap>(reader.Little<uint8_t>());
  budget.prepaid = reader.Little<uint8_t>() != 0;
  budget.hard = reader.Little<int64_t>();
  budget.throttle_from = reader.Little<int64_t>();
  budget.burst.size = reader.Little<int64_t>();
  budget.burst.refill = reader.Little<int64_t>();
  budget.burst.refill_every_ms = reader.Little<int64_t>();
  budget.burst.max_per_window = reader.Little<int64_t>();
  const uint32_t levels = reader.Little<uint32_t>();
  for (uint32_t i = 0; i < levels && reader.ok(); ++i) {
    Level level;
    level.name = reader.Sized();
    level.amount = reader.Little<int64_t>();
    budget.levels.push_back(std::move(level));
  }
  budget.calls = ReadSelector(reader);
  budget.window = ReadWindow(reader);
  if (!reader.AtEnd() || !budget.Validate().ok()) return Damaged("budget " + budget.name);
  return record;
}

std::string Encode(const AccountRecord& record, uint64_t through) {
  std::string out;
  AppendLittle(&out, through);
  AppendLittle(&out, record.posted);
  AppendLittle(&out, record.entries);
  AppendLittle(&out, record.forgiven);
  AppendLittle(&out, record.alerted);
  AppendLittle(&out, record.paced_from_ms);
  return out;
}

absl::StatusOr<Through<AccountRecord>> DecodeAccount(std::string_view bytes) {
  ByteReader reader(bytes);
  Through<AccountRecord> stored;
  stored.through = reader.Little<uint64_t>();
  stored.record.posted = reader.Little<int64_t>();
  stored.record.entries = reader.Little<uint64_t>();
  stored.record.forgiven = reader.Little<int64_t>();
  stored.record.alerted = reader.Little<int64_t>();
  stored.record.paced_from_ms = reader.Little<int64_t>();
  if (!reader.AtEnd()) return Damaged("an account");
  return stored;
}

std::string AccountPrefix(uint32_t budget_id) {
  std::string key;
  AppendBig(&key, budget_id);
  return key;
}

std::string AccountPrefix(uint32_t budget_id, int64_t window_start_ms) {
  std::string key = AccountPrefix(budget_id);
  AppendTime(&key, window_start_ms);
  return key;
}

std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, std::string_view each) {
  return AccountPrefix(budget_id, window_start_ms).append(each);
}

std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, const Budget& budget, const Axes& axes) {
  std::string key = AccountPrefix(budget_id, window_start_ms);
  for (const Axis axis : budget.calls.each) AppendSized(&key, axes[static_cast<size_t>(axis)]);
  return key;
}

std::string EachKey(const std::vector<std::string>& values) {
  std::string key;
  for (const std::string& value : values) AppendSized(&key, value);
  return key;
}

void AccountRecord::Add(int64_t amount) {
  posted = SaturatingAdd(posted, amount);
  forgiven = std::min(forgiven, std::max<int64_t>(0, posted));
  ++entries;
}

std::string LineKey(std::string_view account_key) {
  return std::string(account_key.substr(0, 4)).append(EachOf(account_key));
}

int64_t WindowStartOf(std::string_view account_key) { return LoadTime(account_key.data() + 4); }

absl::StatusOr<AccountKeyParts> DecodeAccountKey(std::string_view key) {
  if (key.size() < 12) return Damaged("an account's key");
  AccountKeyParts parts{LoadBig<uint32_t>(key.data()), LoadTime(key.data() + 4), {}};
  ByteReader reader(EachOf(key));
  while (reader.ok() && !reader.AtEnd()) parts.each.emplace_back(reader.Sized());
  if (!reader.ok()) return Damaged("an account's key");
  return parts;
}

std::string HourKey(int64_t hour_ms) {
  std::string key;
  AppendTime(&key, hour_ms);
  return key;
}

std::string RollupKey(int64_t at_ms, const Axes& axes) {
  std::string key = HourKey(at_ms - at_ms % kHour_ms);
  for (size_t i = 0; i < kAxes; ++i) {
    if (static_cast<Axis>(i) != Axis::kSession) AppendSized(&key, axes[i]);
  }
  return key;
}

std::string Encode(const Rollup& rollup, uint64_t through) {
  std::string out;
  AppendLittle(&out, through);
  AppendSparse<uint8_t>(&out, rollup.entries);
  AppendLittle(&out, rollup.overruns);
  AppendLittle(&out, rollup.uncertain);
  AppendLittle(&out, rollup.estimated);
  AppendSparse<uint8_t>(&out, rollup.amounts);
  AppendSparse<uint8_t>(&out, rollup.tallies);
  return out;
}

absl::StatusOr<Through<Rollup>> DecodeRollup(std::string_view key, std::string_view bytes) {
  if (key.size() < 8) return Damaged("a rollup's key");
  Through<Rollup> stored;
  stored.record.hour_ms = LoadTime(key.data());
  ByteReader axes(key.substr(8));
  for (size_t i = 0; i < kAxes; ++i) {
    if (static_cast<Axis>(i) != Axis::kSession) stored.record.axes[i] = axes.Sized();
  }
  ByteReader reader(bytes);
  stored.through = reader.Little<uint64_t>();
  stored.record.entries = ReadSparse<uint8_t, kEntryKinds, uint64_t>(reader);
  stored.record.overruns = reader.Little<uint64_t>();
  stored.record.uncertain = reader.Little<uint64_t>();
  stored.record.estimated = reader.Little<uint64_t>();
  stored.record.amounts = ReadSparse<uint8_t, kUnits, int64_t>(reader);
  stored.record.tallies = ReadSparse<uint8_t, kTallies, int64_t>(reader);
  if (!axes.AtEnd() || !reader.AtEnd()) return Damaged("a rollup");
  return stored;
}

std::string Encode(const Event& event) {
  std::string out;
  AppendLittle(&out, event.seq);
  AppendLittle(&out, static_cast<uint8_t>(event.kind));
  AppendLittle(&out, event.entry);
  AppendLittle(&out, event.at_ms);
  AppendSized(&out, event.budget);
  AppendSized(&out, EachKey(event.each));
  AppendLittle(&out, static_cast<uint8_t>(event.unit));
  AppendSized(&out, event.level);
  AppendLittle(&out, event.amount);
  AppendLittle(&out, event.used);
  AppendLittle(&out, event.cap);
  AppendLittle(&out, event.start_ms);
  AppendLittle(&out, event.end_ms);
  return out;
}

absl::StatusOr<Event> DecodeEvent(std::string_view bytes) {
  ByteReader reader(bytes);
  Event event;
  event.seq = reader.Little<uint64_t>();
  event.kind = static_cast<EventKind>(reader.Little<uint8_t>());
  event.entry = reader.Little<uint64_t>();
  event.at_ms = reader.Little<int64_t>();
  event.budget = reader.Sized();
  ByteReader each(reader.Sized());
  while (each.ok() && !each.AtEnd()) event.each.emplace_back(each.Sized());
  event.unit = static_cast<Unit>(reader.Little<uint8_t>());
  event.level = reader.Sized();
  event.amount = reader.Little<int64_t>();
  event.used = reader.Little<int64_t>();
  event.cap = reader.Little<int64_t>();
  event.start_ms = reader.Little<int64_t>();
  event.end_ms = reader.Little<int64_t>();
  if (!reader.AtEnd() || !each.ok() || static_cast<size_t>(event.unit) >= kUnits) return Damaged("an event");
  return event;
}

std::string EncodePair(int64_t first, int64_t second) {
  std::string out;
  AppendLittle(&out, first);
  AppendLittle(&out, second);
  return out;
}

absl::StatusOr<std::pair<int64_t, int64_t>> DecodePair(std::string_view bytes) {
  ByteReader reader(bytes);
  const int64_t first = reader.Little<int64_t>(), second = reader.Little<int64_t>();
  if (!reader.AtEnd()) return Damaged("a record of two numbers");
  return std::pair(first, second);
}

std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

std::string SeqKey(uint64_t seq) {
  std::string key;
  AppendBig(&key, seq);
  return key;
}

}  // namespace tokenfoundry::ledger
