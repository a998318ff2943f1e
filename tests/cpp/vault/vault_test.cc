#include "tokenfoundry/vault/vault.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "tests/cpp/store/full_disk.h"
#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/vault/record_internal.h"

namespace tokenfoundry::vault {
namespace {

constexpr int64_t kDay_ms = 86'400'000;

std::string Hash(const std::string& text) { return (text + std::string(kHashBytes, '.')).substr(0, kHashBytes); }
std::string Kind(const std::string& text) { return Hash(text).substr(0, kKindBytes); }
std::string Scope(const std::string& project, const std::string& key, const std::string& name) {
  return Hash(project) + Hash(key) + Hash(name);
}

// Of bytes that no compression finds again.
std::string Seal(const std::string& text) { return std::string(View(Sha256Of(text))); }

class VaultTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    vault_.reset();
    store_.reset();
    store::StoreOptions options;
    options.path = directory_ / "books";
    options.families = Vault::Families();
    store_ = store::Store::Open(options).value();
    vault_ = Vault::Open(*store_).value();
  }

  absl::StatusOr<bool> Keep(const std::string& scope, Place place, const std::vector<NewValue>& values,
                            int64_t now_ms = 0) {
    return vault_->Keep({scope, place, values, now_ms, kDay_ms});
  }

  // As a caller does it: until the value has a number.
  uint32_t Number(const std::string& scope, const std::string& text, int64_t now_ms = 0,
                  const std::string& kind = "K") {
    while (true) {
      const Place place = vault_->Look({scope, now_ms, kDay_ms}).value();
      const Known known = vault_->Find(place.id, Kind(kind), Hash(text + kind)).value();
      if (!known.sealed.empty()) return known.number;
      const std::string value = Hash(text + kind), seal = Seal(text), its_kind = Kind(kind);
      if (Keep(scope, place, {{its_kind, value, known.number, seal}}, now_ms).value()) {
        return known.number;
      }
    }
  }

