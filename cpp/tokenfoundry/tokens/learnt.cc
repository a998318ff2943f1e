#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "tokenfoundry/tokens/learnt_internal.h"

namespace tokenfoundry::tokens {
namespace {

// Whole pages, which become memory when they are first written.
char* ZeroPages(size_t size_bytes) {
  void* const memory =
      mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

constexpr int kPlaceBits = 40;
constexpr uint64_t kPlaceMask = (uint64_t{1} << kPlaceBits) - 1;

struct PhraseHeader {
  uint16_t size_bytes;
  uint16_t id_count;
};

size_t RoundUp(size_t size) { return (size + 3) / 4 * 4; }

}  // namespace

Learnt::Learnt()
    : memory_(ZeroPages(kMemoryBytes)),
      words_(reinterpret_cast<Word*>(memory_)),
      slots_(reinterpret_cast<uint64_t*>(memory_ + kWordsBytes)),
      ring_(memory_ + kWordsBytes + kSlotsBytes) {}

Learnt::~Learnt() { munmap(memory_, kMemoryBytes); }

bool Learnt::AddWord(const ShortSlot& key, uint64_t hash, std::span<const uint32_t> ids) {
  if (ids.size() > kWordIds) return false;
  Word* const pair = words_ + 2 * (hash & (kWordPairs - 1));
  pair[1] = pair[0];
  Word word = {key.low, key.high | uint64_t{ids.size()} << kSlotIdShift};
  for (size_t i = 0; i < ids.size(); ++i) word.ids[i / 3] |= uint64_t{ids[i]} << (i % 3 * kIdBits);
  pair[0] = word;
  return true;
}

std::span<const uint32_t> Learnt::FindPhrase(std::string_view piece, uint64_t hash) const {
  const uint64_t* const set = slots_ + kPhraseWays * (hash & (kPhraseSets - 1));
  for (size_t way = 0; way < kPhraseWays; ++way) {
    const uint64_t slot = set[way];
    if (slot >> kPlaceBits != hash >> kPlaceBits || (slot & kPlaceMask) == 0) continue;
    const uint64_t place_bytes = ((slot & kPlaceMask) - 1) * 4;
    if (place_bytes + kRingBytes < written_bytes_) continue;
    const char* const at = ring_ + place_bytes % kRingBytes;
    PhraseHeader header;
    std::memcpy(&header, at, sizeof(header));
    const char* const bytes = at + sizeof(header);
    if (std::string_view(bytes, header.size_bytes) != piece) continue;
    return {reinterpret_cast<const uint32_t*>(bytes + RoundUp(piece.size())), header.id_count};
  }
  return {};
}

void Learnt::AddPhrase(std::string_view piece, uint64_t hash, std::span<const uint32_t> ids) {
  if (piece.size() > kPhraseBytes || ids.size() > kPhraseIds) return;
  const size_t size = sizeof(PhraseHeader) + RoundUp(piece.size()) + ids.size_bytes();
  const size_t left = kRingBytes - written_bytes_ % kRingBytes;
  if (left < size) written_bytes_ += left;
  char* const at = ring_ + written_bytes_ % kRingBytes;
  const PhraseHeader header = {static_cast<uint16_t>(piece.size()), static_cast<uint16_t>(ids.size())};
  std::memcpy(at, &header, sizeof(header));
  std::memcpy(at + sizeof(header), piece.data(), piece.size());
  std::memcpy(at + sizeof(header) + RoundUp(piece.size()), ids.data(), ids.size_bytes());
  uint64_t* const set = slots_ + kPhraseWays * (hash & (kPhraseSets - 1));
  std::copy_backward(set, set + kPhraseWays - 1, set + kPhraseWays);
  set[0] = hash >> kPlaceBits << kPlaceBits | ((written_bytes_ / 4 + 1) & kPlaceMask);
  written_bytes_ += size;
}

LearntPool::~LearntPool() {
  for (std::atomic<Learnt*>& place : places_) delete place.load(std::memory_order_acquire);
}

// A thread comes back to the place that it had before, wherever that was: the addresses of thread-local variables lie
// apart.
LearntPool::Lease::Lease(LearntPool* pool) {
  static thread_local char here;
  const auto address = reinterpret_cast<uintptr_t>(&here);
  const size_t first = Fold(address, 0) % kPlaces;
  for (size_t i = 0; i < kPlaces; ++i) {
    place_ = &pool->places_[(first + i) % kPlaces];
    if (place_->load(std::memory_order_relaxed) == nullptr) continue;
    learnt_ = place_->exchange(nullptr, std::memory_order_acquire);
    if (learnt_ != nullptr) return;
  }
  place_ = &pool->places_[first];
  learnt_ = new Learnt;
}

LearntPool::Lease::~Lease() { delete place_->exchange(learnt_, std::memory_order_acq_rel); }

}  // namespace tokenfoundry::tokens
