// The two hashes of the project, and when each is right.
//
// XXH3-128 finds a slot, fast (about 64 ns per KB); collisions can be made on purpose, so it never proves equality.
// SHA-256 proves: the audit log, cache keys, stored API keys (about 1 us per KB with the CPU's SHA instructions, 5 us
// without).
//
// Free functions, no state, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tokenfoundry {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
};

Hash128 Xxh3(std::string_view bytes);
uint64_t Xxh3Low(std::string_view bytes);  // The 64-bit variant; not the low half of Xxh3().

using Digest = std::array<uint8_t, 32>;

// FIPS 180-4. Feed Update() in pieces; Finish() may be called once.
class Sha256 {
 public:
  Sha256();
  void Update(std::string_view bytes);
  Digest Finish();

 private:
  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> block_;
  size_t block_size_ = 0;
  uint64_t total_bytes_ = 0;
};

Digest Sha256Of(std::string_view bytes);
std::string Hex(const Digest& digest);
inline std::string_view View(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace tokenfoundry
