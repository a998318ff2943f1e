#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/store/directory_lock_internal.h"
#include "tokenfoundry/store/holder_internal.h"
#include "tokenfoundry/store/log_sync_internal.h"
#include "tokenfoundry/store/rocks_status.h"
#include "tokenfoundry/store/slice_internal.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {
namespace {

// A reader beside a writer may find a file gone between the manifest and the file: it looks again.
constexpr int kReadOnlyAttempts = 5;

// RocksDB's own diary is not kept: when the disk is full, the distribution's build aborts the process at the second
// line that it cannot write to it.
class NoDiary : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions DbOptionsOf(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  // A torn tail is a write that never returned; anything else that is wrong with the log must be seen, not skipped.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A log that is shorter than the manifest says is damage too, also when it is not the last one.
  db.track_and_verify_wals_in_manifest = options.wal;
  db.manual_wal_flush = false;  // true would keep acknowledged writes in memory: a kill would lose them.
  db.atomic_flush = !options.wal;
  db.max_total_wal_size = 64 << 20;
  db.max_open_files = -1;           // Every file stays open, so a reader keeps the ones its writer deletes.
  db.max_file_opening_threads = 1;  // Of each family: 16, the default, are over 200 threads at each opening.
  db.max_background_jobs = 2;
  db.info_log = std::make_shared<NoDiary>();
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptionsOf(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache,
                                             bool point_lookups) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  rocksdb::ColumnFamilyOptions family;
  if (point_lookups) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    family.memtable_whole_key_filtering = true;
    family.memtable_prefix_bloom_size_ratio = 0.05;
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  return family;
}

std::string FormatKey(const std::string& family) { return "format/" + family; }

}  // namespace

absl::Status StoreOptions::Validate() const {
  if (path.empty()) return absl::InvalidArgumentError("path: empty");
  if (families.empty()) return absl::InvalidArgumentError("families: none named");
  if (write_buffer_bytes < (64 << 10) || write_buffer_bytes > (1 << 30)) {
    return absl::InvalidArgumentError("write_buffer_bytes: not in [64 KiB, 1 GiB]");
  }
  if (!wal && durability == Durability::kPower) return absl::InvalidArgumentError("durability: power needs the log");
  return absl::OkStatus();
}

Store::Store(StoreOptions options) : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  TF_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Store> store(new Store(std::move(options)));
  TF_RETURN_IF_ERROR(store->OpenDb());
  TF_RETURN_IF_ERROR(store->CheckFormats());
  if (store->options_.durability == Durability::kPower && !store->options_.read_only) {
    store->flusher_ = std::thread([raw = store.get()] { raw->SyncForEverybody(); });
  }
  return store;
}

absl::Status Store::Destroy(const std::string& path) {
  return FromRocks(rocksdb::DestroyDB(path, rocksdb::Options()), "destroy " + path);
}

absl::Status Store::OpenDb() {
  if (!options_.read_only) {
    std::error_code error;
    std::filesystem::create_directories(options_.path, error);
    if (error) return absl::InternalError("cannot make " + options_.path + ": " + error.message());
    lock_ = std::make_unique<DirectoryLock>();
    TF_RETURN_IF_ERROR(lock_->Take(options_.path));
    // Compactions must not take the processor from the host's requests.
    rocksdb::Env::Default()->LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  }
  const rocksdb::DBOptions db_options = DbOptionsOf(options_);
  const auto cache = rocksdb::NewLRUCache(options_.block_cache_bytes);
  std::set<std::string> names{rocksdb::kDefaultColumnFamilyName};
  for (const FamilySpec& spec : options_.families) names.insert(spec.name);
  if (!options_.read_only) {  // A writer must open all that is there.
    std::vector<std::string> on_disk;
    if (rocksdb::DB::ListColumnFamilies(db_options, options_.path, &on_disk).ok()) {
      names.insert(on_disk.begin(), on_disk.end());
    }
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    const auto spec = std::find_if(options_.families.begin(), options_.families.end(),
                                   [&](const FamilySpec& candidate) { return candidate.name == name; });
    const bool point_lookups = spec != options_.families.end() && spec->point_lookups;
    descriptors.emplace_back(name, FamilyOptionsOf(options_, cache, point_lookups));
  }

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened;
  for (int attempt = 0; attempt < (options_.read_only ? kReadOnlyAttempts : 1); ++attempt) {
    opened = options_.read_only ? rocksdb::DB::OpenForReadOnly(db_options, options_.path, descriptors, &handles, &db)
                                : rocksdb::DB::Open(db_options, options_.path, descriptors, &handles, &db);
    if (opened.ok()) break;
  }
  if (IsLockHeld(opened)) return DirectoryHeld(options_.path);
  if (!opened.ok() && options_.read_only && !std::filesystem::exists(options_.path + "/CURRENT")) {
    return absl::NotFoundError(options_.path + " holds no store");
  }
  TF_RETURN_IF_ERROR(FromRocks(opened, "open " + options_.path));
  db_.reset(db);
  for (size_t i = 0; i < handles.size(); ++i) handles_.emplace_back(descriptors[i].name, handles[i]);
  return options_.read_only ? absl::OkStatus() : WriteHolder(options_.path);
}

// A family's version is written with its first use. An older one is read as it is: the noun that owns it knows how.
absl::Status Store::CheckFormats() {
  TF_ASSIGN_OR_RETURN(const Family records, Lookup(rocksdb::kDefaultColumnFamilyName));
  Batch fresh;
  for (const FamilySpec& spec : options_.families) {
    TF_ASSIGN_OR_RETURN(const std::optional<std::string> record, Get(records, FormatKey(spec.name)));
    if (!record) {
      std::string version;
      AppendLittle<uint32_t>(&version, spec.format_version);
      fresh.Put(records, FormatKey(spec.name), version);
      continue;
    }
    ByteReader reader(*record);
    const uint32_t found = reader.Little<uint32_t>();
    if (!reader.AtEnd() || found == 0) return absl::DataLossError("the format record of " + spec.name + " is damaged");
    if (found < spec.oldest_format) {
      return absl::UnimplementedError(options_.path + ": " + spec.name + " has format " + std::to_string(found) +
                                      " of a version before the first release, which this build does not read");
    }
    if (found > spec.format_version) {
      return absl::UnimplementedError(options_.path + ": " + spec.name + " has format " + std::to_string(found) +
                                      ", this build reads up to " + std::to_string(spec.format_version) +
                                      ": open it with a newer tokenfoundry");
    }
  }
  if (options_.read_only) return absl::OkStatus();
  return Write(fresh).status();
}

Store::~Store() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (flusher_.joinable()) flusher_.join();
  for (const int fd : watchers_) close(fd);
  if (db_ == nullptr) return;
  // A clean close leaves nothing to lose. Failure changes no promise: it was never asked for.
  if (!options_.read_only && !poisoned_.load()) {
    if (options_.wal) {
      LogSync(options_.path).Sync(*db_).IgnoreError();
    } else {
      std::vector<rocksdb::ColumnFamilyHandle*> all;
      for (const auto& [name, handle] : handles_) all.push_back(handle);
      db_->Flush(rocksdb::FlushOptions(), all).PermitUncheckedError();
    }
  }
  for (const auto& [name, handle] : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  if (!options_.read_only) RemoveHolder(options_.path);
  db_->Close().PermitUncheckedError();
}

}  // namespace tokenfoundry::store
