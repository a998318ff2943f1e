#include <algorithm>

#include "tokenfoundry/tokens/instruction_set_internal.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

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

}  // namespace

size_t SymbolsOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids) {
  size_t count = 0;
  const char* const end = piece.data() + piece.size();
  for (const char* at = piece.data(); at < end;) {
    const Symbol symbol = vocabulary.starts_from_characters()
                              ? SymbolAt(vocabulary, at, end)
                              : Symbol{vocabulary.ByteToken(static_cast<uint8_t>(*at)), 1};
    ids[count++] = symbol.token;
    at += symbol.size;
  }
  return count;
}

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

}  // namespace tokenfoundry::tokens
