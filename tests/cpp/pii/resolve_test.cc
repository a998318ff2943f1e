#include <gtest/gtest.h>

#include <random>

#include "tokenfoundry/pii/resolve_internal.h"

namespace tokenfoundry::pii {

// Here, not in the unnamed namespace: gtest finds it by the type.
bool operator==(const Candidate& a, const Candidate& b) {
  return a.start == b.start && a.end == b.end && a.entity == b.entity && a.proof == b.proof && a.score == b.score;
}

namespace {

using Candidates = std::vector<Candidate>;

Candidates Resolved(Candidates candidates) {
  Resolve(&candidates);
  return candidates;
}

TEST(Resolve, KeepsWhatOnlyTouches) {
  const Candidates both = {{0, 5, 0, Evidence::kPattern, 1}, {5, 9, 1, Evidence::kValidated, 1}};
  EXPECT_EQ(Resolved({both[1], both[0]}), both);
}

TEST(Resolve, PrefersTheValidatedThenTheLongerThenTheLeftmost) {
  EXPECT_EQ(Resolved({{0, 50, 0, Evidence::kPattern, 1}, {10, 20, 1, Evidence::kValidated, 1}}),
            (Candidates{{10, 20, 1, Evidence::kValidated, 1}}));
  EXPECT_EQ(Resolved({{0, 10, 0, Evidence::kPattern, 1}, {5, 30, 1, Evidence::kPattern, 1}}),
            (Candidates{{5, 30, 1, Evidence::kPattern, 1}}));
  EXPECT_EQ(Resolved({{5, 15, 0, Evidence::kPattern, 1}, {0, 10, 1, Evidence::kPattern, 1}}),
            (Candidates{{0, 10, 1, Evidence::kPattern, 1}}));
  EXPECT_EQ(Resolved({{0, 10, 1, Evidence::kPattern, 1}, {0, 10, 0, Evidence::kPattern, 1}}),
            (Candidates{{0, 10, 0, Evidence::kPattern, 1}}));
}

TEST(Resolve, LetsALoserOfALoserStay) {
  // The middle one loses to the first, so the last is free.
  EXPECT_EQ(Resolved({{0, 20, 0, Evidence::kValidated, 1},
                      {15, 40, 1, Evidence::kPattern, 1},
                      {35, 50, 2, Evidence::kPattern, 1}}),
            (Candidates{{0, 20, 0, Evidence::kValidated, 1}, {35, 50, 2, Evidence::kPattern, 1}}));
}

TEST(Resolve, GivesTheSameAsTryingEachInOrderOfRank) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Candidates candidates;
    for (uint32_t i = 0; i < 12; ++i) {
      const uint32_t start = random() % 40;
      candidates.push_back({start, start + 1 + static_cast<uint32_t>(random() % 12), i,
                            static_cast<Evidence>(random() % 4), static_cast<float>(random() % 3)});
    }
    Candidates naive;
    Candidates left = candidates;
    while (!left.empty()) {
      const Candidate* best = &left[0];
      for (const Candidate& c : left) {
        const auto size = [](const Candidate& x) { return x.end - x.start; };
        if (c.proof != best->proof   ? c.proof < best->proof
            : size(c) != size(*best) ? size(c) > size(*best)
            : c.score != best->score ? c.score > best->score
            : c.start != best->start ? c.start < best->start
                                     : c.entity < best->entity)
          best = &c;
      }
      const Candidate winner = *best;
      naive.push_back(winner);
      std::erase_if(left, [&](const Candidate& c) { return c.start < winner.end && winner.start < c.end; });
    }
    std::sort(naive.begin(), naive.end(), [](const Candidate& a, const Candidate& b) { return a.start < b.start; });
    EXPECT_EQ(Resolved(candidates), naive);
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
