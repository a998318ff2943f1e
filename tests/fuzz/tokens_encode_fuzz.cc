// Any bytes, by every pretokenizer and a small vocabulary: each build of the scan cuts like the scanners, the tokens
// are those of pieces merged whole, counting agrees, and the bytes come back. Run by scripts/fuzz.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/tokens/build.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/tokens.h"

namespace {

using namespace tokenfoundry::tokens;

constexpr Pretokenizer kAll[] = {Pretokenizer::kCl100k, Pretokenizer::kO200k,     Pretokenizer::kGpt2,
                                 Pretokenizer::kQwen,   Pretokenizer::kLlama3,    Pretokenizer::kTekken,
                                 Pretokenizer::kSpaces, Pretokenizer::kEachSpace, Pretokenizer::kWhole};

void Require(bool holds) {
  if (!holds) std::abort();
}

// The bytes, and tokens that grow from each other, in letters of one, two and three bytes.
std::string TableOf(Pretokenizer pretokenizer) {
  VocabularySource source;
  source.name = "fuzz";
  source.pretokenizer = pretokenizer;
  for (int byte = 0; byte < 256; ++byte) source.tokens.emplace_back(1, static_cast<char>(byte));
  for (const char* const token : {"  ",
                                  "aa",
                                  "ab",
                                  "\xE4\xB8",
                                  "th",
                                  " t",
                                  "\xC3\xA9",
                                  "\xE4\xB8\xAD",
                                  "\n\n",
                                  "\xB8\xAD",
                                  "aaaa",
                                  " th",
                                  "the",
                                  " the",
                                  "\xAD\xE4",
                                  "\xE6\x96",
                                  "ba",
                                  "''",
                                  "    ",
                                  "aba",
                                  "\xE6\x96\x87",
                                  "\xE4\xB8\xAD\xE6\x96\x87",
                                  "abab",
                                  "12",
                                  "123",
                                  "'s",
                                  "\xA9\xC3",
                                  "\xC3\xA9\xC3\xA9",
                                  "--",
                                  "----",
                                  "aaaaaaaa",
                                  "bab",
                                  "\xAD\xE6",
                                  "ing",
                                  "in"}) {
    source.tokens.emplace_back(token);
  }
  // Longer than windows are wide, and such as a cut window misses.
  for (const size_t size : {16, 32, 64, 3, 7}) source.tokens.emplace_back(size, 'a');
  for (const size_t size : {1, 3, 7, 34}) source.tokens.push_back(std::string(1, 'n').append(size, 'a'));
  source.special_tokens = {{1'000, "<|end|>"}};
  return *BuildTable(source);
}

struct Subject {
  explicit Subject(Pretokenizer kind)
      : pretokenizer(kind),
        table(TableOf(kind)),
        tokenizer(*Tokenizer::FromTable(table)),
        vocabulary(*Vocabulary::Check(table)) {}
  Pretokenizer pretokenizer;
  std::string table;
  std::unique_ptr<const Tokenizer> tokenizer;
  Vocabulary vocabulary;
};

const std::vector<std::unique_ptr<const Subject>>& Subjects() {
  static const auto* const subjects = [] {
    auto* const made = new std::vector<std::unique_ptr<const Subject>>;
    for (const Pretokenizer pretokenizer : kAll) made->push_back(std::make_unique<const Subject>(pretokenizer));
    return made;
  }();
  return *subjects;
}

std::vector<std::string_view> PiecesOf(Pretokenizer pretokenizer, std::string_view text) {
  std::vector<std::string_view> pieces;
  const PieceEnd piece_end = PieceEndOf(pretokenizer);
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const char* const next = piece_end(at, end);
    Require(next > at && next <= end);
    pieces.emplace_back(at, static_cast<size_t>(next - at));
    at = next;
  }
  return pieces;
}

void CheckScans(Pretokenizer pretokenizer, std::string_view text, const std::vector<std::string_view>& pieces) {
  for (const InstructionSet build : {InstructionSet::kSse, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    const Scan scan = ScanOf(pretokenizer, build);
    if (scan == nullptr) continue;
    size_t piece = 0;
    const ShortSlot no_slot;
    Cuts cuts;
    cuts.slots = &no_slot;
    cuts.slot_count = 1;
    for (const char *at = text.data(), *const end = at + text.size(); at < end;) {
      const size_t count = scan(at, end, &cuts);
      Require(count > 0 && count <= kScanEnds && piece + count <= pieces.size());
      for (size_t i = 0; i < count; ++i, ++piece)
        Require(at + cuts.ends[i] == pieces[piece].data() + pieces[piece].size());
      at += cuts.ends[count - 1];
    }
    Require(piece == pieces.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& subject : Subjects()) {
    const std::vector<std::string_view> pieces = PiecesOf(subject->pretokenizer, text);
    CheckScans(subject->pretokenizer, text, pieces);

    std::vector<uint32_t> expected;
    Merger merger(subject->vocabulary);
    for (const std::string_view piece : pieces) {
      const uint32_t id = subject->vocabulary.Find(piece);
      if (id != kNoToken) {
        expected.push_back(id);
      } else {
        const std::span<const uint32_t> merged = merger.MergeWhole(piece);
        expected.insert(expected.end(), merged.begin(), merged.end());
      }
    }
    const Ids ids = subject->tokenizer->Encode(text);
    Require(std::equal(ids.begin(), ids.end(), expected.begin(), expected.end()));
    Require(subject->tokenizer->Encode(text) == ids);  // What was learnt the first time says the same.
    Require(subject->tokenizer->Count(text) == ids.size());
    Require(subject->tokenizer->CountUpTo(text, ids.size() / 2) == std::min(ids.size(), ids.size() / 2 + 1));
    Require(*subject->tokenizer->Decode(ids) == text);
  }
  return 0;
}
