// Compiled databases kept on disk between processes (FORMAT.md).
//
// A cache, so it never fails: what cannot be read, is not ours, or does not check out reads as absent, and what cannot
// be written is not kept. Several processes may share the folder: a file appears whole, by rename.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::pii {

class DatabaseCache {
 public:
  // The slot of `key_material` (everything the bytes depend on) in `folder`. An empty folder means no cache.
  DatabaseCache(std::string folder, std::string_view key_material);

  std::optional<std::string> Load() const;
  void Store(std::string_view database) const;

 private:
  const std::string folder_;
  const Digest key_;
  const std::string path_;
};

}  // namespace tokenfoundry::pii
