#include "tokenfoundry/cache/cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/cache/record_internal.h"

namespace tokenfoundry::cache {
namespace {

constexpr int64_t kHour_ms = 3'600'000;

std::unique_ptr<Cache> MustOpen(const std::string& path, uint64_t max_bytes = 1 << 20) {
  auto cache = Cache::Open({path, max_bytes});
  EXPECT_TRUE(cache.ok()) << cache.status();
  return *std::move(cache);
}

std::string Get(Cache& cache, const std::string& key, int64_t now_ms = 0) {
  return cache.Get(key, now_ms).value().value_or("(miss)");
}

// What the families hold, counted from the records themselves.
Stats Recount(const std::string& path) {
  store::StoreOptions options;
  options.path = path;
  options.families = {{"cache.slots"}, {"cache.ages"}};
  options.read_only = true;
  const auto store = store::Store::Open(options).value();
  Stats stats;
  for (const char* family : {"cache.slots", "cache.ages"}) {
    EXPECT_TRUE(store
                    ->Scan(*store->Lookup(family), {},
                           [&](auto key, auto value) {
                             stats.bytes += key.size() + value.size();
                             stats.entries += family == std::string("cache.slots");
                             return true;
                           })
                    .ok());
  }
  return stats;
}

TEST(Cache, ReturnsWhatWasPutForTheSameBytesAlsoAfterReopening) {
  const TempDirectory directory;
  {
    const auto cache = MustOpen(directory / "cache");
    ASSERT_TRUE(cache->Put({"question", "answer", 0, kHour_ms}).ok());
    ASSERT_TRUE(cache->Put({"question", "better answer", 1, kHour_ms}).ok());
    EXPECT_EQ(Get(*cache, "question"), "better answer");
    EXPECT_EQ(Get(*cache, "questioN"), "(miss)");
    EXPECT_EQ(cache->stats().entries, 1u);
  }
  const auto cache = MustOpen(directory / "cache");
  EXPECT_EQ(Get(*cache, "question"), "better answer");
}

TEST(Cache, AnAnswerExpiresAtTheMillisecond) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache");
  ASSERT_TRUE(cache->Put({"q", "a", 1000, 500}).ok());
  EXPECT_EQ(Get(*cache, "q", 1499), "a");
  EXPECT_EQ(Get(*cache, "q", 1500), "(miss)");
  ASSERT_TRUE(cache->Put({"forever", "a", 1000, INT64_MAX}).ok());
  EXPECT_EQ(Get(*cache, "forever", INT64_MAX - 1), "a");
}

TEST(Cache, TheOldestGoWhenTheBoundIsReached) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache", 64 << 10);
  const std::string value(10'000, 'v');
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(cache->Put({std::to_string(i), value, 0, kHour_ms}).ok());
  ASSERT_TRUE(cache->Put({"0", value, 0, kHour_ms}).ok());  // The oldest becomes the newest.
  ASSERT_TRUE(cache->Put({"6", value, 0, kHour_ms}).ok());
  EXPECT_LE(cache->stats().bytes, 64u << 10);  // Which has everything written.
  EXPECT_EQ(Get(*cache, "1"), "(miss)");
  for (const char* kept : {"0", "2", "3", "4", "5", "6"}) EXPECT_EQ(Get(*cache, kept), value) << kept;
}

TEST(Cache, WhatIsWrittenTogetherNeverPushesItselfOut) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache", 64 << 10);
  const std::string value(3'000, 'v');
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(cache->Put({std::to_string(i), value, 0, kHour_ms}).ok());
    for (int newest = std::max(0, i - 19); newest <= i; ++newest) {
      ASSERT_EQ(Get(*cache, std::to_string(newest)), value) << newest << " of " << i;
    }
  }
  EXPECT_LE(cache->stats().bytes, 64u << 10);
  EXPECT_EQ(Get(*cache, "199"), value);
}

