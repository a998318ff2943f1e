// The disk: one RocksDB directory as named families of ordered keys, written in batches that land whole or not at all.
//
// A Store is opened once, shared by the nouns that live in its directory, and destroyed last. Each noun says which
// families it stands on and at which format version; a directory written by a newer version is refused.
//
// What survives a crash: with `process`, every batch whose Write returned, when the process is killed; with `power`,
// every batch whose ticket WaitDurable or durable() has reached, also when the machine loses power. Without `wal`
// (the cache), whatever was flushed, every batch of it still whole.
//
// One process at a time writes a directory; any number may read it. After a failed write or sync the store is poisoned:
// every later write and durable() fail.
//
// Thread-safe. Write blocks on disk unless told to return on a stall; reads may block on disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/status.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace tokenfoundry::store {

class DirectoryLock;

enum class Durability { kProcess, kPower };

// Counts the writes of this open store, from 1. A write is durable when durable() has reached its ticket.
using Ticket = uint64_t;

struct FamilySpec {
  std::string name;             // `<noun>.<plural>`, as on disk.
  uint32_t format_version = 1;  // The newest this build reads; what it writes.
  uint32_t oldest_format = 1;   // The oldest this build reads.
  bool point_lookups = false;   // Reads mostly ask for keys that may be absent: keep a Bloom filter.
};

struct StoreOptions {
  std::string path;                  // Required; made, with its parents, when absent.
  std::vector<FamilySpec> families;  // Required. Families on disk that are not named here are left alone.
  bool read_only = false;            // A view of the moment of opening; works while another process writes.
  Durability durability = Durability::kProcess;
  bool wal = true;                        // false: a crash may lose what was not flushed (`process` only).
  uint64_t write_buffer_bytes = 8 << 20;  // Of each family, before it is flushed to a file. [64 KiB, 1 GiB].
  uint64_t block_cache_bytes = 16 << 20;  // Read cache over all families.
  absl::Status Validate() const;
};

// A family of an open store, for the calls below. Valid while its store lives.
class Family {
 public:
  Family() = default;

 private:
  friend class Batch;
  friend class Store;
  explicit Family(rocksdb::ColumnFamilyHandle* handle) : handle_(handle) {}
  rocksdb::ColumnFamilyHandle* handle_ = nullptr;
};

// Puts and deletes that take effect together. Several nouns may add to one. Not thread-safe.
class Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  void DeleteRange(Family family, std::string_view first, std::string_view end);  // [first, end)

 private:
  friend class Store;
  std::unique_ptr<rocksdb::WriteBatch> writes_;
};

enum class OnStall {
  kWait,    // Block until RocksDB has room again.
  kReturn,  // Return an error for which IsStall() is true; nothing was written.
};
bool IsStall(const absl::Status& status);

class Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);

  // Deletes a directory that no store has open. Only files that RocksDB made are touched.
  static absl::Status Destroy(const std::string& path);

  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  absl::StatusOr<Family> Lookup(std::string_view name) const;

  absl::StatusOr<Ticket> Write(const Batch& batch, OnStall on_stall = OnStall::kWait);

  // Blocks while RocksDB stalls writers. Hold no lock that a call with kReturn may need.
  absl::Status WaitForRoom();

  // Rewrites the files of a family, and ends the log files of before: what was deleted or replaced in it is on the disk
  // no more. Blocks for as long as that takes, without keeping others from writing.
  absl::Status Rewrite(Family family);

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const;

  // A moment of all families, for reads that must agree with each other. Valid while its store lives.
  class Snapshot {
   public:
    ~Snapshot();
    Snapshot(Snapshot&&) noexcept;
    Snapshot& operator=(Snapshot&&) = delete;

   private:
    friend class Store;
    Snapshot(rocksdb::DB* db, const rocksdb::Snapshot* snapshot) : db_(db), snapshot_(snapshot) {}
    rocksdb::DB* db_;
    const rocksdb::Snapshot* snapshot_;
  };
  Snapshot TakeSnapshot() const;

  struct Range {
    std::string_view first = {};         // Inclusive.
    std::string_view end = {};           // Exclusive; empty: to the last key.
    const Snapshot* snapshot = nullptr;  // Null: the moment of the call.
  };
  // In key order. The views live for one call of `visit`, which returns false to stop.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  absl::Status Scan(Family family, const Range& range, const Visit& visit) const;

  // The entry with the greatest key.
  absl::StatusOr<std::optional<std::pair<std::string, std::string>>> Last(Family family) const;

  // The newest ticket that is as safe as the durability asks; the poison, if the store is poisoned.
  absl::StatusOr<Ticket> durable() const;
  absl::Status WaitDurable(Ticket ticket) const;

  // The newest ticket given out.
  Ticket written() const { return written_.load(); }

  // An eventfd that becomes readable whenever durable() advances or fails. The caller reads it, and gives it back.
  absl::StatusOr<int> Watch();
  void Unwatch(int fd);

  // Ok, or what every write will answer from now on.
  absl::Status health() const;

  Durability durability() const { return options_.durability; }
  bool read_only() const { return options_.read_only; }

 private:
  friend class StorePeer;  // Tests: pauses RocksDB's background work.

  explicit Store(StoreOptions options);
  absl::Status OpenDb();
  absl::Status CheckFormats();
  absl::Status Poison(absl::Status cause) const;
  void Gather(std::chrono::microseconds last_sync) const;
  void SyncForEverybody();
  void WakeWatchers() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const StoreOptions options_;
  std::unique_ptr<DirectoryLock> lock_;  // Writers only. Before db_, so that it outlives it.
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<std::pair<std::string, rocksdb::ColumnFamilyHandle*>> handles_;  // Const after Open.

  std::atomic<Ticket> written_{0};
  std::atomic<Ticket> durable_{0};  // `power` only.
  mutable std::atomic<bool> poisoned_{false};

  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  mutable absl::Status poison_ ABSL_GUARDED_BY(mu_);
  std::vector<int> watchers_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread flusher_;  // `power` only: syncs the log for everybody who wrote since its last sync.
};

}  // namespace tokenfoundry::store
