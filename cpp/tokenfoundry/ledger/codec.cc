#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/ledger/codec_internal.h"

namespace tokenfoundry::ledger {
namespace {

// Signed numbers sort by value once their sign bit is turned over.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

absl::Status Damaged(const std::string& what) { return absl::DataLossError(what + " is damaged"); }

void Append(std::string* out, const Amounts& amounts) {
  for (const int64_t amount : amounts) AppendLittle(out, amount);
}

void Append(std::string* out, const Axes& axes) {
  for (const std::string& value : axes) AppendSized(out, value);
}

Amounts ReadAmounts(ByteReader& reader) {
  Amounts amounts;
  for (int64_t& amount : amounts) amount = reader.Little<int64_t>();
  return amounts;
}

Axes ReadAxes(ByteReader& reader) {
  Axes axes;
  for (std::string& value : axes) value = reader.Sized();
  return axes;
}

void Append(std::string* out, const Window& window) {
  AppendLittle(out, static_cast<uint8_t>(window.kind));
  AppendLittle(out, window.anchor_day);
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

}  // namespace

std::string Encode(const Entry& entry) {
  std::string out;
  out.reserve(160 + entry.detail.size());
  AppendLittle(&out, entry.seq);
  AppendLittle(&out, static_cast<uint8_t>(entry.kind));
  AppendLittle(&out, entry.flags);
  AppendLittle(&out, entry.at_ms);
  AppendLittle(&out, entry.posted_at_ms);
  Append(&out, entry.amounts);
  AppendSized(&out, entry.id);
  Append(&out, entry.axes);
  AppendSized(&out, entry.detail);
  return out;
}

absl::StatusOr<Entry> DecodeEntry(std::string_view bytes) {
  ByteReader reader(bytes);
  Entry entry;
  entry.seq = reader.Little<uint64_t>();
  entry.kind = static_cast<EntryKind>(reader.Little<uint8_t>());
  entry.flags = reader.Little<Flags>();
  entry.at_ms = reader.Little<int64_t>();
  entry.posted_at_ms = reader.Little<int64_t>();
  entry.amounts = ReadAmounts(reader);
  entry.id = reader.Sized();
  entry.axes = ReadAxes(reader);
  entry.detail = reader.Sized();
  if (!reader.AtEnd()) return Damaged("an entry");
  return entry;
}

std::string Encode(const HoldRecord& hold) {
  std::string out;
  AppendLittle(&out, hold.at_ms);
  Append(&out, hold.amounts);
  Append(&out, hold.axes);
  AppendSized(&out, hold.detail);
  return out;
}

absl::StatusOr<HoldRecord> DecodeHold(std::string_view bytes) {
  ByteReader reader(bytes);
  HoldRecord hold;
  hold.at_ms = reader.Little<int64_t>();
  hold.amounts = ReadAmounts(reader);
  hold.axes = ReadAxes(reader);
  hold.detail = reader.Sized();
  if (!reader.AtEnd()) return Damaged("a hold");
  return hold;
}

std::string Encode(const BudgetRecord& record) {
  const Budget& budget = record.budget;
  std::string out;
  AppendLittle(&out, record.id);
  AppendLittle(&out, record.position);
  AppendLittle(&out, record.complete_from_ms);
  AppendLittle(&out, static_cast<uint8_t>(budget.unit));
  AppendLittle(&out, static_cast<uint8_t>(budget.mode));
  AppendLittle(&out, budget.hard);
  for (const std::vector<std::string>& values : budget.match) {
    AppendLittle(&out, static_cast<uint32_t>(values.size()));
    for (const std::string& value : values) AppendSized(&out, value);
  }
  AppendLittle(&out, static_cast<uint32_t>(budget.each.size()));
  for (const Axis axis : budget.each) AppendLittle(&out, static_cast<uint8_t>(axis));
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
  budget.hard = reader.Little<int64_t>();
  for (std::vector<std::string>& values : budget.match) {
    const uint32_t count = reader.Little<uint32_t>();
    for (uint32_t i = 0; i < count && reader.ok(); ++i) values.emplace_back(reader.Sized());
  }
  const uint32_t count = reader.Little<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i)
    budget.each.push_back(static_cast<Axis>(reader.Little<uint8_t>()));
  budget.window = ReadWindow(reader);
  if (!reader.AtEnd() || !budget.Validate().ok()) return Damaged("budget " + budget.name);
  return record;
}

std::string Encode(const AccountRecord& record) {
  std::string out;
  AppendLittle(&out, record.posted);
  AppendLittle(&out, record.entries);
  return out;
}

absl::StatusOr<AccountRecord> DecodeAccount(std::string_view bytes) {
  ByteReader reader(bytes);
  AccountRecord record;
  record.posted = reader.Little<int64_t>();
  record.entries = reader.Little<uint64_t>();
  if (!reader.AtEnd()) return Damaged("an account");
  return record;
}

std::string AccountPrefix(uint32_t budget_id) {
  std::string key;
  AppendBig(&key, budget_id);
  return key;
}

std::string AccountPrefix(uint32_t budget_id, int64_t window_start_ms) {
  std::string key = AccountPrefix(budget_id);
  AppendBig(&key, static_cast<uint64_t>(window_start_ms) ^ kSignBit);
  return key;
}

std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, const Budget& budget, const Axes& axes) {
  std::string key = AccountPrefix(budget_id, window_start_ms);
  for (const Axis axis : budget.each) AppendSized(&key, axes[static_cast<size_t>(axis)]);
  return key;
}

absl::StatusOr<AccountKeyParts> DecodeAccountKey(std::string_view key) {
  if (key.size() < 12) return Damaged("an account's key");
  AccountKeyParts parts{
      LoadBig<uint32_t>(key.data()), static_cast<int64_t>(LoadBig<uint64_t>(key.data() + 4) ^ kSignBit), {}};
  ByteReader reader(key.substr(12));
  while (reader.ok() && !reader.AtEnd()) parts.each.emplace_back(reader.Sized());
  if (!reader.ok()) return Damaged("an account's key");
  return parts;
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
