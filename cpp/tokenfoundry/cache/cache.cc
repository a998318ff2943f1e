#include "tokenfoundry/cache/cache.h"

#include <algorithm>

#include "tokenfoundry/cache/record_internal.h"

namespace tokenfoundry::cache {
namespace {

constexpr std::string_view kTotalsKey = "totals";
constexpr size_t kSlotKeyBytes = 16;
constexpr uint64_t kAgeRecordBytes = 8 + kSlotKeyBytes + 8;  // Key, slot, stored bytes.

std::string AgeKey(uint64_t age) {
  std::string key;
  AppendBig(&key, age);
  return key;
}

// What a record counts: both its keys and both its values.
uint64_t StoredBytes(const std::string& slot_record) { return kSlotKeyBytes + slot_record.size() + kAgeRecordBytes; }

struct Age {
  std::string slot;
  uint64_t stored_bytes;
};

std::string EncodeAge(const Age& age) {
  std::string bytes = age.slot;
  AppendLittle(&bytes, age.stored_bytes);
  return bytes;
}

std::optional<Age> DecodeAge(std::string_view bytes) {
  if (bytes.size() != kSlotKeyBytes + 8) return std::nullopt;
  return Age{std::string(bytes.substr(0, kSlotKeyBytes)), LoadLittle<uint64_t>(bytes.data() + kSlotKeyBytes)};
}

}  // namespace

absl::Status CacheOptions::Validate() const {
  if (path.empty()) return absl::InvalidArgumentError("path: empty");
  if (max_bytes < (64 << 10)) return absl::InvalidArgumentError("max_bytes: under 64 KiB");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Cache>> Cache::Open(const CacheOptions& options) {
  TF_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Cache> cache(new Cache(options));
  absl::Status loaded = cache->Load();
  if (!loaded.ok() &&
      !absl::IsUnavailable(loaded)) {  // It may be lost; it may not be wrong, and it may not be in the way.
    cache->store_.reset();
    TF_RETURN_IF_ERROR(store::Store::Destroy(options.path));
    loaded = cache->Load();
  }
  TF_RETURN_IF_ERROR(loaded);
  return cache;
}

absl::Status Cache::Load() {
  store::StoreOptions how;
  how.path = options_.path;
  how.families = {{"cache.slots", 1, 1, /*point_lookups=*/true}, {"cache.ages"}, {"cache.totals"}};
  how.wal = false;
  TF_ASSIGN_OR_RETURN(store_, store::Store::Open(std::move(how)));
  TF_ASSIGN_OR_RETURN(slots_, store_->Lookup("cache.slots"));
  TF_ASSIGN_OR_RETURN(ages_, store_->Lookup("cache.ages"));
  TF_ASSIGN_OR_RETURN(totals_on_disk_, store_->Lookup("cache.totals"));
  const std::lock_guard lock(mu_);
  // The totals are in every batch, so they are of the same moment as the records.
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> totals, store_->Get(totals_on_disk_, kTotalsKey));
  TF_ASSIGN_OR_RETURN(const auto newest, store_->Last(ages_));
  totals_ = {};
  if (totals) {
    ByteReader reader(*totals);
    totals_.entries = reader.Little<uint64_t>();
    totals_.bytes = reader.Little<uint64_t>();
    if (!reader.AtEnd()) return absl::DataLossError("cache.totals is damaged");
  }
  if ((totals_.entries > 0) != newest.has_value()) return absl::DataLossError("cache.totals and cache.ages disagree");
  if (newest && newest->first.size() != 8) return absl::DataLossError("cache.ages: a key is damaged");
  oldest_age_ = 0;
  next_age_ = newest ? LoadBig<uint64_t>(newest->first.data()) + 1 : 0;
  return absl::OkStatus();
}

void Cache::StageTotals(const Stats& totals, store::Batch* batch) const {
  std::string bytes;
  AppendLittle(&bytes, totals.entries);
  AppendLittle(&bytes, totals.bytes);
  batch->Put(totals_on_disk_, kTotalsKey, bytes);
}

absl::Status Cache::Put(const PutRequest& request) {
  if (request.ttl_ms <= 0) return absl::InvalidArgumentError("ttl_ms: not positive");
  if (request.now_ms < 0) return absl::InvalidArgumentError("now_ms: negative");
  int64_t expires_at_ms;
  if (__builtin_add_overflow(request.now_ms, request.ttl_ms, &expires_at_ms)) expires_at_ms = INT64_MAX;
  const std::lock_guard lock(mu_);
  const absl::Status put = PutLocked(request, expires_at_ms);
  if (!absl::IsDataLoss(put)) return put;
  TF_RETURN_IF_ERROR(ClearLocked());  // It may be lost; it may not be wrong.
  return PutLocked(request, expires_at_ms);
}

absl::Status Cache::PutLocked(const PutRequest& request, int64_t expires_at_ms) {
  const std::string slot = SlotKey(request.key_material);
  const Digest proof = Sha256Of(request.key_material);
  const std::string record = EncodeSlot({next_age_, expires_at_ms, proof, request.value});
  const uint64_t stored_bytes = StoredBytes(record);
  if (stored_bytes > options_.max_bytes) return absl::OkStatus();

  store::Batch batch;
  Stats totals = totals_;
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> before, store_->Get(slots_, slot));
  uint64_t replaced_age = next_age_;
  if (before) {
    // The age record is found through the slot; if the slot is damaged, eviction meets the age record in its turn.
    if (const auto old = DecodeSlot(*before)) {
      replaced_age = old->age;
      batch.Delete(ages_, AgeKey(old->age));
      --totals.entries;
      totals.bytes -= StoredBytes(*before);
    }
  }
  totals.entries += 1;
  totals.bytes += stored_bytes;
  // The oldest go first, whatever their expiry.
  absl::Status evicted;
  uint64_t oldest_age = oldest_age_;
  if (before && replaced_age == oldest_age) ++oldest_age;
  const std::string first = AgeKey(oldest_age);
  const auto evict_oldest = [&](std::string_view key, std::string_view value) {
    if (totals.bytes <= options_.max_bytes) return false;
    const auto age = DecodeAge(value);
    if (!age || key.size() != 8) return evicted = absl::DataLossError("cache.ages: a record is damaged"), false;
    oldest_age = LoadBig<uint64_t>(key.data()) + 1;
    if (oldest_age - 1 == replaced_age) return true;
    batch.Delete(ages_, key);
    if (age->slot != slot) batch.Delete(slots_, age->slot);
    --totals.entries;
    totals.bytes -= age->stored_bytes;
    return true;
  };
  // Only when something must go: a look for the oldest wades through what was deleted before it.
  if (totals.bytes > options_.max_bytes) TF_RETURN_IF_ERROR(store_->Scan(ages_, {first}, evict_oldest));
  TF_RETURN_IF_ERROR(evicted);
  batch.Put(slots_, slot, record);
  batch.Put(ages_, AgeKey(next_age_), EncodeAge({slot, stored_bytes}));
  StageTotals(totals, &batch);
  TF_RETURN_IF_ERROR(store_->Write(batch).status());
  totals_ = totals;
  oldest_age_ = oldest_age;
  ++next_age_;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Cache::Get(std::string_view key_material, int64_t now_ms) {
  const std::string slot = SlotKey(key_material);
  auto bytes = store_->Get(slots_, slot);
  if (!bytes.ok() && !absl::IsDataLoss(bytes.status())) return bytes.status();
  if (bytes.ok() && !*bytes) return std::nullopt;
  const std::optional<Slot> found = bytes.ok() ? DecodeSlot(**bytes) : std::nullopt;
  if (found && found->proof != Sha256Of(key_material)) return std::nullopt;
  if (found && now_ms < found->expires_at_ms) return std::string(found->value);
  return std::nullopt;
}

absl::Status Cache::Clear() {
  const std::lock_guard lock(mu_);
  return ClearLocked();
}

absl::Status Cache::ClearLocked() {
  store::Batch batch;
  const std::string slots_end(kSlotKeyBytes + 1, '\xff'), ages_end(9, '\xff');
  batch.DeleteRange(slots_, "", slots_end);
  batch.DeleteRange(ages_, "", ages_end);
  StageTotals({}, &batch);
  TF_RETURN_IF_ERROR(store_->Write(batch).status());
  totals_ = {};
  return absl::OkStatus();
}

Stats Cache::stats() const {
  const std::lock_guard lock(mu_);
  return totals_;
}

}  // namespace tokenfoundry::cache
