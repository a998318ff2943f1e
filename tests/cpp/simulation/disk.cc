#include "tests/cpp/simulation/disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace tokenfoundry::simulation {
namespace {

// libc's own function of this name.
template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int RealOpen(const char* path, int flags, unsigned mode) {
  static auto* const real = Real<int(const char*, int, ...)>("open");
  return real(path, flags, mode);
}
int RealClose(int fd) {
  static auto* const real = Real<int(int)>("close");
  return real(fd);
}
ssize_t RealWrite(int fd, const void* bytes, size_t size) {
  static auto* const real = Real<ssize_t(int, const void*, size_t)>("write");
  return real(fd, bytes, size);
}
int RealSync(int fd) {
  static auto* const real = Real<int(int)>("fsync");
  return real(fd);
}
int RealDataSync(int fd) {
  static auto* const real = Real<int(int)>("fdatasync");
  return real(fd);
}
int RealTruncate(int fd, off_t size) {
  static auto* const real = Real<int(int, off_t)>("ftruncate");
  return real(fd, size);
}
int RealAllocate(int fd, int mode, off_t offset, off_t size) {
  static auto* const real = Real<int(int, int, off_t, off_t)>("fallocate");
  return real(fd, mode, offset, size);
}
int RealRename(const char* from, const char* to) {
  static auto* const real = Real<int(const char*, const char*)>("rename");
  return real(from, to);
}
int RealUnlink(const char* path) {
  static auto* const real = Real<int(const char*)>("unlink");
  return real(path);
}

bool IsLog(const std::string& path) { return path.ends_with(".log"); }

int64_t SizeOf(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_size : 0;
}

}  // namespace

Disk& Disk::Get() {
  static Disk* const disk = new Disk;  // Outlives whatever closes a file at exit.
  return *disk;
}

void Disk::Watch(const std::string& directory) {
  const std::lock_guard lock(mu_);
  root_ = directory;
  open_.clear();
  files_.clear();
  fault_.reset();
  has_failed_ = is_dead_ = syncs_fail_ = syncs_held_ = false;
}

void Disk::Unwatch() { Watch(""); }

void Disk::Plan(const Fault& fault) {
  const std::lock_guard lock(mu_);
  fault_ = fault;
  has_failed_ = false;
}

bool Disk::has_failed() const {
  const std::lock_guard lock(mu_);
  return has_failed_;
}

void Disk::FailSyncs() {
  const std::lock_guard lock(mu_);
  syncs_fail_ = true;
}

void Disk::Heal() {
  const std::lock_guard lock(mu_);
  fault_.reset();
  has_failed_ = is_dead_ = syncs_fail_ = false;
}

void Disk::Kill() {
  {
    const std::lock_guard lock(mu_);
    is_dead_ = true;
  }
  changed_.notify_all();
}

void Disk::HoldSyncs(bool held) {
  {
    const std::lock_guard lock(mu_);
    syncs_held_ = held;
  }
  changed_.notify_all();
}

void Disk::LosePower(std::mt19937_64& random) {
  const std::lock_guard lock(mu_);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path();
    File& file = files_[path];
    if (!file.has_synced_name && random() % 2 == 0) {
      RealUnlink(path.c_str());
      files_.erase(path);
      continue;
    }
    const auto size_bytes = static_cast<int64_t>(entry.file_size());
    const int64_t lost_bytes = std::max<int64_t>(0, size_bytes - file.synced_bytes);
    int64_t kept_bytes = size_bytes - lost_bytes;
    if (lost_bytes > 0 && random() % 2 == 0) kept_bytes += static_cast<int64_t>(random() % (lost_bytes + 1));
    std::filesystem::resize_file(entry.path(), kept_bytes);
    file = {kept_bytes, true};
  }
}

bool Disk::IsWatched(const char* path) const { return !root_.empty() && std::string_view(path).starts_with(root_); }

int Disk::Open(const char* path, int flags, unsigned mode) {
  const std::lock_guard lock(mu_);
  if (!IsWatched(path)) return RealOpen(path, flags, mode);
  if (is_dead_) {
    flags &= ~O_TRUNC;
    if ((flags & O_CREAT) != 0 && access(path, F_OK) != 0) return memfd_create("nowhere", MFD_CLOEXEC);
  }
  const int fd = RealOpen(path, flags, mode);
  if (fd >= 0) open_[fd] = path;
  return fd;
}

