// One writer per directory: a lock on the directory itself, for the life of the object.
//
// RocksDB's own lock is of the process, by the spelling of the path: the same process could open a directory twice
// under two names, and loses the lock when it closes any descriptor of the LOCK file. This one (flock) belongs to one
// open descriptor, whatever the path is called, and ends with it. A forked child shares it until the child ends or
// executes.
#pragma once

#include <string>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::store {

class DirectoryLock {
 public:
  DirectoryLock() = default;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

  // Once. kUnavailable, naming the holder, when somebody has it.
  absl::Status Take(const std::string& directory);

 private:
  int fd_ = -1;
};

}  // namespace tokenfoundry::store
