#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::tokens {
namespace {

std::string ToyTable() { return *BuildTable(ToySource({"lo", "hello", " w", "or"})); }  // 256 .. 259
std::unique_ptr<const Tokenizer> Toy() { return *Tokenizer::FromTable(ToyTable()); }

// A file that is gone when the test is.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes)
      : path_(std::filesystem::temp_directory_path() / ("tokenizer_test_" + std::to_string(getpid()) + ".tfv")) {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

TEST(Tokenizer, AWholePieceIsFoundBeforeAnythingIsMerged) {
  EXPECT_EQ(Toy()->Encode("hello world"), (Ids{257, 258, 259, 'l', 'd'}));
  EXPECT_EQ(Toy()->Encode("hellos"), (Ids{'h', 'e', 'l', 256, 's'}));  // "hello" is reached by no merge.
}

TEST(Tokenizer, CountsWhatItWouldEncode) {
  const auto tokenizer = Toy();
  for (const std::string& text : {std::string(), std::string("hello world, hello"), std::string(500, 'x')}) {
    EXPECT_EQ(tokenizer->Count(text), tokenizer->Encode(text).size());
  }
}

TEST(Tokenizer, CountsNoFurtherThanOneAboveTheLimit) {
  const auto tokenizer = Toy();
  const std::string text = "hello world";  // Five tokens.
  for (uint64_t limit = 0; limit < 5; ++limit) EXPECT_EQ(tokenizer->CountUpTo(text, limit), limit + 1);
  for (const uint64_t limit : {uint64_t{5}, uint64_t{6}, UINT64_MAX - 1})
    EXPECT_EQ(tokenizer->CountUpTo(text, limit), 5u);
  EXPECT_EQ(tokenizer->CountUpTo(std::string(100'000, 'x'), 3), 4u);
  EXPECT_EQ(tokenizer->CountUpTo("", 0), 0u);
}

TEST(Tokenizer, AnyBytesComeBackFromTheirIds) {
  const auto tokenizer = Toy();
  std::string bytes;
  for (int i = 0; i < 2'000; ++i) bytes += static_cast<char>(i * 37 + i / 256);
  EXPECT_EQ(*tokenizer->Decode(tokenizer->Encode(bytes)), bytes);
}

TEST(Tokenizer, SpecialTokensAreOnlyEverDecoded) {
  const auto tokenizer = Toy();
  const uint32_t special = tokenizer->n_vocab() - 1;
  EXPECT_EQ(*tokenizer->Decode(Ids{special}), "<|end|>");
  for (const uint32_t id : tokenizer->Encode("<|end|>")) EXPECT_LT(id, 260u);
}

TEST(Tokenizer, AnIdWithoutATokenIsRefusedByItsNumber) {
  const absl::Status status = Toy()->Decode(Ids{'a', 260}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "toy has no token with id 260");
}

TEST(Tokenizer, OpensATableFromDisk) {
  const TemporaryFile file(ToyTable());
  EXPECT_EQ((*Tokenizer::Open(file.path()))->name(), "toy");
}

TEST(Tokenizer, NamesTheFileThatItCannotOpen) {
  const TemporaryFile cut(ToyTable().substr(0, 5'000));
  const absl::Status damaged = Tokenizer::Open(cut.path()).status();
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(StdView(damaged.message()).starts_with(cut.path())) << damaged;
  EXPECT_EQ(Tokenizer::Open(cut.path() + ".none").status().code(), absl::StatusCode::kNotFound);
}

TEST(Tokenizer, AnEmptyFileIsDataLoss) {
  const TemporaryFile empty("");
  EXPECT_EQ(Tokenizer::Open(empty.path()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Tokenizer, ThreadsShareOne) {
  const auto tokenizer = Toy();
  const std::string text = "hello world " + std::string(300, 'x');
  const Ids expected = tokenizer->Encode(text);
  std::vector<Ids> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&tokenizer, &text, &result] {
      for (int i = 0; i < 50; ++i) result = tokenizer->Encode(text);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

}  // namespace
}  // namespace tokenfoundry::tokens
