#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tokenfoundry/tokens/scan_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr Pretokenizer kAll[] = {Pretokenizer::kCl100k, Pretokenizer::kO200k,     Pretokenizer::kGpt2,
                                 Pretokenizer::kQwen,   Pretokenizer::kLlama3,    Pretokenizer::kTekken,
                                 Pretokenizer::kSpaces, Pretokenizer::kEachSpace, Pretokenizer::kWhole};
constexpr InstructionSet kBuilds[] = {InstructionSet::kSse, InstructionSet::kAvx2, InstructionSet::kAvx512};

// Each sort of character, and what stands for several: contractions, slashes, wide white space, bytes that are no
// UTF-8.
const char* const kParts[] = {"a",
                              "b",
                              "s",
                              "t",
                              "ll",
                              "Z",
                              "Q",
                              "LL",
                              "7",
                              "0",
                              "'",
                              "'",
                              "'s",
                              "'ve",
                              "'Re",
                              "'\xC5\xBF",
                              " ",
                              " ",
                              "  ",
                              "\t",
                              "\n",
                              "\r\n",
                              "\n",
                              "!",
                              "/",
                              "//",
                              ".",
                              "{",
                              "\xC3\xA9",
                              "\xC3\x89",
                              "\xD0\x96",
                              "\xD0\xB6",
                              "\xE4\xB8\xAD",
                              "\xE6\x96\x87",
                              "\xE3\x81\x82",
                              "\xCC\x81",
                              "\xE0\xA4\xBF",
                              "\xC2\xA0",
                              "\xE3\x80\x80",
                              "\xE2\x80\x94",
                              "\xC2\xBD",
                              "\xF0\x9F\x98\x80",
                              "\xF0\x9D\x90\x80",
                              "\x80",
                              "\xE4\xB8",
                              "\xFF",
                              "\xC7\x85",
                              "\xED\xA0\x80"};

std::vector<size_t> ByScanner(Pretokenizer pretokenizer, std::string_view text) {
  std::vector<size_t> ends;
  const PieceEnd piece_end = PieceEndOf(pretokenizer);
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    at = piece_end(at, end);
    ends.push_back(static_cast<size_t>(at - text.data()));
  }
  return ends;
}

std::vector<size_t> ByScan(Scan scan, std::string_view text) {
  std::vector<size_t> all;
  const ShortSlot no_slot;
  Cuts cuts;
  cuts.slots = &no_slot;
  cuts.slot_count = 1;
  for (size_t from = 0; from < text.size();) {
    const size_t count = scan(text.data() + from, text.data() + text.size(), &cuts);
    EXPECT_GT(count, 0u);
    EXPECT_LE(count, kScanEnds);
    for (size_t i = 0; i < count; ++i) all.push_back(from + cuts.ends[i]);
    from = all.back();
  }
  return all;
}

void ExpectAlike(std::string_view text) {
  for (const Pretokenizer pretokenizer : kAll) {
    const std::vector<size_t> expected = ByScanner(pretokenizer, text);
    for (const InstructionSet build : kBuilds) {
      const Scan scan = ScanOf(pretokenizer, build);
      if (scan == nullptr) continue;
      ASSERT_EQ(ByScan(scan, text), expected)
          << "build " << static_cast<int>(build) << ", pretokenizer " << static_cast<int>(pretokenizer) << ", text "
          << ::testing::PrintToString(text);
    }
  }
}

std::string Random(std::mt19937* rng, size_t parts, size_t kinds) {
  const char* few[8];
  for (const char*& part : few) part = kParts[(*rng)() % std::size(kParts)];
  std::string text;
  for (size_t i = 0; i < parts; ++i) text += few[(*rng)() % kinds];
  return text;
}

TEST(Scan, CutsLikeTheScannersWhateverTheOrderOfCharacters) {
  std::mt19937 rng(1);
  for (int round = 0; round < 20'000; ++round) ExpectAlike(Random(&rng, 1 + rng() % 120, 2 + rng() % 7));
}

TEST(Scan, CutsLikeTheScannersInLongTexts) {
  std::mt19937 rng(2);
  for (int round = 0; round < 60; ++round) ExpectAlike(Random(&rng, 4'000, 8));
}

TEST(Scan, CutsLongRunsOfOneSort) {
  for (const char* const part : kParts) {
    for (const size_t count : {59, 60, 61, 63, 64, 65, 127, 128, 129, 400}) {
      std::string text = "x";
      for (size_t i = 0; i < count; ++i) text += part;
      ExpectAlike(text);
      ExpectAlike(text + "y!");
    }
  }
}

TEST(Scan, ReadsNoByteBehindTheText) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* const pages =
      static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(mprotect(pages + page, page, PROT_NONE), 0);
  std::mt19937 rng(3);
  for (int round = 0; round < 300; ++round) {
    const std::string text = Random(&rng, 1 + rng() % 100, 8);
    char* const at = pages + page - text.size();
    std::memcpy(at, text.data(), text.size());
    ExpectAlike({at, text.size()});
  }
  munmap(pages, 2 * page);
}

}  // namespace
}  // namespace tokenfoundry::tokens
