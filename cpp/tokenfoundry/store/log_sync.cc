#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/transaction_log.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "tokenfoundry/store/log_sync_internal.h"
#include "tokenfoundry/store/rocks_status.h"

namespace tokenfoundry::store {
namespace {

constexpr int kAttempts = 10;  // A log may end, and even go, between being named and being opened.

absl::Status Failed(const std::string& doing, const std::string& path) {
  return absl::InternalError(doing + " " + path + ": errno " + std::to_string(errno));
}

// The number of `NNNNNN.log`; 0 for any other file.
uint64_t LogNumberOf(const std::filesystem::path& file) {
  uint64_t number = 0;
  const std::string stem = file.stem();
  if (file.extension() == ".log") std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return number;
}

absl::Status SyncOnce(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? absl::OkStatus() : Failed("open", path);
  const bool synced = fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : Failed("sync", path);
  close(fd);
  return status;
}

}  // namespace

LogSync::~LogSync() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LogSync::Sync(rocksdb::DB& db) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Asked after the writes returned, so they are in this log or in an earlier one.
    std::unique_ptr<rocksdb::LogFile> current;
    TF_RETURN_IF_ERROR(FromRocks(db.GetCurrentWalFile(&current), "find the log of " + directory_));
    TF_ASSIGN_OR_RETURN(const bool is_open, MoveTo(current->LogNumber()));
    if (is_open) return fdatasync(fd_) == 0 ? absl::OkStatus() : Failed("sync the log of", directory_);
  }
  return absl::InternalError("the log of " + directory_ + " is missing");
}

// RocksDB begins a new log when a write buffer is full; what the ones before it still hold is synced here. A log that
// is gone was in synced tables before it was deleted. Returns whether the log is there.
absl::StatusOr<bool> LogSync::MoveTo(uint64_t log_number) {
  if (log_number == log_number_) return true;
  int next_fd = -1;
  std::error_code error;
  std::filesystem::directory_iterator file(directory_, error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    const uint64_t number = LogNumberOf(file->path());
    if (number == 0 || number < log_number_ || number > log_number) continue;
    if (number < log_number) {
      TF_RETURN_IF_ERROR(SyncOnce(file->path()));
    } else {
      next_fd = open(file->path().c_str(), O_RDONLY | O_CLOEXEC);
    }
  }
  if (error) return absl::InternalError("list " + directory_ + ": " + error.message());
  if (next_fd < 0) return false;
  if (fd_ >= 0) close(fd_);
  fd_ = next_fd;
  log_number_ = log_number;
  TF_RETURN_IF_ERROR(SyncOnce(directory_));  // The new file's name.
  return true;
}

}  // namespace tokenfoundry::store
