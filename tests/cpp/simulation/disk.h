// A disk that fails on demand, under the real store: this program stands in front of libc's file calls.
//
// Files are real ones below a watched directory (best on tmpfs). Whatever this process, RocksDB included, writes or
// syncs there passes through here and may fail, be torn, or no longer arrive: so the store needs no hook, and its own
// locks and syncs are under test as well. There is one disk because there is one libc.
//
//   killed       from some write on, nothing arrives any more; what arrived before stays
//   power loss   also what was not synced goes: the end of each file, and names that no sync of the directory covers
//
// Not simulated: a rename or a deletion that a power loss undoes, and reads that fail. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace tokenfoundry::simulation {

class Disk {
 public:
  static Disk& Get();

  // From here on files below `directory` are watched; nothing that is there counts as synced.
  void Watch(const std::string& directory);
  void Unwatch();

  // What happens to the write to a log after `skipped` more: `kept_percent` of its bytes arrive, then it fails with
  // `error`; every later one fails too, until Heal(). 0: the process is killed there and then.
  struct Fault {
    int skipped = 0;
    int error = 0;
    int kept_percent = 0;
  };
  void Plan(const Fault& fault);
  bool has_failed() const;  // The fault has happened.
  void FailSyncs();         // Of logs, until Heal().
  void Heal();              // No fault is planned and nothing is dead.

  // Nothing arrives from now on. Whoever waits for a sync is let go.
  void Kill();
  // While held, no sync of a log returns.
  void HoldSyncs(bool held);
  // After Kill(), once everything is closed: what was not synced goes, as `random` decides.
  void LosePower(std::mt19937_64& random);

  // -- libc's calls ---------------------------------------------------------------------------------------------------

  int Open(const char* path, int flags, unsigned mode);
  int Close(int fd);
  ssize_t Write(int fd, const void* bytes, size_t size);
  int Sync(int fd, bool data_only);
  int Truncate(int fd, off_t size);
  int Allocate(int fd, int mode, off_t offset, off_t size);
  int Rename(const char* from, const char* to);
  int Unlink(const char* path);

 private:
  struct File {
    int64_t synced_bytes = 0;
    bool has_synced_name = false;
  };
  bool IsWatched(const char* path) const;

  mutable std::mutex mu_;
  std::condition_variable changed_;
  std::string root_;
  std::map<int, std::string> open_;  // Watched files and directories by descriptor.
  std::map<std::string, File> files_;
  std::optional<Fault> fault_;
  bool has_failed_ = false;
  bool is_dead_ = false;
  bool syncs_fail_ = false;
  bool syncs_held_ = false;
};

}  // namespace tokenfoundry::simulation