  // Whether any file of the directory has these bytes.
  bool OnDisk(const std::string& bytes) const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory_ / "books")) {
      std::ifstream in(file.path(), std::ios::binary);
      std::stringstream all;
      all << in.rdbuf();
      if (all.str().find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  const TempDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Vault> vault_;
};

TEST_F(VaultTest, TheNumberingOfAConversationGoesOnAlsoAfterReopening) {
  const std::string scope = Scope("p", "k", "chat");
  EXPECT_EQ(Number(scope, "mario"), 1u);
  EXPECT_EQ(Number(scope, "anna"), 2u);
  EXPECT_EQ(Number(scope, "mario"), 1u);
  EXPECT_EQ(Number(scope, "mario", 0, "other kind"), 1u);
  Reopen();
  EXPECT_EQ(Number(scope, "anna"), 2u);
  EXPECT_EQ(Number(scope, "luca"), 3u);
  const uint64_t id = vault_->Look({scope, 0, kDay_ms})->id;
  EXPECT_EQ(vault_->Value(id, Kind("K"), 3)->value(), Seal("luca"));
  EXPECT_EQ(vault_->Value(id, Kind("K"), 4).value(), std::nullopt);
  EXPECT_EQ(vault_->LastNumber(id, Kind("K")).value(), 3u);
  EXPECT_EQ(vault_->Count()->conversations, 1u);
  EXPECT_EQ(vault_->Count()->values, 4u);
}

TEST_F(VaultTest, ConversationsKnowNothingOfEachOther) {
  EXPECT_EQ(Number(Scope("p", "k", "one"), "mario"), 1u);
  EXPECT_EQ(Number(Scope("p", "k", "two"), "anna"), 1u);
  EXPECT_EQ(Number(Scope("p", "another key", "one"), "luca"), 1u);
  Reopen();
  EXPECT_EQ(Number(Scope("p", "k", "three"), "sara"), 1u);
  EXPECT_EQ(Number(Scope("p", "k", "two"), "sara"), 2u);
}

TEST_F(VaultTest, KeepTakesOnlyTheNextNumberOfAValueThatHasNone) {
  const std::string scope = Scope("p", "k", "chat"), kind = Kind("K"), mario = Hash("mario"), anna = Hash("anna");
  const Place place = vault_->Look({scope, 0, kDay_ms}).value();
  EXPECT_TRUE(place.is_new);
  EXPECT_FALSE(Keep(scope, place, {{kind, mario, 2, "s"}}).value());
  EXPECT_TRUE(Keep(scope, place, {{kind, mario, 1, "s"}}).value());
  EXPECT_FALSE(Keep(scope, place, {{kind, anna, 1, "s"}}).value()) << "it has begun by now";
  const Place begun{place.id, false};
  EXPECT_FALSE(Keep(scope, begun, {{kind, anna, 1, "s"}}).value()) << "taken";
  EXPECT_FALSE(Keep(scope, begun, {{kind, mario, 2, "s"}}).value()) << "it has a number";
  EXPECT_FALSE(Keep(scope, begun, {{kind, anna, 3, "s"}}).value()) << "a gap";
  EXPECT_TRUE(Keep(scope, begun, {{kind, anna, 2, "s"}}).value());
}

TEST_F(VaultTest, OfSeveralValuesAllGetTheirNumbersOrNone) {
  const std::string scope = Scope("p", "k", "chat"), name = Kind("N"), mail = Kind("M");
  const std::string mario = Hash("mario"), anna = Hash("anna"), luca = Hash("luca"), sara = Hash("sara");
  const Place place = vault_->Look({scope, 0, kDay_ms}).value();
  EXPECT_FALSE(Keep(scope, place, {{name, mario, 1, "m"}, {mail, anna, 2, "a"}}).value()) << "a gap";
  EXPECT_TRUE(vault_->Look({scope, 0, kDay_ms})->is_new);
  const Place again = vault_->Look({scope, 0, kDay_ms}).value();
  EXPECT_TRUE(Keep(scope, again, {{name, mario, 1, "m"}, {mail, anna, 1, "a"}, {name, luca, 2, "l"}}).value());
  const Place begun{again.id, false};
  EXPECT_FALSE(Keep(scope, begun, {{name, sara, 3, "s"}, {mail, anna, 2, "a"}}).value()) << "one has a number";
  EXPECT_FALSE(Keep(scope, begun, {{name, sara, 3, "s"}, {name, Hash("x"), 3, "x"}}).value()) << "taken";
  EXPECT_TRUE(vault_->Find(begun.id, name, sara)->sealed.empty());
  EXPECT_EQ(vault_->LastNumber(begun.id, name).value(), 2u);
  EXPECT_EQ(*vault_->Value(begun.id, name, 2).value(), "l");
  EXPECT_FALSE(Keep(scope, begun, {}).ok());
}

TEST_F(VaultTest, AConversationThatIsNotUsedIsOverAndBeginsAnewUnderAnotherId) {
  const std::string scope = Scope("p", "k", "chat");
  EXPECT_EQ(Number(scope, "mario", 0), 1u);
  EXPECT_EQ(Number(scope, "anna", kDay_ms - 1), 2u);  // It is used, so it lives for another day.
  const uint64_t id = vault_->Look({scope, 2 * kDay_ms - 2, kDay_ms})->id;
  EXPECT_FALSE(vault_->Look({scope, 3 * kDay_ms - 3, kDay_ms})->is_new);
  const Place after = vault_->Look({scope, 4 * kDay_ms, kDay_ms}).value();
  EXPECT_TRUE(after.is_new);
  EXPECT_GT(after.id, id);
  EXPECT_EQ(Number(scope, "luca", 4 * kDay_ms), 1u);
  EXPECT_EQ(vault_->Value(id, Kind("K"), 1).value(), std::nullopt) << "what it had is gone with it";
}

TEST_F(VaultTest, AShorterTimeToLiveHoldsAtTheNextUse) {
  const std::string scope = Scope("p", "k", "chat");
  EXPECT_EQ(Number(scope, "mario", 0), 1u);
  EXPECT_FALSE(vault_->Look({scope, 1, 1000})->is_new);
  EXPECT_TRUE(vault_->Look({scope, 1001, 1000})->is_new);
}

TEST_F(VaultTest, ErasesByEachPartOfTheScope) {
  const auto fill = [&] {
    for (const char* project : {"p", "q"}) {
      for (const char* key : {"k", "l"}) {
        for (const char* name : {"one", "two"}) Number(Scope(project, key, name), "mario");
      }
    }
  };
  fill();
  EXPECT_EQ(vault_->Erase({Hash("p"), Hash("k"), Hash("one")}).value(), 1u);
  EXPECT_EQ(vault_->Erase({Hash("p"), "", ""}).value(), 3u);
  EXPECT_EQ(vault_->Erase({"", Hash("l"), ""}).value(), 2u);
  EXPECT_EQ(vault_->Erase({"", "", Hash("two")}).value(), 1u);
  EXPECT_EQ(vault_->Count()->values, 1u);
  EXPECT_EQ(vault_->Erase({"", Hash("nobody"), ""}).value(), 0u);
  fill();
  EXPECT_EQ(vault_->Erase({}).value(), 8u);
  EXPECT_EQ(vault_->Count()->values, 0u);
}

TEST_F(VaultTest, WhatIsErasedOrSweptIsOnTheDiskNoMoreAndTheRestIs) {
  Number(Scope("p", "k", "one"), "mario at one");
  Number(Scope("p", "k", "two"), "anna at two");
  Number(Scope("p", "k", "old"), "luca of old", -kDay_ms);
  Reopen();  // Some of it in a log, some in a file.
  Number(Scope("p", "k", "one"), "sara at one");
  ASSERT_TRUE(OnDisk(Seal("mario at one")) && OnDisk(Seal("sara at one")) && OnDisk(Seal("luca of old")));
  EXPECT_EQ(vault_->Erase({"", "", Hash("one")}).value(), 1u);
  EXPECT_EQ(vault_->Sweep(0).value(), 1u);
  EXPECT_FALSE(OnDisk(Seal("mario at one")) || OnDisk(Seal("sara at one")) || OnDisk(Seal("luca of old")));
  EXPECT_TRUE(OnDisk(Seal("anna at two")));
  EXPECT_EQ(Number(Scope("p", "k", "two"), "anna at two"), 1u);
}

TEST_F(VaultTest, ACallThatBeganBeforeAnErasureAddsNothingToWhatBeginsAfter) {
  const std::string scope = Scope("p", "k", "chat"), kind = Kind("K"), luca = Hash("luca");
  Number(scope, "mario");
  const Place before = vault_->Look({scope, 0, kDay_ms}).value();
  ASSERT_TRUE(vault_->Erase({}).ok());
  EXPECT_FALSE(Keep(scope, before, {{kind, luca, 1, "s"}}).value());
  EXPECT_EQ(Number(scope, "anna"), 1u);
  EXPECT_FALSE(Keep(scope, before, {{kind, luca, 2, "s"}}).value());
  EXPECT_NE(vault_->Look({scope, 0, kDay_ms})->id, before.id);
}

TEST_F(VaultTest, EveryPieceIsSealedAnewOnceAndWhatItWasIsGone) {
  for (int i = 0; i < 7; ++i) Number(Scope("p", "k", std::to_string(i % 2)), "value " + std::to_string(i));
  std::optional<Piece> last;
  int seen = 0;
  while (true) {
    const std::vector<Piece> pieces = vault_->Pieces(last, 3).value();
    if (pieces.empty()) break;
    for (const Piece& piece : pieces) {
      EXPECT_TRUE(vault_->Replace(piece, Seal(piece.sealed)).value());
      EXPECT_FALSE(vault_->Replace(piece, "twice").value()) << "it is no longer as it was";
      ++seen;
    }
    last = pieces.back();
  }
  EXPECT_EQ(seen, 7);
  ASSERT_TRUE(vault_->Compact().ok());
  EXPECT_FALSE(OnDisk(Seal("value 6")));
  EXPECT_TRUE(OnDisk(Seal(Seal("value 6"))));
  ASSERT_TRUE(vault_->Erase({}).ok());
  EXPECT_FALSE(vault_->Replace(*last, "late").value()) << "an erased one does not come back";
}

TEST_F(VaultTest, ThreadsNeverGiveOneNumberToTwoValuesOrTwoNumbersToOne) {
  const std::string scope = Scope("p", "k", "chat");
  constexpr int kThreads = 4, kValues = 60;
  std::vector<std::map<std::string, uint32_t>> given(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kValues; ++i) {
        const std::string value = std::to_string((i * (t + 1) * 7) % kValues);
        given[t][value] = Number(scope, value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::string, uint32_t> all;
  std::set<uint32_t> numbers;
  for (const auto& of_thread : given) {
    for (const auto& [value, number] : of_thread) EXPECT_EQ(all.emplace(value, number).first->second, number);
  }
  for (const auto& [value, number] : all) EXPECT_TRUE(numbers.insert(number).second);
  EXPECT_EQ(*numbers.rbegin(), all.size()) << "numbers have no gaps";
}

TEST_F(VaultTest, WhatCannotBeWrittenIsNotKept) {
  const std::string scope = Scope("p", "k", "chat"), kind = Kind("K"), value = Hash("v");
  {
    const FullDisk full;
    EXPECT_FALSE(Keep(scope, {vault_->Look({scope, 0, kDay_ms})->id, true}, {{kind, value, 1, "s"}}).ok());
  }
  EXPECT_FALSE(Keep(scope, {1, true}, {{kind, value, 1, "s"}}).ok()) << "poisoned";
  Reopen();
  EXPECT_TRUE(vault_->Look({scope, 0, kDay_ms})->is_new);
}

TEST_F(VaultTest, DamagedRecordsAreSeen) {
  const std::string scope = Scope("p", "k", "chat"), kind = Kind("K"), value = Hash("marioK");
  Number(scope, "mario");
  const uint64_t id = vault_->Look({scope, 0, kDay_ms})->id;
  const store::Family values = *store_->Lookup("vault.values"), scopes = *store_->Lookup("vault.scopes");
  const auto put = [&](store::Family family, const std::string& key, const std::string& bytes) {
    store::Batch batch;
    batch.Put(family, key, bytes);
    ASSERT_TRUE(store_->Write(batch).ok());
  };
  put(values, KeyOf(id, RecordOf::kValue, value), "x");
  EXPECT_TRUE(absl::IsDataLoss(vault_->Find(id, kind, value).status()));
  put(values, KeyOf(id, RecordOf::kValue, value), EncodeNumber(9));
  EXPECT_TRUE(absl::IsDataLoss(vault_->Find(id, kind, value).status())) << "a number without its value";
  put(values, KeyOf(id, RecordOf::kLast, kind), "");
  EXPECT_TRUE(absl::IsDataLoss(vault_->Find(id, kind, Hash("anna")).status()));
  put(scopes, scope, "short");
  EXPECT_TRUE(absl::IsDataLoss(vault_->Look({scope, 0, kDay_ms}).status()));
  EXPECT_TRUE(absl::IsDataLoss(vault_->Erase({Hash("p"), "", ""}).status()));
}

TEST_F(VaultTest, RefusesNamesThatAreNoHashes) {
  EXPECT_TRUE(absl::IsInvalidArgument(vault_->Look({"short", 0, kDay_ms}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(vault_->Look({Scope("p", "k", "n"), 0, 0}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(vault_->LastNumber(1, "kind").status()));
}

}  // namespace
}  // namespace tokenfoundry::vault
