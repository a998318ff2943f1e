#include "tokenfoundry/pii/validators/keccak_internal.h"

#include <bit>
#include <cstddef>

namespace tokenfoundry::pii {
namespace {

using State = std::array<uint64_t, 25>;  // Lane x, y stands at x + 5 y.

constexpr size_t kRateBytes = 136;

constexpr uint64_t kRoundConstants[] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
                                        0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
                                        0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
                                        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
                                        0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
                                        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

void Theta(State& a) {
  uint64_t columns[5];
  for (size_t x = 0; x < 5; ++x) columns[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  for (size_t i = 0; i < 25; ++i) a[i] ^= columns[(i + 4) % 5] ^ std::rotl(columns[(i + 1) % 5], 1);
}

// Each lane moves on along a walk over all but the first, and turns by the triangular numbers.
void RhoAndPi(State& a) {
  uint64_t moved = a[1];
  size_t x = 1;
  size_t y = 0;
  for (int t = 0; t < 24; ++t) {
    const size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    const uint64_t turned = std::rotl(moved, (t + 1) * (t + 2) / 2 % 64);
    moved = a[x + 5 * y];
    a[x + 5 * y] = turned;
  }
}

void Chi(State& a) {
  for (size_t y = 0; y < 25; y += 5) {
    uint64_t row[5];
    for (size_t x = 0; x < 5; ++x) row[x] = a[y + x];
    for (size_t x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
}

void Permute(State& a) {
  for (const uint64_t constant : kRoundConstants) {
    Theta(a);
    RhoAndPi(a);
    Chi(a);
    a[0] ^= constant;
  }
}

void Absorb(State& a, size_t at, uint8_t byte) { a[at / 8] ^= uint64_t{byte} << (8 * (at % 8)); }

}  // namespace

std::array<uint8_t, 32> Keccak256(std::string_view bytes) {
  State a{};
  size_t at = 0;
  for (const char c : bytes) {
    Absorb(a, at, static_cast<uint8_t>(c));
    if (++at < kRateBytes) continue;
    Permute(a);
    at = 0;
  }
  Absorb(a, at, 0x01);
  Absorb(a, kRateBytes - 1, 0x80);
  Permute(a);
  std::array<uint8_t, 32> digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(a[i / 8] >> (8 * (i % 8)));
  return digest;
}

}  // namespace tokenfoundry::pii
