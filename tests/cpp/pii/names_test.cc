// The model that the package carries, on sentences nobody trained it on by name, and on text that is out to break it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tokenfoundry/pii/names_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

const NameTagger& Tagger() {
  static const auto* const tagger = new auto(NameTagger::Load(TF_NAME_MODEL));
  EXPECT_TRUE(tagger->ok()) << tagger->status();
  return ***tagger;
}

std::vector<NameSpan> SpansIn(std::string_view text, float margin = 0, uint64_t* steps = nullptr) {
  NameTagger::Scratch scratch;
  std::vector<NameSpan> spans;
  Tagger().Tag(text, margin, &scratch, &spans, steps);
  return spans;
}

std::vector<std::string> NamesIn(std::string_view text, float margin = 0) {
  std::vector<std::string> names;
  for (const NameSpan& span : SpansIn(text, margin)) names.emplace_back(text.substr(span.start, span.end - span.start));
  return names;
}

using Names = std::vector<std::string>;

TEST(Names, AreFoundInTheFiveLanguages) {
  EXPECT_EQ(NamesIn("Please ask Laura Bennett to call the client before noon."), Names{"Laura Bennett"});
  EXPECT_EQ(NamesIn("Scrivi a Giulia Ferrari che la riunione è spostata a venerdì."), Names{"Giulia Ferrari"});
  EXPECT_EQ(NamesIn("Pouvez-vous appeler Camille Durand avant la fin de la semaine ?"), Names{"Camille Durand"});
  EXPECT_EQ(NamesIn("Kannst du bitte Markus Schneider das Protokoll schicken?"), Names{"Markus Schneider"});
  EXPECT_EQ(NamesIn("Necesito que avises a Carmen Ortega de la reunión."), Names{"Carmen Ortega"});
}

// The same scratch for all of a text, and a new one for each line of it.
TEST(Names, AreTheSameWhateverTheTaggerReadBefore) {
  NameTagger::Scratch used;
  for (const bool in_capitals : {false, true}) {
    for (const char* language : {"de", "en", "es", "fr", "it"}) {
      std::ifstream file(std::string(TF_TEXTS) + "/" + language + ".txt", std::ios::binary);
      ASSERT_TRUE(file.is_open());
      size_t lines = 0;
      for (std::string line; std::getline(file, line) && lines < 400; ++lines) {
        for (size_t i = 0; in_capitals && i < line.size(); i += 3) {
          line[i] = line[i] >= 'a' && line[i] <= 'z' ? static_cast<char>(line[i] - 'a' + 'A') : line[i];
        }
        std::vector<NameSpan> spans;
        Tagger().Tag(line, 0, &used, &spans);
        ASSERT_EQ(spans, SpansIn(line)) << line;
      }
    }
  }
}

TEST(Names, AreFoundInAnyCaseAndOrder) {
  EXPECT_EQ(NamesIn("hey can you tell jessica that the report is late"), Names{"jessica"});
  EXPECT_EQ(NamesIn("INTESTATARIO: ROSSI MARIO, NATO A BARI"), Names{"ROSSI MARIO"});
  EXPECT_EQ(NamesIn("Il sottoscritto Bianchi Luca chiede il rimborso."), Names{"Bianchi Luca"});
}

TEST(Names, KeepTheirParticlesHyphensApostrophesAndInitials) {
  EXPECT_EQ(NamesIn("Ne ho parlato con Hans-Peter Gruber ieri."), Names{"Hans-Peter Gruber"});
  EXPECT_EQ(NamesIn("The letter was signed by Sean O'Brien in March."), Names{"Sean O'Brien"});
  EXPECT_EQ(NamesIn("Ha telefonato Chiara D'Angelo per il contratto."), Names{"Chiara D'Angelo"});
  EXPECT_EQ(NamesIn("Das Gespräch mit Ursula von der Heide war kurz."), Names{"Ursula von der Heide"});
  EXPECT_EQ(NamesIn("The paper was written by J. R. Smith in 1998."), Names{"J. R. Smith"});
}

TEST(Names, LeaveTitlesPunctuationAndPossessivesOutside) {
  EXPECT_EQ(NamesIn("Dear Mr. Harrison, thank you for your letter."), Names{"Harrison"});
  EXPECT_EQ(NamesIn("Gentile Sig.ra Conti, le scrivo per la bolletta."), Names{"Conti"});
  EXPECT_EQ(NamesIn("Sehr geehrte Frau Hoffmann, anbei der Vertrag."), Names{"Hoffmann"});
  EXPECT_EQ(NamesIn("I read Margaret's notes and then left."), Names{"Margaret"});
  EXPECT_EQ(NamesIn("I read Margaret’s notes and then left."), Names{"Margaret"});
}

