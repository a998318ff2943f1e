// The exact response cache: what was answered before to the very same question.
//
// XXH3-128 of the key material finds the slot; its SHA-256, kept with the value, proves that it is the same question.
// A value is returned only if its checksum holds. What is damaged or expired is a miss, and stays until it is replaced
// or evicted.
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

  // Replaces what the key had. A value that alone exceeds max_bytes is not kept.
  absl::Status Put(const PutRequest& request);

  // Absent: never put, expired at `now_ms`, evicted, lost, or damaged.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key_material, int64_t now_ms);

  absl::Status Clear();
  Stats stats() const;

 private:
  explicit Cache(const CacheOptions& options) : options_(options) {}
  absl::Status Load();
  void StageTotals(const Stats& totals, store::Batch* batch) const;
  absl::Status PutLocked(const PutRequest& request, int64_t expires_at_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status ClearLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const CacheOptions options_;
  std::unique_ptr<store::Store> store_;
  store::Family slots_, ages_, totals_on_disk_;

  mutable std::mutex mu_;  // Over every write; reads take none.
  Stats totals_ ABSL_GUARDED_BY(mu_);
  uint64_t oldest_age_ ABSL_GUARDED_BY(mu_) = 0;  // Nothing is older: eviction skips the graves of those before.
  uint64_t next_age_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace tokenfoundry::cache
