#include "tokenfoundry/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tokenfoundry {

Hash128 Xxh3(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

uint64_t Xxh3Low(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace tokenfoundry
