// `power`: one thread syncs the log for everybody who wrote since its last sync, and wakes them.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tokenfoundry/store/log_sync_internal.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {

void Store::SyncForEverybody() {
  LogSync log(options_.path);
  std::unique_lock lock(mu_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || (poison_.ok() && written_.load() > durable_.load()); });
    if (stopping_) return;  // The destructor syncs once more.
    lock.unlock();
    const Ticket target = written_.load();
    const absl::Status synced = log.Sync(*db_);
    if (!synced.ok()) {
      Poison(synced).IgnoreError();
      lock.lock();
      continue;
    }
    lock.lock();
    durable_.store(target);
    WakeWatchers();
    changed_.notify_all();
  }
}

absl::StatusOr<Ticket> Store::durable() const {
  TF_RETURN_IF_ERROR(health());
  return options_.durability == Durability::kPower ? durable_.load() : written_.load();
}

absl::Status Store::WaitDurable(Ticket ticket) const {
  if (options_.durability == Durability::kProcess || durable_.load() >= ticket) return absl::OkStatus();
  std::unique_lock lock(mu_);
  changed_.wait(lock, [&] { return !poison_.ok() || durable_.load() >= ticket; });
  return durable_.load() >= ticket ? absl::OkStatus() : poison_;
}

absl::StatusOr<int> Store::Watch() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return absl::InternalError("eventfd: errno " + std::to_string(errno));
  const std::lock_guard lock(mu_);
  watchers_.push_back(fd);
  return fd;
}

void Store::Unwatch(int fd) {
  const std::lock_guard lock(mu_);
  const auto found = std::find(watchers_.begin(), watchers_.end(), fd);
  if (found == watchers_.end()) return;
  watchers_.erase(found);
  close(fd);
}

void Store::WakeWatchers() const {
  const uint64_t one = 1;
  for (const int fd : watchers_) {
    // Fails only when the counter is full, and then it is readable anyway.
    if (write(fd, &one, sizeof one) < 0) continue;
  }
}

}  // namespace tokenfoundry::store
