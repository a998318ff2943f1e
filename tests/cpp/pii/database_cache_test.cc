#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tokenfoundry/pii/database_cache_internal.h"
#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {
namespace {

namespace fs = std::filesystem;

class DatabaseCacheTest : public testing::Test {
 protected:
  DatabaseCacheTest() {
    std::string folder = testing::TempDir() + "tf_hsdb_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~DatabaseCacheTest() override { fs::remove_all(folder_); }

  std::unique_ptr<const Detector> Build(const std::string& regex = "EMP-\\d+") const {
    return *Detector::Create({.entities = std::vector<std::string>{"EMAIL_ADDRESS", "IBAN_CODE"},
                              .patterns = {{"BADGE", regex}},
                              .cache_dir = folder_});
  }

  std::vector<fs::path> Files() const { return {fs::directory_iterator(folder_), fs::directory_iterator()}; }

  static std::string Read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void Write(const fs::path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  std::string folder_;
};

TEST_F(DatabaseCacheTest, ASecondDetectorLoadsWhatTheFirstCompiled) {
  const auto first = Build();
  EXPECT_FALSE(first->loaded_from_cache());
  const auto second = Build();
  EXPECT_TRUE(second->loaded_from_cache());
  const std::string_view text = "EMP-42 mario@example.it";
  EXPECT_EQ(second->Detect(text)->size(), 2u);
  EXPECT_EQ(first->Detect(text)->size(), 2u);
}

TEST_F(DatabaseCacheTest, EachPatternSetHasItsOwnFileAndNoTemporaryStays) {
  Build();
  Build("EMP-\\d\\d");
  EXPECT_EQ(Files().size(), 2u);
  EXPECT_FALSE(Build("X\\d+")->loaded_from_cache());
  for (const fs::path& file : Files()) EXPECT_EQ(file.extension(), ".hsdb");
}

TEST_F(DatabaseCacheTest, AFileChangedAtAnyByteIsCompiledAgainAndReplaced) {
  Build();
  const fs::path path = Files().at(0);
  const std::string good = Read(path);
  for (const size_t at :
       {size_t{0}, size_t{8}, size_t{12}, size_t{44}, size_t{76}, size_t{84}, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    Write(path, bad);
    EXPECT_FALSE(Build()->loaded_from_cache()) << "byte " << at;
    EXPECT_EQ(Read(path).size(), good.size());
    EXPECT_TRUE(Build()->loaded_from_cache()) << "byte " << at;
  }
}

TEST_F(DatabaseCacheTest, AFileCutAtAnyLengthReadsAsAbsent) {
  const DatabaseCache cache(folder_, "key");
  cache.Store("database");
  const fs::path path = Files().at(0);
  const std::string good = Read(path);
  ASSERT_EQ(cache.Load(), "database");
  for (size_t size = 0; size < good.size(); ++size) {
    Write(path, good.substr(0, size));
    EXPECT_FALSE(cache.Load().has_value()) << size;
  }
  Write(path, good + "x");
  EXPECT_FALSE(cache.Load().has_value());
}

TEST_F(DatabaseCacheTest, AFileThatOthersMayWriteIsNotRead) {
  const DatabaseCache cache(folder_, "key");
  cache.Store("database");
  const fs::path path = Files().at(0);
  ASSERT_TRUE(cache.Load().has_value());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_FALSE(cache.Load().has_value());
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  const fs::path target = folder_ + "/elsewhere";
  fs::rename(path, target);
  fs::create_symlink(target, path);
  EXPECT_FALSE(cache.Load().has_value());
}

TEST_F(DatabaseCacheTest, AFileOfOtherKeyMaterialUnderTheSameNameIsNotRead) {
  const DatabaseCache one(folder_, "one");
  const DatabaseCache two(folder_, "two");
  one.Store("database of one");
  const fs::path path_one = Files().at(0);
  two.Store("database of two");
  for (const fs::path& file : Files()) {
    if (file != path_one) fs::copy_file(file, path_one, fs::copy_options::overwrite_existing);
  }
  EXPECT_FALSE(one.Load().has_value());
}

TEST_F(DatabaseCacheTest, AFolderThatCannotBeMadeMeansNoCache) {
  Write(folder_ + "/file", "x");
  const auto detector = *Detector::Create(
      {.entities = std::vector<std::string>{"EMAIL_ADDRESS", "IBAN_CODE"}, .cache_dir = folder_ + "/file/below"});
  EXPECT_FALSE(detector->loaded_from_cache());
  EXPECT_EQ(detector->Detect("mario@example.it")->size(), 1u);
}

TEST_F(DatabaseCacheTest, MissingFoldersAreMade) {
  folder_ += "/a/b";
  Build();
  EXPECT_TRUE(Build()->loaded_from_cache());
}

}  // namespace
}  // namespace tokenfoundry::pii
