#include "tokenfoundry/cache/cache.h"

#include <unordered_set>
#include <utility>

#include "tokenfoundry/cache/record_internal.h"

namespace tokenfoundry::cache {
namespace {

constexpr std::string_view kTotalsKey = "totals";
constexpr size_t kSlotKeyBytes = 16;
// Half of a write between two requests is what any write costs: 32 us, against 16 us for each of so many. The request
// that writes them all takes 0.3 ms longer.
constexpr size_t kMostWaiting = 32;
constexpr uint64_t kMostWaitingBytes = 64 << 10;  // No more than the least max_bytes: the newest are never too many.
constexpr uint64_t kAgeRecordBytes = 8 + kSlotKeyBytes + 8;  // Key, slot, stored bytes.

std::string AgeKey(uint64_t age) {
  std::string key;
  AppendBig(&key, age);
  return key;
}

// What a record counts: both its keys and both its values.
uint64_t StoredBytes(size_t record_bytes) { return kSlotKeyBytes + record_bytes + kAgeRecordBytes; }

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

Cache::~Cache() {
  if (store_ != nullptr) (void)WriteWaiting();  // It may be lost.
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
  const std::lock_guard waiting_lock(waiting_mu_);
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
  while (!Add(request, expires_at_ms)) TF_RETURN_IF_ERROR(WriteWaiting());
  return absl::OkStatus();
}

// False when what waits is to be written first.
bool Cache::Add(const PutRequest& request, int64_t expires_at_ms) {
  Slot slot{0, expires_at_ms, Sha256Of(request.key_material), request.value};
  const uint64_t stored_bytes = StoredBytes(SlotBytes(slot));
  if (stored_bytes > options_.max_bytes) return true;
  const std::lock_guard lock(waiting_mu_);
  const bool is_full = waiting_.size() >= kMostWaiting || waiting_bytes_ + stored_bytes > kMostWaitingBytes;
  if (is_full && !waiting_.empty()) return false;
  slot.age = next_age_++;
  waiting_bytes_ += stored_bytes;
  waiting_.insert_or_assign(SlotKey(request.key_material), Record{slot.age, EncodeSlot(slot)});
  return true;
}

absl::Status Cache::WriteWaiting() {
  const std::lock_guard lock(mu_);
  {
    const std::lock_guard waiting_lock(waiting_mu_);
    writing_.swap(waiting_);
    waiting_bytes_ = 0;
  }
  absl::Status written = WriteLocked(writing_);
  if (absl::IsDataLoss(written)) {
    written = ClearLocked();  // It may be lost; it may not be wrong.
    if (written.ok()) written = WriteLocked(writing_);
  }
  const std::lock_guard waiting_lock(waiting_mu_);
  writing_.clear();
  return written;
}

absl::Status Cache::WriteLocked(const Records& records) {
  if (records.empty()) return absl::OkStatus();
  store::Batch batch;
  Stats totals = totals_;
  std::unordered_set<uint64_t> replaced;  // Ages on the disk.
  for (const auto& [slot, record] : records) {
    TF_ASSIGN_OR_RETURN(const std::optional<std::string> before, store_->Get(slots_, slot));
    // The age record is found through the slot; if the slot is damaged, eviction meets the age record in its turn.
    const std::optional<Slot> old = before ? DecodeSlot(*before) : std::nullopt;
    if (old) {
      replaced.insert(old->age);
      batch.Delete(ages_, AgeKey(old->age));
      --totals.entries;
      totals.bytes -= StoredBytes(before->size());
    }
    const uint64_t stored_bytes = StoredBytes(record.bytes.size());
    totals.entries += 1;
    totals.bytes += stored_bytes;
    batch.Put(slots_, slot, record.bytes);
    batch.Put(ages_, AgeKey(record.age), EncodeAge({slot, stored_bytes}));
  }
  // The oldest go first, whatever their expiry.
  absl::Status evicted;
  uint64_t oldest_age = oldest_age_;
  const std::string first = AgeKey(oldest_age);
  const auto evict_oldest = [&](std::string_view key, std::string_view value) {
    if (totals.bytes <= options_.max_bytes) return false;
    const auto age = DecodeAge(value);
    if (!age || key.size() != 8) return evicted = absl::DataLossError("cache.ages: a record is damaged"), false;
    oldest_age = LoadBig<uint64_t>(key.data()) + 1;
    if (replaced.contains(oldest_age - 1)) return true;
    batch.Delete(ages_, key);
    if (!records.contains(age->slot)) batch.Delete(slots_, age->slot);
    --totals.entries;
    totals.bytes -= age->stored_bytes;
    return true;
  };
  // Only when something must go: a look for the oldest wades through what was deleted before it.
  if (totals.bytes > options_.max_bytes) TF_RETURN_IF_ERROR(store_->Scan(ages_, {first}, evict_oldest));
  TF_RETURN_IF_ERROR(evicted);
  StageTotals(totals, &batch);
  TF_RETURN_IF_ERROR(store_->Write(batch).status());
  totals_ = totals;
  oldest_age_ = oldest_age;
  return absl::OkStatus();
}

std::optional<std::string> Cache::Waiting(const std::string& slot) {
  const std::lock_guard lock(waiting_mu_);
  for (const Records* records : {&waiting_, &writing_}) {
    if (const auto found = records->find(slot); found != records->end()) return found->second.bytes;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<std::string>> Cache::Get(std::string_view key_material, int64_t now_ms) {
  const std::string slot = SlotKey(key_material);
  absl::StatusOr<std::optional<std::string>> bytes = Waiting(slot);
  if (!*bytes) bytes = store_->Get(slots_, slot);
  if (!bytes.ok() && !absl::IsDataLoss(bytes.status())) return bytes.status();
  if (bytes.ok() && !*bytes) return std::nullopt;
  const std::optional<Slot> found = bytes.ok() ? DecodeSlot(**bytes) : std::nullopt;
  if (found && found->proof != Sha256Of(key_material)) return std::nullopt;
  if (found && now_ms < found->expires_at_ms) return std::string(found->value);
  return std::nullopt;
}

absl::Status Cache::Clear() {
  const std::lock_guard lock(mu_);
  {
    const std::lock_guard waiting_lock(waiting_mu_);
    waiting_.clear();
    waiting_bytes_ = 0;
  }
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

Stats Cache::stats() {
  (void)WriteWaiting();  // A store that cannot be written tells the next Put.
  const std::lock_guard lock(mu_);
  return totals_;
}

}  // namespace tokenfoundry::cache