TEST(Cache, WhatWaitsIsReplacedAndForgottenLikeWhatIsWritten) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache");
  ASSERT_TRUE(cache->Put({"q", "first", 0, kHour_ms}).ok());
  EXPECT_EQ(cache->stats().entries, 1u);
  ASSERT_TRUE(cache->Put({"q", "second", 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "q"), "second");
  ASSERT_TRUE(cache->Put({"q", "third", 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "q"), "third");
  EXPECT_EQ(cache->stats().entries, 1u);
  ASSERT_TRUE(cache->Put({"other", "a", 0, kHour_ms}).ok());
  ASSERT_TRUE(cache->Clear().ok());
  EXPECT_EQ(Get(*cache, "other"), "(miss)");
  EXPECT_EQ(cache->stats(), Stats{});
}

TEST(Cache, AnAnswerLargerThanTheWholeCacheIsNotKept) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache", 64 << 10);
  ASSERT_TRUE(cache->Put({"small", "a", 0, kHour_ms}).ok());
  ASSERT_TRUE(cache->Put({"large", std::string(70'000, 'v'), 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "large"), "(miss)");
  EXPECT_EQ(Get(*cache, "small"), "a");
}

TEST(Cache, TheStatsAreTheStoredBytesThroughPutsEvictionsClearsAndReopenings) {
  const TempDirectory directory;
  auto cache = MustOpen(directory / "cache", 256 << 10);
  std::mt19937 random(20260301);
  for (int step = 0; step < 3000; ++step) {
    const std::string key = std::to_string(random() % 200);
    ASSERT_TRUE(cache->Put({key, std::string(random() % 8000, 'v'), 0, kHour_ms}).ok());
    if (step == 1000) {
      ASSERT_TRUE(cache->Clear().ok());
    }
    if (step % 750 == 749) {
      const Stats before = cache->stats();
      ASSERT_LE(before.bytes, 256u << 10);
      cache.reset();
      ASSERT_EQ(Recount(directory / "cache"), before);
      cache = MustOpen(directory / "cache", 256 << 10);
      ASSERT_EQ(cache->stats(), before);
    }
  }
}

TEST(Cache, ClearForgetsEverything) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache");
  ASSERT_TRUE(cache->Put({"q", "a", 0, kHour_ms}).ok());
  ASSERT_TRUE(cache->Clear().ok());
  EXPECT_EQ(Get(*cache, "q"), "(miss)");
  EXPECT_EQ(cache->stats(), Stats{});
  ASSERT_TRUE(cache->Put({"q", "b", 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "q"), "b");
}

TEST(Cache, ADamagedValueIsAMissAndSoIsAnothersInTheSameSlot) {
  const TempDirectory directory;
  const auto tamper = [&](const std::string& key, const std::string& record) {
    store::StoreOptions options;
    options.path = directory / "cache";
    options.families = {{"cache.slots"}};
    options.wal = false;
    const auto store = store::Store::Open(options).value();
    store::Batch batch;
    batch.Put(*store->Lookup("cache.slots"), SlotKey(key), record);
    ASSERT_TRUE(store->Write(batch).ok());
  };
  const std::string whole = EncodeSlot({0, kHour_ms, Sha256Of("q"), "answer"});
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 0x20;
    EXPECT_FALSE(DecodeSlot(damaged).has_value()) << "byte " << i;
    EXPECT_FALSE(DecodeSlot(std::string_view(whole).substr(0, i)).has_value()) << "cut at " << i;
  }
  ASSERT_TRUE(MustOpen(directory / "cache")->Put({"q", "answer", 0, kHour_ms}).ok());
  std::string damaged = whole;
  damaged.back() ^= 1;
  tamper("q", damaged);
  EXPECT_EQ(Get(*MustOpen(directory / "cache"), "q"), "(miss)");
  tamper("q", EncodeSlot({0, kHour_ms, Sha256Of("another question"), "answer"}));  // As an XXH3 collision would.
  const auto cache = MustOpen(directory / "cache");
  EXPECT_EQ(Get(*cache, "q"), "(miss)");
  ASSERT_TRUE(cache->Put({"q", "again", 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "q"), "again");
}

TEST(Cache, ADirectoryThatCannotBeReadIsEmptied) {
  const TempDirectory directory;
  ASSERT_TRUE(MustOpen(directory / "cache")->Put({"q", "a", 0, kHour_ms}).ok());
  for (const auto& file : std::filesystem::directory_iterator(directory / "cache")) {
    const std::string name = file.path().filename();
    if (name.starts_with("MANIFEST")) std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  }
  const auto cache = MustOpen(directory / "cache");
  EXPECT_EQ(Get(*cache, "q"), "(miss)");
  ASSERT_TRUE(cache->Put({"q", "b", 0, kHour_ms}).ok());
  EXPECT_EQ(Get(*cache, "q"), "b");
}

TEST(Cache, ThreadsReadAndWriteAtOnceAndNobodyGetsAnothersAnswer) {
  const TempDirectory directory;
  const auto cache = MustOpen(directory / "cache", 64 << 10);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(thread);
      for (int i = 0; i < 300; ++i) {
        const std::string key = std::to_string(random() % 50);
        EXPECT_TRUE(cache->Put({key, key + std::string(2000, 'v'), 0, kHour_ms}).ok());
        const std::string asked = std::to_string(random() % 50);
        const std::string got = Get(*cache, asked);
        EXPECT_TRUE(got == "(miss)" || got == asked + std::string(2000, 'v'));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tokenfoundry::cache
