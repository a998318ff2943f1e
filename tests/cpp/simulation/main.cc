// Drives random histories against the ledger, and says which seed went wrong.
//
//   tf_ledger_simulation [--histories N] [--seed S] [--steps K] [--seconds T] [--verbose]
//
// History i has the seed S + i: `--seed S --histories 1` replays one exactly. With --seconds it stops, well, after that
// time. Exit code 1: a violation.
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "tests/cpp/simulation/history.h"

namespace {

char running[64];  // What to say when the process is aborted in the middle of a history.

void OnAbort(int signal_number) {
  const ssize_t told = write(STDERR_FILENO, running, strlen(running));
  static_cast<void>(told);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

std::string Directory() {
  const std::filesystem::path memory = "/dev/shm";
  const auto base = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  return base / ("tokenfoundry-simulation-" + std::to_string(getpid()));
}

}  // namespace

// The store gives its background threads the lowest priority. On a busy machine every closing would wait for them.
extern "C" __attribute__((visibility("default"))) int sched_setscheduler(pid_t, int, const sched_param*) noexcept {
  return 0;
}
extern "C" __attribute__((visibility("default"))) int setpriority(__priority_which_t, id_t, int) noexcept { return 0; }
// Where a killed disk fails a compaction, RocksDB sleeps for a second before it lets itself be closed.
extern "C" __attribute__((visibility("default"))) int usleep(useconds_t) { return sched_yield(); }

int main(int argc, char** argv) {
  using tokenfoundry::simulation::Counts;
  using tokenfoundry::simulation::History;
  using tokenfoundry::simulation::HistoryOptions;
  int64_t histories = 100, seconds = INT64_MAX;
  HistoryOptions options;
  options.seed = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      options.verbose = true;
    } else if (i + 1 < argc && name == "--histories") {
      histories = std::atoll(argv[++i]);
    } else if (i + 1 < argc && name == "--seed") {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && name == "--steps") {
      options.steps = std::atoi(argv[++i]);
    } else if (i + 1 < argc && name == "--seconds") {
      seconds = std::atoll(argv[++i]);
    } else {
      std::cerr << "usage: tf_ledger_simulation [--histories N] [--seed S] [--steps K] [--seconds T] [--verbose]\n";
      return 2;
    }
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) signal(signal_number, OnAbort);
  options.directory = Directory();
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed_s = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  Counts counts;
  int64_t done = 0, violations = 0;
  for (; done < histories && elapsed_s() < static_cast<double>(seconds); ++done, ++options.seed) {
    snprintf(running, sizeof running, "aborted in seed %llu\n", static_cast<unsigned long long>(options.seed));
    const absl::Status ran = History(options, &counts).Run();
    if (ran.ok()) continue;
    std::cerr << ran.message() << "replay: --histories 1 --seed " << options.seed << " --steps " << options.steps
              << std::endl;
    if (++violations == 10) break;
  }
  std::cout << done << " histories, " << violations << " violations, " << elapsed_s() << " s; steps " << counts.steps
            << ", admitted " << counts.admitted << ", refused " << counts.refused << ", entries " << counts.entries
            << ", events " << counts.events << ", budget sets " << counts.sets << ", openings " << counts.openings
            << ", kills " << counts.kills << ", failed writes " << counts.failed_writes << ", failed syncs "
            << counts.failed_syncs << ", power losses " << counts.power_losses << ", holds recovered "
            << counts.recovered << std::endl;
  return violations == 0 ? 0 : 1;
}
