#include "tokenfoundry/tokens/merge_internal.h"

namespace tokenfoundry::tokens {
namespace {

bool IsTail(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// Not more than `size` bytes of `text`, and no character cut in two, unless it is no character.
size_t WholeCharacterBytes(std::string_view text, size_t size) {
  if (size >= text.size()) return text.size();
  size_t whole = size;
  while (whole > 1 && size - whole < 3 && IsTail(text[whole])) --whole;
  return IsTail(text[whole]) ? size : whole;
}

}  // namespace

std::span<const uint32_t> Merger::Merge(std::string_view piece) {
  if (piece.size() <= kSmallPieceBytes) return {small_ids_, merge_small_(vocabulary_, piece, small_ids_)};
  if (MergeRun(piece) || MergeByWindows(piece)) return ids_;
  return MergeMany(piece);
}

// A run of one byte is one token over and over, then what is left: a part of it tells which, as far as the tokens may
// stand beside each other. Vocabularies have tokens of a hundred spaces, of which a window holds too few.
bool Merger::MergeRun(std::string_view piece) {
  constexpr size_t kPartBytes = 1024;
  if (piece.size() <= 2 * kPartBytes || piece.find_first_not_of(piece[0]) != std::string_view::npos) return false;
  const uint32_t token = MergeMany(piece.substr(0, kPartBytes))[0];
  const size_t size = vocabulary_.SizeOf(token), count = (piece.size() - kPartBytes) / size;
  const std::span<const uint32_t> rest = MergeMany(piece.substr(count * size));
  if (!MayBeNeighbours(vocabulary_, token, token) || !MayBeNeighbours(vocabulary_, token, rest[0])) return false;
  ids_.assign(count, token);
  ids_.insert(ids_.end(), rest.begin(), rest.end());
  return true;
}

// Tokens are those of the whole if each is the token of its own bytes and each two neighbours are those of theirs. So
// the piece is merged window by window: the tokens of a window but the last few are kept, and the next window begins
// behind them. Where it shows too few tokens, or its first one may not stand beside the last one kept, that one is
// given back and the window becomes wider. False when the windows come to many times the piece, which only a vocabulary
// that was made for it brings about.
bool Merger::MergeByWindows(std::string_view piece) {
  constexpr size_t kUncertain = 3;
  constexpr size_t kFewTokens = 2 * kUncertain;
  constexpr size_t kWider = 4;
  constexpr size_t kMostTokens = 32;  // Of a window that could be smaller.
  size_t patience = 16 * piece.size();
  size_t width = kSmallPieceBytes;
  ids_.clear();
  for (size_t at = 0; at < piece.size();) {
    const std::string_view left = piece.substr(at);
    const size_t size = WholeCharacterBytes(left, width);
    if (size > patience) return false;
    patience -= size;
    std::span<const uint32_t> window = MergeWindow(left.substr(0, size));
    const bool is_last = size == left.size();
    const bool fits = ids_.empty() || MayBeNeighbours(vocabulary_, ids_.back(), window[0]);
    if (!fits) {
      at -= vocabulary_.SizeOf(ids_.back());
      ids_.pop_back();
    }
    if (!fits || (!is_last && window.size() <= kFewTokens)) {
      width = std::min(width * kWider, piece.size());
      continue;
    }
    if (window.size() >= kMostTokens) width = std::max(width / kWider, kSmallPieceBytes);
    if (!is_last) window = window.first(window.size() - kUncertain);
    for (const uint32_t id : window) at += vocabulary_.SizeOf(id);
    ids_.insert(ids_.end(), window.begin(), window.end());
  }
  return true;
}

std::span<const uint32_t> Merger::MergeWindow(std::string_view window) {
  if (window.size() > kSmallPieceBytes) return MergeMany(window);
  return {small_ids_, merge_small_(vocabulary_, window, small_ids_)};
}

std::span<const uint32_t> Merger::MergeMany(std::string_view piece) {
  many_ids_.resize(piece.size());
  merged_.resize(piece.size());
  const size_t count = StartOf(vocabulary_, piece, many_ids_.data(), merged_.data());
  return Merged(count);
}

std::span<const uint32_t> Merger::MergeWhole(std::string_view piece) {
  many_ids_.resize(piece.size());
  merged_.resize(piece.size());
  const size_t count = SymbolsOf(vocabulary_, piece, many_ids_.data());
  for (size_t i = 0; i + 1 < count; ++i) merged_[i] = vocabulary_.Merged(many_ids_[i], many_ids_[i + 1]);
  merged_[count - 1] = kNoToken;
  return Merged(count);
}

// Of what the piece starts from.
std::span<const uint32_t> Merger::Merged(size_t count) {
  const auto lookup = [this](uint32_t left, uint32_t right) { return vocabulary_.Merged(left, right); };
  return {many_ids_.data(), many_.Merge({many_ids_.data(), count}, {merged_.data(), count}, lookup)};
}

}  // namespace tokenfoundry::tokens
