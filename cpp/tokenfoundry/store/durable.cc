// `power`: one thread syncs the log for everybody who wrote since its last sync, and wakes them.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "tokenfoundry/store/log_sync_internal.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr microseconds kLook{100};  // Longer than it takes to wake a thread.
constexpr microseconds kGather_max{2000};

}  // namespace

// A sync serves everybody who wrote before it began. Those whom the last one released are about to write again: waiting
// for them, while they keep coming and for a fraction of what a sync takes, makes one group of two that would take
// turns.
void Store::Gather(microseconds last_sync) const {
  const auto until = Clock::now() + std::min(last_sync / 2, kGather_max);
  for (Ticket seen = 0; seen != written_.load() && Clock::now() < until;) {
    seen = written_.load();
    std::this_thread::sleep_for(kLook);
  }
}

void Store::SyncForEverybody() {
  LogSync log(options_.path);
  bool is_alone = true;  // Nobody wrote while the last sync was under way.
  microseconds last_sync{0};
  std::unique_lock lock(mu_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || (poison_.ok() && written_.load() > durable_.load()); });
    if (stopping_) return;  // The destructor syncs once more.
    lock.unlock();
    if (!is_alone) Gather(last_sync);
    const Ticket target = written_.load();
    const auto began = Clock::now();
    const absl::Status synced = log.Sync(*db_);
    is_alone = written_.load() == target;
    last_sync = std::chrono::duration_cast<microseconds>(Clock::now() - began);
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
