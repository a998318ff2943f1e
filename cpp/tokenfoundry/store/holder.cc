#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tokenfoundry/store/holder_internal.h"

namespace tokenfoundry::store {
namespace {

std::string HolderPath(const std::string& directory) { return directory + "/HOLDER"; }

}  // namespace

absl::Status WriteHolder(const std::string& directory) {
  std::ofstream file(HolderPath(directory), std::ios::trunc);
  file << getpid() << '\n';
  file.close();
  if (!file) return absl::InternalError("cannot write " + HolderPath(directory));
  return absl::OkStatus();
}

void RemoveHolder(const std::string& directory) { std::remove(HolderPath(directory).c_str()); }

absl::Status DirectoryHeld(const std::string& directory) {
  long pid = 0;
  std::ifstream(HolderPath(directory)) >> pid;
  std::string who = "another process";
  if (pid == getpid()) {
    who = "this same process (" + std::to_string(pid) + ")";
  } else if (pid > 0) {
    who = "process " + std::to_string(pid);
  }
  return absl::UnavailableError(directory + " is open in " + who +
                                ": run `tokenfoundry serve` once and point clients at it, or use another data_dir");
}

}  // namespace tokenfoundry::store
