#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tokenfoundry/tokens/learnt_internal.h"

namespace tokenfoundry::tokens {
namespace {

using IdList = std::vector<uint32_t>;

IdList Ids(const Learnt::Word* word) {
  IdList ids;
  for (size_t i = 0; word != nullptr && i < word->count(); ++i) ids.push_back(word->id(i));
  return ids;
}

TEST(Learnt, AWordComesBackWithItsIds) {
  Learnt learnt;
  const IdList most(Learnt::kWordIds, kIdLimit - 1);
  for (const IdList& ids : {IdList{1, 2}, most}) {
    const ShortSlot key = ShortKey("word" + std::to_string(ids.size()));
    EXPECT_EQ(learnt.FindWord(key, ShortHash(key)), nullptr);
    learnt.AddWord(key, ShortHash(key), ids);
    EXPECT_EQ(Ids(learnt.FindWord(key, ShortHash(key))), ids);
  }
}

TEST(Learnt, AWordOfTooManyIdsIsNotKept) {
  Learnt learnt;
  const ShortSlot key = ShortKey("word");
  EXPECT_FALSE(learnt.AddWord(key, ShortHash(key), IdList(Learnt::kWordIds + 1, 5)));
  EXPECT_EQ(learnt.FindWord(key, ShortHash(key)), nullptr);
}

// Many times what fits: what is found is what was put, and the last ones are found.
TEST(Learnt, ForgetsTheOldestPhrasesAndNeverMixesThemUp) {
  Learnt learnt;
  std::mt19937 random(5);
  const auto phrase = [](uint32_t n) {
    return std::string(14 + n % 200, static_cast<char>('a' + n % 26)) + std::to_string(n);
  };
  const auto ids = [](uint32_t n) { return IdList(1 + n % Learnt::kPhraseIds, n); };
  constexpr uint32_t kCount = 200'000;
  size_t found = 0;
  for (uint32_t n = 0; n < kCount; ++n) {
    const std::string text = phrase(n);
    learnt.AddPhrase(text, LongHash(text), ids(n));
    const uint32_t earlier = random() % (n + 1);
    const std::string wanted = phrase(earlier);
    const std::span<const uint32_t> known = learnt.FindPhrase(wanted, LongHash(wanted));
    if (known.empty()) continue;
    ++found;
    ASSERT_EQ(IdList(known.begin(), known.end()), ids(earlier));
  }
  EXPECT_GT(found, 1'000u);
  EXPECT_TRUE(learnt.FindPhrase(phrase(0), LongHash(phrase(0))).empty());
  const std::string last = phrase(kCount - 1);
  EXPECT_FALSE(learnt.FindPhrase(last, LongHash(last)).empty());
}

TEST(LearntPool, WhatACallLearnsTheNextOneKnows) {
  LearntPool pool;
  const ShortSlot key = ShortKey("word");
  {
    const LearntPool::Lease lease(&pool);
    (*lease).AddWord(key, ShortHash(key), IdList{7, 8});
  }
  std::thread([&] {
    const LearntPool::Lease lease(&pool);
    EXPECT_EQ(Ids((*lease).FindWord(key, ShortHash(key))), (IdList{7, 8}));
  }).join();
}

TEST(LearntPool, TwoCallsAtOnceHaveTwoMemories) {
  LearntPool pool;
  const LearntPool::Lease first(&pool), second(&pool);
  EXPECT_NE(&*first, &*second);
}

TEST(LearntPool, ThreadsShareItWithoutSharingAMemory) {
  LearntPool pool;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 24; ++thread) {
    threads.emplace_back([&pool] {
      for (uint32_t i = 0; i < 200; ++i) {
        const std::string text = "word" + std::to_string(i);
        const ShortSlot key = ShortKey(text);
        const LearntPool::Lease lease(&pool);
        const Learnt::Word* const word = (*lease).FindWord(key, ShortHash(key));
        EXPECT_TRUE(word == nullptr || Ids(word) == (IdList{i, i + 1}));
        (*lease).AddWord(key, ShortHash(key), IdList{i, i + 1});
      }
    });
  }
}

}  // namespace
}  // namespace tokenfoundry::tokens