TEST(Names, EndBeforeTheSOfAGermanGenitive) {
  EXPECT_EQ(NamesIn("Das war Helgas Idee, sagte ihre Schwester."), Names{"Helga"});
}

TEST(Names, AreNoLabelsOfNumbers) {
  for (const std::string label : {"IBAN", "PIVA", "PEC", "TEL", "SWIFT"})
    for (const char* const before : {"l.verdi@example.it, ", "l.verdi@example.it; ", "tel 347 555 1234, "})
      EXPECT_EQ(NamesIn(before + label + " DE89370400440532013000"), Names{}) << before << label;
  EXPECT_EQ(NamesIn("I am Grace Kelly, IBAN GB82WEST12345698765432"), Names{"Grace Kelly"});
}

TEST(Names, AreNotSeenInAddressesIdentifiersAndPaths) {
  for (const char* const text : {
           "mail to mario.rossi@example.com today",
           "see https://www.example.com/people/anna-bianchi?name=Anna for details",
           "follow @annabianchi for more",
           "annaRossi = get_anna_rossi(user_name)",
           "/home/anna/src/rossi/Main.java",
           "C:\\Users\\Anna\\Documents",
           "obj.anna.rossi.close()",
       }) {
    EXPECT_EQ(NamesIn(text), Names{}) << text;
  }
}

TEST(Names, AreNotSeenInCodeAndLogs) {
  for (const char* const text : {
           "class HttpRequestHandler(BaseHandler):",
           "static inline int Compare(const Node& left, const Node& right) { return left.key - right.key; }",
           "2024-11-21 10:05:33,120 ERROR [main] OrderService - Connection refused, retrying in 500 ms",
           "SELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id",
       }) {
    EXPECT_EQ(NamesIn(text), Names{}) << text;
  }
}

TEST(Names, BecomeFewerAndSurerAsTheMarginRises) {
  const std::string text =
      "Yesterday Klein met Rosa Marchetti and Hope near Lincoln; jordan called will and Baltasar. Ask Faith or Victor "
      "Hugo Street.";
  size_t before = SpansIn(text, -4).size();
  EXPECT_GT(before, SpansIn(text, 4).size());
  for (const float margin : {-2.0f, 0.0f, 2.0f, 4.0f, 100.0f}) {
    const size_t now = SpansIn(text, margin).size();
    EXPECT_LE(now, before) << margin;
    before = now;
  }
  EXPECT_EQ(before, 0u);
}

TEST(Names, CarryAScoreBetweenZeroAndOne) {
  const std::vector<NameSpan> spans = SpansIn("My name is Laura Bennett.");
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_GT(spans[0].score, 0.8f);
  EXPECT_LE(spans[0].score, 1.0f);
}

// Texts that could cost more than their length.
std::vector<std::string> HostileTexts(size_t size_bytes) {
  std::vector<std::string> texts;
  const auto repeated = [&](std::string_view unit) {
    std::string text;
    while (text.size() < size_bytes) text += unit;
    texts.push_back(std::move(text));
  };
  for (const char* const unit : {"a",
                                 "A",
                                 "Anna ",
                                 "anna ",
                                 "ANNA-",
                                 "Anna, ",
                                 "Anna.",
                                 "A. ",
                                 "d'",
                                 "\u0301",
                                 "e\u0301",
                                 "é",
                                 "字",
                                 "\n",
                                 " ",
                                 "'s ",
                                 "_",
                                 "@",
                                 "@a ",
                                 "://",
                                 "/",
                                 "=",
                                 "a=b&",
                                 "\"",
                                 "Anna\n",
                                 "Anna    ",
                                 "\U0001F600",
                                 "Anna\U0001F600",
                                 "x Anna Rossi ",
                                 "9 ",
                                 "a\u2019s "}) {
    repeated(unit);
  }
  return texts;
}

TEST(Names, CostStepsInProportionToTheText) {
  constexpr size_t kSizeBytes = 1 << 16;
  const std::vector<std::string> small = HostileTexts(kSizeBytes);
  const std::vector<std::string> large = HostileTexts(16 * kSizeBytes);
  for (size_t i = 0; i < small.size(); ++i) {
    uint64_t small_steps = 0;
    uint64_t large_steps = 0;
    SpansIn(small[i], 0, &small_steps);
    SpansIn(large[i], 0, &large_steps);
    EXPECT_LE(large_steps, 17 * small_steps) << small[i].substr(0, 12);
    EXPECT_LE(large_steps, 20 * large[i].size()) << small[i].substr(0, 12);
  }
}

