#include <functional>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/tokens/instruction_set_internal.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr int kIndexBits = 64 - kIdBits;  // A piece is far below 16 TB.

bool IsTail(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// Not more than `size` bytes of `text`, and no character cut in two, unless it is no character.
size_t WholeCharacterBytes(std::string_view text, size_t size) {
  if (size >= text.size()) return text.size();
  size_t whole = size;
  while (whole > 1 && size - whole < 3 && IsTail(text[whole])) --whole;
  return IsTail(text[whole]) ? size : whole;
}

// The token that the character at `at` begins with where merging starts from characters, and its bytes: the whole
// character, or its first byte.
struct Symbol {
  uint32_t token;
  uint16_t size;
};
Symbol SymbolAt(const Vocabulary& vocabulary, const char* at, const char* end) {
  const Character character = CharacterAt(at, end);
  if (character.size_bytes > 1) {
    const uint32_t token = vocabulary.Find({at, character.size_bytes});
    if (token != kNoToken) return {token, character.size_bytes};
  }
  return {vocabulary.ByteToken(static_cast<uint8_t>(*at)), 1};
}

// One id a character, or 0 where the piece must be merged from its bytes.
size_t WholeCharactersOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids) {
  const char* const end = piece.data() + piece.size();
  size_t count = 0;
  uint16_t ending = 0;
  for (const char* at = piece.data(); at < end;) {
    const auto byte = [at](int i) { return static_cast<uint8_t>(at[i]); };
    const auto is_tail = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
    uint32_t code_point = byte(0);
    if (code_point < 0x80) {
      at += 1;
    } else if (code_point >= 0xC2 && code_point < 0xE0 && end - at >= 2 && is_tail(1)) {
      code_point = (code_point & 0x1F) << 6 | (byte(1) & 0x3F);
      at += 2;
    } else if (code_point >= 0xE0 && code_point < 0xF0 && end - at >= 3 && is_tail(1) && is_tail(2)) {
      code_point = (code_point & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
      if (code_point < 0x800) return 0;
      at += 3;
    } else {
      return 0;
    }
    const WholeCharacter& character = vocabulary.CharacterOf(code_point);
    if (character.id == kNoToken || (character.beginning & ending) != 0) return 0;
    ending = character.ending;
    ids[count++] = character.id;
  }
  return count;
}

size_t SymbolsOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids) {
  size_t count = 0;
  const char* const end = piece.data() + piece.size();
  for (const char* at = piece.data(); at < end;) {
    const Symbol symbol = SymbolAt(vocabulary, at, end);
    ids[count++] = symbol.token;
    at += symbol.size;
  }
  return count;
}

}  // namespace

size_t StartOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids, uint32_t* merged) {
  const auto is_wide = [](char byte) { return static_cast<uint8_t>(byte) >= 0x80; };
  size_t count = 0;
  if (std::any_of(piece.begin(), piece.end(), is_wide)) {
    count = vocabulary.starts_from_characters() ? SymbolsOf(vocabulary, piece, ids)
                                                : WholeCharactersOf(vocabulary, piece, ids);
  }
  if (count > 0) {
    for (size_t i = 0; i + 1 < count; ++i) merged[i] = vocabulary.Merged(ids[i], ids[i + 1]);
  } else {
    count = piece.size();
    for (size_t i = 0; i < count; ++i) ids[i] = vocabulary.ByteToken(static_cast<uint8_t>(piece[i]));
    for (size_t i = 0; i + 1 < count; ++i) {
      merged[i] = vocabulary.MergedBytes(static_cast<uint8_t>(piece[i]), static_cast<uint8_t>(piece[i + 1]));
    }
  }
  merged[count - 1] = kNoToken;
  return count;
}

size_t MergePieceSse(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids) {
  uint32_t merged[kSmallPieceBytes];
  const size_t count = StartOf(vocabulary, piece, ids, merged);
  return MergeSmall({ids, count}, {merged, count},
                    [&](uint32_t left, uint32_t right) { return vocabulary.Merged(left, right); });
}

MergePiece BestMergePiece() {
  return BestInstructionSet() == InstructionSet::kAvx512 ? MergePieceAvx512 : MergePieceSse;
}

// Goes back through the merges of both, latest first. At each step the two tokens at the border would have merged with
// each other if their pair came before the merge that is undone next; of equal ids the leftmost comes first, so a pair
// across the border goes before a merge inside `right` and after one inside `left`.
bool MayBeNeighbours(const Vocabulary& vocabulary, uint32_t left, uint32_t right) {
  uint32_t limit = kNoToken;
  while (true) {
    const uint32_t merged = vocabulary.Merged(left, right);
    if (merged != kNoToken && merged < limit) return false;
    const uint32_t left_part = vocabulary.SplitOf(left).right, right_part = vocabulary.SplitOf(right).left;
    const bool left_is_whole = left_part == left, right_is_whole = right_part == right;
    if (left_is_whole && right_is_whole) return true;
    if (!left_is_whole && (left > right || right_is_whole)) {
      limit = left;
      left = left_part;
    } else {
      limit = right + 1;
      right = right_part;
    }
  }
}

std::span<const uint32_t> Merger::Merge(std::string_view piece) {
  if (piece.size() <= kSmallPieceBytes) return {small_ids_, BestMergePiece()(vocabulary_, piece, small_ids_)};
  if (MergeRun(piece) || MergeByWindows(piece)) return ids_;
  return MergeByHeap(piece);
}

