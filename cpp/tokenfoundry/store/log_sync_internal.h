// Syncs RocksDB's log from outside, by file descriptors of its own.
//
// DB::SyncWAL would do, but when it meets a write that has just failed, the distribution's build (its assertions are
// on) aborts the process. Syncing the same files by another descriptor is as good and touches none of RocksDB's state:
// each Write has handed its bytes to the kernel when it returns.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "tokenfoundry/base/status.h"

namespace rocksdb {
class DB;
}

namespace tokenfoundry::store {

class LogSync {
 public:
  explicit LogSync(std::string directory) : directory_(std::move(directory)) {}
  ~LogSync();
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;

  // On return every write that had returned before the call is safe from a power loss.
  absl::Status Sync(rocksdb::DB& db);

 private:
  absl::StatusOr<bool> MoveTo(uint64_t log_number);

  const std::string directory_;
  uint64_t log_number_ = 0;  // Of the open file; every earlier log is synced or gone.
  int fd_ = -1;
};

}  // namespace tokenfoundry::store
