#include "tokenfoundry/store/store.h"

#include <rocksdb/db.h>
#include <rocksdb/perf_level.h>

#include "tokenfoundry/store/rocks_status.h"
#include "tokenfoundry/store/slice_internal.h"

namespace tokenfoundry::store {

bool IsStall(const absl::Status& status) { return status.code() == absl::StatusCode::kResourceExhausted; }

absl::StatusOr<Family> Store::Lookup(std::string_view name) const {
  for (const auto& [known, handle] : handles_) {
    if (known == name) return Family(handle);
  }
  return absl::NotFoundError("no family " + std::string(name));
}

absl::StatusOr<Ticket> Store::Write(const Batch& batch, OnStall on_stall) {
  TF_RETURN_IF_ERROR(health());
  if (options_.read_only) return absl::FailedPreconditionError(options_.path + " is open read-only");
  rocksdb::WriteOptions how;
  how.disableWAL = !options_.wal;
  how.no_slowdown = on_stall == OnStall::kReturn;
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // Of this thread: counting for nobody was a tenth of a write.
  const rocksdb::Status written = db_->Write(how, batch.writes_.get());
  if (written.IsIncomplete()) return absl::ResourceExhaustedError("the store is stalled: compaction is behind");
  if (!written.ok()) return Poison(FromRocks(written, "write to " + options_.path));
  // The write is in the log before it is counted, so whoever syncs after reading the count syncs the write.
  const Ticket ticket = written_.fetch_add(1) + 1;
  if (options_.durability == Durability::kPower) {
    { const std::lock_guard lock(mu_); }  // Not between the flusher's look at the count and its sleep.
    changed_.notify_all();
  }
  return ticket;
}

absl::Status Store::WaitForRoom() {
  TF_ASSIGN_OR_RETURN(const Family records, Lookup(rocksdb::kDefaultColumnFamilyName));
  Batch probe;
  probe.Put(records, "probe", "");
  return Write(probe, OnStall::kWait).status();
}

absl::Status Store::Rewrite(Family family) {
  TF_RETURN_IF_ERROR(health());
  if (options_.read_only) return absl::FailedPreconditionError(options_.path + " is open read-only");
  // A log file goes when no family needs it any more.
  std::vector<rocksdb::ColumnFamilyHandle*> all;
  for (const auto& [name, handle] : handles_) all.push_back(handle);
  TF_RETURN_IF_ERROR(FromRocks(db_->Flush(rocksdb::FlushOptions(), all), "flush " + options_.path));
  rocksdb::CompactRangeOptions how;
  how.exclusive_manual_compaction = false;
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return FromRocks(db_->CompactRange(how, family.handle_, nullptr, nullptr), "rewrite " + family.handle_->GetName());
}

absl::StatusOr<std::optional<std::string>> Store::Get(Family family, std::string_view key) const {
  std::string value;
  const rocksdb::Status got = db_->Get(rocksdb::ReadOptions(), family.handle_, ToSlice(key), &value);
  if (got.IsNotFound()) return std::nullopt;
  if (!got.ok()) return FromRocks(got, "read " + family.handle_->GetName());
  return value;
}

Store::Snapshot::Snapshot(Snapshot&& other) noexcept
    : db_(other.db_), snapshot_(std::exchange(other.snapshot_, nullptr)) {}
Store::Snapshot::~Snapshot() {
  if (snapshot_ != nullptr) db_->ReleaseSnapshot(snapshot_);
}
Store::Snapshot Store::TakeSnapshot() const { return {db_.get(), db_->GetSnapshot()}; }

absl::Status Store::Scan(Family family, const Range& range, const Visit& visit) const {
  rocksdb::ReadOptions how;
  const rocksdb::Slice end = ToSlice(range.end);
  if (!range.end.empty()) how.iterate_upper_bound = &end;
  if (range.snapshot != nullptr) how.snapshot = range.snapshot->snapshot_;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(how, family.handle_));
  for (it->Seek(ToSlice(range.first)); it->Valid(); it->Next()) {
    if (!visit(ToView(it->key()), ToView(it->value()))) break;
  }
  return FromRocks(it->status(), "scan " + family.handle_->GetName());
}

absl::StatusOr<std::optional<std::pair<std::string, std::string>>> Store::Last(Family family) const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family.handle_));
  it->SeekToLast();
  if (it->Valid()) return std::pair(it->key().ToString(), it->value().ToString());
  TF_RETURN_IF_ERROR(FromRocks(it->status(), "scan " + family.handle_->GetName()));
  return std::nullopt;
}

absl::Status Store::Poison(absl::Status cause) const {
  const std::lock_guard lock(mu_);
  if (poison_.ok()) poison_ = cause;
  poisoned_.store(true);
  WakeWatchers();
  changed_.notify_all();
  return cause;
}

absl::Status Store::health() const {
  if (!poisoned_.load(std::memory_order_relaxed)) return absl::OkStatus();
  const std::lock_guard lock(mu_);
  return poison_;
}

}  // namespace tokenfoundry::store
