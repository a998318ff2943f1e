// The exact response cache: what was answered before to the very same question.
//
// XXH3-128 of the key material finds the slot; its SHA-256, kept with the value, proves that it is the same question.
// A value is returned only if its checksum holds. What is damaged or expired is a miss, and stays until it is replaced
// or evicted.
//
// What was put is found at once; it is written with others, or when the cache is closed or asked for its stats.
//
// What survives a crash: not everything, and nothing wrong. A kill loses what was not flushed; a directory that cannot
// be read is emptied at opening.
//
// Thread-safe. Methods may block on disk. Times are Unix ms, sizes are bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::cache {

struct CacheOptions {
  std::string path;                    // Required. One process at a time may open it.
  uint64_t max_bytes = 2'000'000'000;  // Of stored records, keys included; above it the oldest go. At least 64 KiB.
  absl::Status Validate() const;
};

struct Stats {
  uint64_t entries = 0;
  uint64_t bytes = 0;  // As max_bytes counts them. The files may be larger until they are compacted.

  friend bool operator==(const Stats&, const Stats&) = default;
};

struct PutRequest {
  std::string_view key_material;
  std::string_view value;
  int64_t now_ms;
  int64_t ttl_ms;  // Positive.
};

class Cache {
 public:
  static absl::StatusOr<std::unique_ptr<Cache>> Open(const CacheOptions& options);

  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Replaces what the key had. A value that alone exceeds max_bytes is not kept. An error may be that of writing what
  // was put before.
  absl::Status Put(const PutRequest& request);

  // Absent: never put, expired at `now_ms`, evicted, lost, or damaged.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key_material, int64_t now_ms);

  absl::Status Clear();
  Stats stats();

 private:
  struct Record {
    uint64_t age;
    std::string bytes;  // As EncodeSlot makes them.
  };
  using Records = std::unordered_map<std::string, Record>;  // By their slots.

  explicit Cache(const CacheOptions& options) : options_(options) {}
  absl::Status Load();
  void StageTotals(const Stats& totals, store::Batch* batch) const;
  bool Add(const PutRequest& request, int64_t expires_at_ms);
  std::optional<std::string> Waiting(const std::string& slot);
  absl::Status WriteWaiting();
  absl::Status WriteLocked(const Records& records) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status ClearLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const CacheOptions options_;
  std::unique_ptr<store::Store> store_;
  store::Family slots_, ages_, totals_on_disk_;

  std::mutex mu_ ABSL_ACQUIRED_BEFORE(waiting_mu_);  // Over every write; reads do not take it.
  Stats totals_ ABSL_GUARDED_BY(mu_);
  uint64_t oldest_age_ ABSL_GUARDED_BY(mu_) = 0;  // Nothing is older: eviction skips the graves of those before.

  std::mutex waiting_mu_;  // Never held while the disk is used.
  Records waiting_ ABSL_GUARDED_BY(waiting_mu_);
  Records writing_ ABSL_GUARDED_BY(waiting_mu_);  // Changed by the holder of mu_ alone, who may read it without.
  uint64_t waiting_bytes_ ABSL_GUARDED_BY(waiting_mu_) = 0;  // As stored; those that were replaced since count too.
  uint64_t next_age_ ABSL_GUARDED_BY(waiting_mu_) = 0;
};

}  // namespace tokenfoundry::cache
