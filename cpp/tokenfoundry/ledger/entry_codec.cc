// Bytes of what happens: entries, holds, changes, corrections and grants.
#include "tokenfoundry/ledger/codec_internal.h"

namespace tokenfoundry::ledger {
namespace {

void Append(std::string* out, const std::vector<Burn>& burns) {
  AppendLittle(out, static_cast<uint16_t>(burns.size()));
  for (const Burn& burn : burns) {
    AppendLittle(out, burn.grant);
    AppendLittle(out, burn.amount);
  }
}

std::vector<Burn> ReadBurns(ByteReader& reader) {
  std::vector<Burn> burns;
  const uint16_t count = reader.Little<uint16_t>();
  for (uint16_t i = 0; i < count && reader.ok(); ++i) {
    const uint64_t grant = reader.Little<uint64_t>();
    burns.push_back({grant, reader.Little<int64_t>()});
  }
  return burns;
}

// What only corrections and changes have.
bool IsOfACall(const Entry& entry) { return entry.kind != EntryKind::kAdjusted && entry.kind != EntryKind::kChanged; }

}  // namespace

std::string Encode(const Change& change) {
  std::string out;
  AppendLittle(&out, static_cast<uint8_t>(change.kind));
  AppendSized(&out, change.budget);
  AppendLittle(&out, static_cast<uint8_t>(change.each.has_value()));
  AppendSized(&out, EachKey(change.each.value_or(std::vector<std::string>())));
  AppendLittle(&out, change.amount);
  AppendLittle(&out, change.from_ms);
  AppendLittle(&out, change.until_ms);
  AppendLittle(&out, change.priority);
  AppendLittle(&out, change.price_nano);
  AppendSized(&out, change.price_currency);
  AppendSized(&out, change.actor);
  AppendSized(&out, change.reason);
  return out;
}

absl::StatusOr<Change> DecodeChange(std::string_view bytes) {
  ByteReader reader(bytes);
  Change change;
  change.kind = static_cast<ChangeKind>(reader.Little<uint8_t>());
  change.budget = reader.Sized();
  const bool has_each = reader.Little<uint8_t>() != 0;
  ByteReader each(reader.Sized());
  std::vector<std::string> values;
  while (each.ok() && !each.AtEnd()) values.emplace_back(each.Sized());
  if (has_each) change.each = std::move(values);
  change.amount = reader.Little<int64_t>();
  change.from_ms = reader.Little<int64_t>();
  change.until_ms = reader.Little<int64_t>();
  change.priority = reader.Little<int32_t>();
  change.price_nano = reader.Little<int64_t>();
  change.price_currency = reader.Sized();
  change.actor = reader.Sized();
  change.reason = reader.Sized();
  if (!reader.AtEnd() || !each.ok() || !change.Validate().ok()) return Damaged("a change");
  return change;
}

std::string Encode(const CorrectedRecord& corrected) {
  std::string out;
  AppendSparse<uint8_t>(&out, corrected.amounts);
  Append(&out, corrected.burns);
  return out;
}

absl::StatusOr<CorrectedRecord> DecodeCorrected(std::string_view bytes) {
  ByteReader reader(bytes);
  CorrectedRecord corrected;
  corrected.amounts = ReadSparse<uint8_t, kUnits, int64_t>(reader);
  corrected.burns = ReadBurns(reader);
  if (!reader.AtEnd()) return Damaged("a sum of corrections");
  return corrected;
}

std::string Encode(const GrantRecord& grant) {
  std::string out;
  AppendLittle(&out, grant.created_ms);
  AppendLittle(&out, grant.spent);
  AppendSized(&out, Encode(grant.change));
  Append(&out, grant.paid);
  return out;
}

absl::StatusOr<GrantRecord> DecodeGrant(std::string_view bytes) {
  ByteReader reader(bytes);
  GrantRecord grant;
  grant.created_ms = reader.Little<int64_t>();
  grant.spent = reader.Little<int64_t>();
  TF_ASSIGN_OR_RETURN(grant.change, DecodeChange(reader.Sized()));
  grant.paid = ReadBurns(reader);
  if (!reader.AtEnd()) return Damaged("a grant");
  return grant;
}

std::string Encode(const Entry& entry) {
  std::string out;
  out.reserve(256 + entry.detail.size());
  AppendLittle(&out, entry.seq);
  AppendLittle(&out, static_cast<uint8_t>(entry.kind));
  AppendLittle(&out, entry.flags);
  AppendLittle(&out, entry.at_ms);
  AppendLittle(&out, entry.posted_at_ms);
  AppendSparse<uint8_t>(&out, entry.amounts);
  AppendSparse<uint8_t>(&out, entry.tallies);
  AppendSized(&out, entry.id);
  AppendSparse<uint16_t>(&out, entry.axes);
  AppendLittle(&out, entry.session_start_ms);
  Append(&out, entry.burns);
  if (!IsOfACall(entry)) {
    AppendLittle(&out, entry.of.value_or(UINT64_MAX));
    AppendSized(&out, entry.change ? Encode(*entry.change) : "");
    AppendSized(&out, entry.actor);
    AppendSized(&out, entry.reason);
  }
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
  entry.amounts = ReadSparse<uint8_t, kUnits, int64_t>(reader);
  entry.tallies = ReadSparse<uint8_t, kTallies, int64_t>(reader);
  entry.id = reader.Sized();
  entry.axes = ReadSparse<uint16_t, kAxes, std::string>(reader);
  entry.session_start_ms = reader.Little<int64_t>();
  entry.burns = ReadBurns(reader);
  if (entry.kind < EntryKind::kSettled || entry.kind > EntryKind::kRented) return Damaged("an entry");
  if (!IsOfACall(entry)) {
    const uint64_t of = reader.Little<uint64_t>();
    if (of != UINT64_MAX) entry.of = of;
    if (const std::string_view change = reader.Sized(); !change.empty()) {
      TF_ASSIGN_OR_RETURN(entry.change, DecodeChange(change));
    }
    entry.actor = reader.Sized();
    entry.reason = reader.Sized();
  }
  entry.detail = reader.Sized();
  if (!reader.AtEnd()) return Damaged("an entry");
  return entry;
}

std::string Encode(const HoldRecord& hold) {
  std::string out;
  AppendLittle(&out, hold.at_ms);
  AppendSparse<uint8_t>(&out, hold.amounts);
  AppendSparse<uint16_t>(&out, hold.axes);
  AppendLittle(&out, hold.session_start_ms);
  Append(&out, hold.burns);
  AppendSized(&out, hold.detail);
  return out;
}

absl::StatusOr<HoldRecord> DecodeHold(std::string_view bytes) {
  ByteReader reader(bytes);
  HoldRecord hold;
  hold.at_ms = reader.Little<int64_t>();
  hold.amounts = ReadSparse<uint8_t, kUnits, int64_t>(reader);
  hold.axes = ReadSparse<uint16_t, kAxes, std::string>(reader);
  hold.session_start_ms = reader.Little<int64_t>();
  hold.burns = ReadBurns(reader);
  hold.detail = reader.Sized();
  if (!reader.AtEnd()) return Damaged("a hold");
  return hold;
}

}  // namespace tokenfoundry::ledger
