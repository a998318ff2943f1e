// The one place where a rocksdb::Status becomes an absl::Status.
#pragma once

#include <rocksdb/status.h>

#include <string>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::store {

// The two sentences of RocksDB's file locking: the lock of another process, and of another opener in this one.
inline bool IsLockHeld(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                                text.find("lock hold by current process") != std::string::npos);
}

// `doing` names the operation: "write", "read ledger.entries".
inline absl::Status FromRocks(const rocksdb::Status& status, const std::string& doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = doing + ": " + status.ToString();
  if (status.IsNotFound() || status.IsPathNotFound()) return absl::NotFoundError(message);
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsInvalidArgument()) return absl::InvalidArgumentError(message);
  return absl::InternalError(message);
}

}  // namespace tokenfoundry::store