TEST(Names, StandApartInOrderAndOnCharacterBorders) {
  std::vector<std::string> texts = HostileTexts(1 << 12);
  std::string mixed;
  uint32_t state = 7;
  const std::vector<std::string> units = {"Anna ", "Rossi", ", ", "é", "\u0301", "’s ", "von ",   "字",
                                          "-",     ". ",    "D'", "J", "\n",     "@",   "Straße", "🙂"};
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525 + 1013904223;
    mixed += units[(state >> 16) % units.size()];
  }
  texts.push_back(mixed);
  for (const std::string& text : texts) {
    uint32_t reached = 0;
    for (const NameSpan& span : SpansIn(text, -3)) {
      ASSERT_LE(reached, span.start);
      ASSERT_LT(span.start, span.end);
      ASSERT_LE(span.end, text.size());
      ASSERT_TRUE(text::IsValidUtf8(std::string_view(text).substr(span.start, span.end - span.start)));
      ASSERT_TRUE(span.score >= 0 && span.score <= 1);
      reached = span.end;
    }
  }
}

TEST(Names, DependOnNoMoreThanTwoKilobytesEitherSide) {
  constexpr size_t kReachBytes = 2048;
  for (const std::string& text : HostileTexts(12000)) {
    std::string middle = text;
    size_t from = kReachBytes;
    while ((static_cast<uint8_t>(text[from]) & 0xC0) == 0x80) ++from;
    const auto inner = [&](const std::vector<NameSpan>& spans, size_t shift, size_t first, size_t end) {
      std::vector<NameSpan> kept;
      for (NameSpan span : spans) {
        span.start += static_cast<uint32_t>(shift);
        span.end += static_cast<uint32_t>(shift);
        if (span.start >= first && span.end <= end) kept.push_back(span);
      }
      return kept;
    };
    // The text without its beginning: from kReachBytes on, nothing may change.
    EXPECT_EQ(inner(SpansIn(text), 0, 2 * kReachBytes + 4, text.size()),
              inner(SpansIn(std::string_view(text).substr(from)), from, 2 * kReachBytes + 4, text.size()))
        << text.substr(0, 12);
  }
}

TEST(Names, AreTheSameFromManyThreads) {
  const std::string text = "Presenti: Laura Bennett, Giulia Ferrari e Markus Schneider; assente Carmen Ortega.";
  const std::vector<NameSpan> expected = SpansIn(text);
  ASSERT_FALSE(expected.empty());
  std::vector<std::thread> threads;
  std::vector<int> differences(4, 0);
  for (size_t thread = 0; thread < differences.size(); ++thread) {
    threads.emplace_back([&, thread] {
      NameTagger::Scratch scratch;
      std::vector<NameSpan> spans;
      for (int round = 0; round < 200; ++round) {
        spans.clear();
        Tagger().Tag(text, 0, &scratch, &spans);
        differences[thread] += spans != expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(differences, std::vector<int>(4, 0));
}

class NameModelFile : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(TF_NAME_MODEL, std::ios::binary);
    model_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_GT(model_.size(), 1000u);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  absl::Status LoadOf(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return NameTagger::Load(path_).status();
  }

  std::string model_;
  const std::string path_ = testing::TempDir() + "names_test_" + std::to_string(::getpid()) + ".tfn";
};

TEST_F(NameModelFile, IsRefusedWhenItIsMissing) {
  EXPECT_EQ(NameTagger::Load(path_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(NameModelFile, IsRefusedWhenItIsAnother) {
  for (const std::string& foreign : {std::string(), std::string("hello"), std::string(6'000'000, 'x')}) {
    EXPECT_EQ(LoadOf(foreign).code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(NameModelFile, IsRefusedWhenItIsCutShort) {
  for (const size_t size : {size_t{10}, size_t{63}, size_t{64}, model_.size() / 2, model_.size() - 1}) {
    EXPECT_EQ(LoadOf(std::string_view(model_).substr(0, size)).code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST_F(NameModelFile, IsRefusedWhenAByteOfItIsWrong) {
  for (const size_t at : {size_t{0}, size_t{8}, size_t{12}, size_t{16}, size_t{40}, size_t{100}, model_.size() - 1}) {
    std::string broken = model_;
    broken[at] = static_cast<char>(broken[at] ^ 0x41);
    const absl::Status status = LoadOf(broken);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at;
    EXPECT_NE(status.message().find("is no name model"), absl::string_view::npos) << status;
  }
  EXPECT_TRUE(LoadOf(model_).ok());
}

}  // namespace
}  // namespace tokenfoundry::pii
