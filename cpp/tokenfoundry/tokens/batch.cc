#include <algorithm>
#include <atomic>
#include <thread>

#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::tokens {
namespace {

constexpr size_t kShareBytes = 64 * 1024;  // Some 200 us: beside it, starting a thread is little.

size_t BytesOf(std::span<const std::string_view> texts) {
  size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size() + 16;
  return bytes;
}

// Where shares of about kShareBytes begin, and where the last one ends.
std::vector<size_t> SharesOf(std::span<const std::string_view> texts) {
  std::vector<size_t> begins = {0};
  size_t bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    bytes += texts[i].size() + 16;
    if (bytes >= kShareBytes || i + 1 == texts.size()) {
      begins.push_back(i + 1);
      bytes = 0;
    }
  }
  return begins;
}

// Does each share once, on this thread and on as many others as are worth it.
template <typename Work>
void Distribute(size_t share_count, size_t threads, Work&& work) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads = std::min(threads, share_count);
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t share; (share = next.fetch_add(1, std::memory_order_relaxed)) < share_count;) work(share);
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
}

}  // namespace

std::vector<uint32_t> Tokenizer::CountBatch(std::span<const std::string_view> texts, size_t threads) const {
  std::vector<uint32_t> counts(texts.size());
  const std::vector<size_t> begins = SharesOf(texts);
  Distribute(begins.size() - 1, threads, [&](size_t share) {
    for (size_t i = begins[share]; i < begins[share + 1]; ++i) counts[i] = static_cast<uint32_t>(Count(texts[i]));
  });
  return counts;
}

FlatIds Tokenizer::EncodeBatch(std::span<const std::string_view> texts, size_t threads) const {
  FlatIds flat;
  flat.offsets.resize(texts.size() + 1);
  const std::vector<size_t> begins = SharesOf(texts);
  const size_t share_count = begins.size() - 1;
  if (share_count <= 1 || threads == 1) {
    flat.ids.reserve(BytesOf(texts) / 4);
    for (size_t i = 0; i < texts.size(); ++i) {
      EncodeTo(texts[i], &flat.ids);
      flat.offsets[i + 1] = flat.ids.size();
    }
    return flat;
  }
  std::vector<Ids> shares(share_count);
  Distribute(share_count, threads, [&](size_t share) {
    for (size_t i = begins[share]; i < begins[share + 1]; ++i) {
      EncodeTo(texts[i], &shares[share]);
      flat.offsets[i + 1] = shares[share].size();
    }
  });
  uint64_t before = 0;
  for (size_t share = 0; share < share_count; ++share) {
    for (size_t i = begins[share]; i < begins[share + 1]; ++i) flat.offsets[i + 1] += before;
    before += shares[share].size();
  }
  flat.ids.resize(before);
  Distribute(share_count, threads, [&](size_t share) {
    std::copy(shares[share].begin(), shares[share].end(),
              flat.ids.begin() + static_cast<ptrdiff_t>(flat.offsets[begins[share]]));
  });
  return flat;
}

}  // namespace tokenfoundry::tokens