int Disk::Close(int fd) {
  const std::lock_guard lock(mu_);
  open_.erase(fd);
  return RealClose(fd);
}

ssize_t Disk::Write(int fd, const void* bytes, size_t size) {
  const std::lock_guard lock(mu_);
  const auto file = open_.find(fd);
  if (file == open_.end()) return RealWrite(fd, bytes, size);
  if (is_dead_) return static_cast<ssize_t>(size);
  if (!fault_ || !IsLog(file->second)) return RealWrite(fd, bytes, size);
  if (fault_->skipped > 0) {
    --fault_->skipped;
    return RealWrite(fd, bytes, size);
  }
  const size_t kept = has_failed_ ? 0 : size * static_cast<size_t>(fault_->kept_percent) / 100;
  has_failed_ = true;
  if (kept > 0 && RealWrite(fd, bytes, kept) < 0) return -1;
  if (fault_->error == 0) {
    is_dead_ = true;
    return static_cast<ssize_t>(size);
  }
  errno = fault_->error;
  return -1;
}

int Disk::Sync(int fd, bool data_only) {
  std::unique_lock lock(mu_);
  const auto file = open_.find(fd);
  if (file == open_.end()) {
    lock.unlock();
    return data_only ? RealDataSync(fd) : RealSync(fd);
  }
  const std::string path = file->second;
  if (IsLog(path)) {
    changed_.wait(lock, [&] { return !syncs_held_ || is_dead_; });
    if (syncs_fail_ && !is_dead_) {
      errno = EIO;
      return -1;
    }
  }
  if (is_dead_) return 0;
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) files_[entry.path()].has_synced_name = true;
  } else {
    files_[path].synced_bytes = SizeOf(fd);
  }
  return 0;
}

int Disk::Truncate(int fd, off_t size) {
  const std::lock_guard lock(mu_);
  if (open_.contains(fd) && is_dead_) return 0;
  return RealTruncate(fd, size);
}

int Disk::Allocate(int fd, int mode, off_t offset, off_t size) {
  const std::lock_guard lock(mu_);
  if (open_.contains(fd)) return 0;  // Space set aside is no content.
  return RealAllocate(fd, mode, offset, size);
}

int Disk::Rename(const char* from, const char* to) {
  const std::lock_guard lock(mu_);
  if (!IsWatched(from)) return RealRename(from, to);
  if (is_dead_) return 0;
  const int renamed = RealRename(from, to);
  if (renamed == 0) {
    files_[to] = {files_[from].synced_bytes, true};
    files_.erase(from);
  }
  return renamed;
}

int Disk::Unlink(const char* path) {
  const std::lock_guard lock(mu_);
  if (IsWatched(path)) {
    if (is_dead_) return 0;
    files_.erase(path);
  }
  return RealUnlink(path);
}

}  // namespace tokenfoundry::simulation

using tokenfoundry::simulation::Disk;

extern "C" {
#define TF_IN_FRONT __attribute__((visibility("default")))

TF_IN_FRONT int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
  va_end(arguments);
  return Disk::Get().Open(path, flags, mode);
}
TF_IN_FRONT int close(int fd) { return Disk::Get().Close(fd); }
TF_IN_FRONT ssize_t write(int fd, const void* bytes, size_t size) { return Disk::Get().Write(fd, bytes, size); }
TF_IN_FRONT int fsync(int fd) { return Disk::Get().Sync(fd, false); }
TF_IN_FRONT int fdatasync(int fd) { return Disk::Get().Sync(fd, true); }
TF_IN_FRONT int ftruncate(int fd, off_t size) noexcept { return Disk::Get().Truncate(fd, size); }
TF_IN_FRONT int fallocate(int fd, int mode, off_t offset, off_t size) {
  return Disk::Get().Allocate(fd, mode, offset, size);
}
TF_IN_FRONT int rename(const char* from, const char* to) noexcept { return Disk::Get().Rename(from, to); }
TF_IN_FRONT int unlink(const char* path) noexcept { return Disk::Get().Unlink(path); }
}
