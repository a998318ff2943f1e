// Who has a directory open: the file HOLDER beside RocksDB's LOCK, with the process id in decimal.
//
// A lock on the directory itself decides; HOLDER only gives the error message a name. It is left behind by a kill and
// overwritten by the next opener.
#pragma once

#include <string>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::store {

absl::Status WriteHolder(const std::string& directory);
void RemoveHolder(const std::string& directory);

// What a second opener is told: the holder's process id and the two ways out.
absl::Status DirectoryHeld(const std::string& directory);

}  // namespace tokenfoundry::store
