#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/store/directory_lock_internal.h"
#include "tokenfoundry/store/holder_internal.h"

namespace tokenfoundry::store {

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status DirectoryLock::Take(const std::string& directory) {
  TF_DCHECK(fd_ < 0);
  fd_ = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0) return absl::InternalError("cannot open " + directory + ": " + std::strerror(errno));
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno == EWOULDBLOCK) return DirectoryHeld(directory);
  return absl::InternalError("cannot lock " + directory + ": " + std::strerror(errno));
}

}  // namespace tokenfoundry::store