// A run of one byte is one token over and over, then what is left: a part of it tells which, as far as the tokens may
// stand beside each other. Vocabularies have tokens of a hundred spaces, of which a window holds too few.
bool Merger::MergeRun(std::string_view piece) {
  constexpr size_t kPartBytes = 1024;
  if (piece.size() <= 2 * kPartBytes || piece.find_first_not_of(piece[0]) != std::string_view::npos) return false;
  const uint32_t token = MergeByHeap(piece.substr(0, kPartBytes))[0];
  const size_t size = vocabulary_.SizeOf(token), count = (piece.size() - kPartBytes) / size;
  const std::span<const uint32_t> rest = MergeByHeap(piece.substr(count * size));
  if (!MayBeNeighbours(vocabulary_, token, token) || !MayBeNeighbours(vocabulary_, token, rest[0])) return false;
  ids_.assign(count, token);
  ids_.insert(ids_.end(), rest.begin(), rest.end());
  return true;
}

// Tokens are those of the whole if each is the token of its own bytes and each two neighbours are those of theirs. So
// the piece is merged window by window: the tokens of a window but the last few are kept, the next window begins behind
// them, and if its first token may not stand beside the last one kept, it begins a token earlier. False when that does
// not come to an end soon, which no text of a real vocabulary is known to bring about.
bool Merger::MergeByWindows(std::string_view piece) {
  constexpr size_t kUncertain = 3;
  constexpr size_t kWideBytes = 2048;  // For tokens as long as the small window, such as those of punctuation.
  const MergePiece merge = BestMergePiece();
  size_t patience = 16 + piece.size() / 16;
  ids_.clear();
  for (size_t at = 0; at < piece.size();) {
    const std::string_view left = piece.substr(at);
    size_t size = WholeCharacterBytes(left, kSmallPieceBytes);
    std::span<const uint32_t> window(small_ids_, merge(vocabulary_, left.substr(0, size), small_ids_));
    if (size < left.size() && window.size() <= kUncertain) {
      size = WholeCharacterBytes(left, kWideBytes);
      window = MergeByHeap(left.substr(0, size));
      if (size < left.size() && window.size() <= kUncertain) return false;
    }
    if (!ids_.empty() && !MayBeNeighbours(vocabulary_, ids_.back(), window[0])) {
      if (--patience == 0) return false;
      at -= vocabulary_.SizeOf(ids_.back());
      ids_.pop_back();
      continue;
    }
    if (size < left.size()) window = window.first(window.size() - kUncertain);
    for (const uint32_t id : window) at += vocabulary_.SizeOf(id);
    ids_.insert(ids_.end(), window.begin(), window.end());
  }
  return true;
}

std::span<const uint32_t> Merger::MergeByHeap(std::string_view piece) {
  const size_t size = piece.size();
  nodes_.resize(size);
  heap_.clear();
  const char* const end = piece.data() + size;
  uint16_t size_before = 0;
  for (size_t i = 0; i < size;) {
    const Symbol symbol = vocabulary_.starts_from_characters()
                              ? SymbolAt(vocabulary_, piece.data() + i, end)
                              : Symbol{vocabulary_.ByteToken(static_cast<uint8_t>(piece[i])), 1};
    nodes_[i] = {symbol.token, kNoToken, symbol.size, size_before};
    for (size_t inside = 1; inside < symbol.size; ++inside) nodes_[i + inside] = {kNoToken, kNoToken, 0, 0};
    size_before = symbol.size;
    i += symbol.size;
  }
  for (size_t i = 0, next; (next = i + nodes_[i].size) < size; i = next) {
    nodes_[i].merged = vocabulary_.Merged(nodes_[i].id, nodes_[next].id);
    if (nodes_[i].merged != kNoToken) heap_.push_back(uint64_t{nodes_[i].merged} << kIndexBits | i);
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const uint64_t lowest = heap_.back();
    heap_.pop_back();
    const size_t at = lowest & ((uint64_t{1} << kIndexBits) - 1);
    if (nodes_[at].merged == lowest >> kIndexBits) MergeWithRight(at);  // Else a neighbour has changed since.
  }

  heap_ids_.clear();
  for (size_t at = 0; at < size; at += nodes_[at].size) heap_ids_.push_back(nodes_[at].id);
  return heap_ids_;
}

void Merger::MergeWithRight(size_t at) {
  Node& node = nodes_[at];
  Node& right = nodes_[at + node.size];
  TF_DCHECK(node.size + right.size <= vocabulary_.max_token_bytes());
  node.id = node.merged;
  node.size = static_cast<uint16_t>(node.size + right.size);
  right.merged = kNoToken;
  right.size = 0;
  node.merged = kNoToken;
  const size_t next = at + node.size;
  if (next < nodes_.size()) {
    nodes_[next].size_before = node.size;
    Propose(at, next);
  }
  if (node.size_before > 0) Propose(at - node.size_before, at);
}

void Merger::Propose(size_t at, size_t right) {
  nodes_[at].merged = vocabulary_.Merged(nodes_[at].id, nodes_[right].id);
  if (nodes_[at].merged == kNoToken) return;
  heap_.push_back(uint64_t{nodes_[at].merged} << kIndexBits | at);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

}  // namespace tokenfoundry::tokens
