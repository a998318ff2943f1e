#include "tokenfoundry/arrow/redaction.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/cpp/arrow/given.h"
#include "tokenfoundry/arrow/token_counts.h"

namespace tokenfoundry::arrow {
namespace {

using Action = Treatment::Action;

constexpr Layout kLayouts[] = {Layout::kUtf8, Layout::kLargeUtf8, Layout::kUtf8View};

const Texts kTexts = {"da mario@example.it", std::nullopt, "", "anna@example.it e mario@example.it, [EMAIL_ADDRESS_9]",
                      "corto"};
const Texts kRedacted = {"da [EMAIL_ADDRESS_1]", std::nullopt, "", "[EMAIL_ADDRESS_2] e [EMAIL_ADDRESS_1], [LITERAL_1]",
                         "corto"};

std::shared_ptr<Redaction> NewRedaction(Treatment email = {Action::kPseudonymize}, size_t threads = 1) {
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS"};
  auto detector = pii::Detector::Create(options);
  EXPECT_TRUE(detector.ok()) << detector.status();
  RedactionOptions redaction{.detector = *std::move(detector), .treatments = {email}, .threads = threads};
  redaction.stand_in = [](size_t, std::string_view value) -> absl::StatusOr<std::string> {
    if (value.starts_with("anna")) return absl::AbortedError("nobody answers");
    return absl::StrCat("<", AbslView(value.substr(0, 1)), ">");
  };
  auto made = Redaction::Create(std::move(redaction));
  EXPECT_TRUE(made.ok()) << made.status();
  return *made;
}

absl::StatusOr<Owned<ArrowArray>> Redacted(Layout layout, const ArrowArray& array,
                                           const std::shared_ptr<Redaction>& redaction) {
  return RedactMap(redaction)->Map(*GivenSchema(layout, "note"), array, {"note", 0});
}

std::string Said(const absl::Status& status) { return std::string(StdView(status.message())); }

TEST(Redaction, EveryLayoutComesOutAsItselfAndGoesBack) {
  for (const Layout layout : kLayouts) {
    const auto redaction = NewRedaction();
    const auto out = Redacted(layout, *GivenTexts(layout, kTexts), redaction);
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(ReadTexts(layout, **out), kRedacted);
    EXPECT_EQ((*out)->null_count, 1);
    const auto back = RestoreMap(redaction)->Map(*GivenSchema(layout, "note"), **out, {"note", 0});
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(ReadTexts(layout, **back), kTexts);
  }
}

// The labels tell something, so that what is found differs from column to column.
TEST(Redaction, RowsThatComeAgainAreRedactedAsTheFirstTime) {
  constexpr size_t kRounds = 40;
  constexpr size_t kDistinct = 700;
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS", "IT_VAT_CODE", "US_SSN"};
  const std::shared_ptr<const pii::Detector> detector = *pii::Detector::Create(options);
  const RedactionOptions given{.detector = detector, .treatments = {{Action::kPseudonymize}, {Action::kRedact}, {}}};
  Texts rows;
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kDistinct; ++i) {
      const size_t person = i * 7919 % kDistinct;
      rows.push_back(absl::StrCat("a", person, "@example.it, 07643520567, [EMAIL_ADDRESS_", person % 5, "] ",
                                  i % 11 == 0 ? std::string(2000, 'x') : ""));
    }
  }
  for (const size_t threads : {size_t{1}, size_t{3}}) {
    RedactionOptions used = given;
    used.threads = threads;
    const std::shared_ptr<Redaction> redaction = *Redaction::Create(used);
    for (const char* column : {"note", "partita_iva", "note"}) {
      const auto schema = GivenSchema(Layout::kLargeUtf8, column);
      const auto all = RedactMap(redaction)->Map(*schema, *GivenTexts(Layout::kLargeUtf8, rows), {column, 0});
      ASSERT_TRUE(all.ok()) << all.status();
      const Texts out = ReadTexts(Layout::kLargeUtf8, **all);
      for (size_t first = 0; first < rows.size(); first += kDistinct) {
        const Texts part(rows.begin() + static_cast<ptrdiff_t>(first),
                         rows.begin() + static_cast<ptrdiff_t>(first + kDistinct));
        const auto once =
            RedactMap(*Redaction::Create(given))->Map(*schema, *GivenTexts(Layout::kLargeUtf8, part), {column, 0});
        ASSERT_TRUE(once.ok()) << once.status();
        ASSERT_TRUE(std::equal(out.begin() + static_cast<ptrdiff_t>(first),
                               out.begin() + static_cast<ptrdiff_t>(first + kDistinct),
                               ReadTexts(Layout::kLargeUtf8, **once).begin()))
            << column << " from row " << first;
      }
    }
    ASSERT_EQ(redaction->Tallies().size(), 2u);
    EXPECT_EQ(redaction->Tallies()[1].entities[0].findings, static_cast<int64_t>(rows.size()));
  }
}

TEST(Redaction, ASliceIsReadFromItsOffset) {
  for (const Layout layout : kLayouts) {
    auto array = GivenTexts(layout, kTexts);
    array.get()->offset = 2;
    array.get()->length = 2;
    array.get()->null_count = -1;
    const auto out = Redacted(layout, *array, NewRedaction());
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(ReadTexts(layout, **out), (Texts{"", "[EMAIL_ADDRESS_1] e [EMAIL_ADDRESS_2], [LITERAL_1]"}));
  }
}

TEST(Redaction, AnEmptyArrayNeedsNoBuffers) {
  for (const Layout layout : kLayouts) {
    std::array<const void*, 3> none = {};
    ArrowArray array{};
    array.n_buffers = 3;
    array.buffers = none.data();
    const auto out = Redacted(layout, array, NewRedaction());
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ((*out)->length, 0);
  }
}

TEST(Redaction, ADictionaryKeepsWhatRowsUseNumberedInTheirOrder) {
  // Rows: mario, null, anna, mario. The text that no row uses is gone.
  const Texts values = {"anna@example.it", "nessuno@example.it", "mario@example.it"};
  const auto array = IndexArray("s", {2, -1, 0, 2}, GivenTexts(Layout::kUtf8, values));
  const auto schema = Export(Field{"note", "s", true, {}, "u"});
  const auto redaction = NewRedaction();
  const auto out = RedactMap(redaction)->Map(*schema, *array, {"note", 0});
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, *(*out)->dictionary), (Texts{"[EMAIL_ADDRESS_2]", "[EMAIL_ADDRESS_1]"}));
  EXPECT_EQ(Numbers<int16_t>(**out, 1, 4), (std::vector<int16_t>{1, 0, 0, 1}));
  EXPECT_FALSE(IsValid(**out, 1));
  const Tally tally = redaction->Tallies().at(0);
  EXPECT_EQ(tally.rows_found, 3);
  EXPECT_EQ(tally.entities.at(0).findings, 3);
}

TEST(Redaction, TreatmentsAreThoseOfThePolicy) {
  const Texts given = {"da mario@example.it"};
  const std::pair<Treatment, std::string> cases[] = {
      {{Action::kMask, 4}, "da ************e.it"}, {{Action::kMask, 99}, "da ****************"},
      {{Action::kMask, 0}, "da ****************"}, {{Action::kRedact}, "da [EMAIL_ADDRESS]"},
      {{Action::kAllow}, "da mario@example.it"},   {{Action::kAsk}, "da <m>"},
  };
  for (const auto& [treatment, expected] : cases) {
    const auto out = Redacted(Layout::kUtf8, *GivenTexts(Layout::kUtf8, given), NewRedaction(treatment));
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(ReadTexts(Layout::kUtf8, **out), Texts{expected});
  }
}

TEST(Redaction, WhatIsBlockedIsNamedAndNeverShown) {
  const auto redaction = NewRedaction({Action::kBlock});
  std::optional<Blocked> blocked;
  const auto out = RedactMap(redaction, &blocked)
                       ->Map(*GivenSchema(Layout::kUtf8, "note"),
                             *GivenTexts(Layout::kUtf8, {"x", "è mario@example.it"}), {"note", 40});
  EXPECT_EQ(out.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Said(out.status()),
            "column 'note', row 41: the text holds EMAIL_ADDRESS at 2..18, which the privacy policy blocks");
  ASSERT_TRUE(blocked);
  EXPECT_EQ(blocked->row, 41);
  EXPECT_EQ(blocked->start, 2u);
  EXPECT_EQ(blocked->end, 18u);
}

TEST(Redaction, WhatTheAskedOneFailsWithNamesTheRow) {
  const auto out = Redacted(Layout::kUtf8, *GivenTexts(Layout::kUtf8, kTexts), NewRedaction({Action::kAsk}));
  EXPECT_EQ(out.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Said(out.status()), "column 'note', row 3: nobody answers");
}

TEST(Redaction, FormsThatOthersReadAreAskedFor) {
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS"};
  RedactionOptions asking{.detector = *pii::Detector::Create(options), .treatments = {{Action::kPseudonymize}}};
  asking.literals = [](std::string_view text) -> absl::StatusOr<RedactionOptions::Places> {
    return RedactionOptions::Places{{0, text.find(' ')}};
  };
  asking.restore = [](std::string_view) -> absl::StatusOr<std::string> { return "restored"; };
  const auto redaction = *Redaction::Create(std::move(asking));
  const Texts given = {"&#91;A_1&#93; di mario@example.it", "[a_1] [email_address_7]"};
  const auto out = Redacted(Layout::kUtf8, *GivenTexts(Layout::kUtf8, given), redaction);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **out), (Texts{"[LITERAL_1] di [EMAIL_ADDRESS_1]", "[a_1] [LITERAL_2]"}));
  const auto back = RestoreMap(redaction)->Map(*GivenSchema(Layout::kUtf8, "note"),
                                               *GivenTexts(Layout::kUtf8, {given[0], "[ email_address_1 ]"}), {});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **back), (Texts{"restored", "mario@example.it"}));
}

TEST(Redaction, TextsWithEscapesAreReadByWhoeverCan) {
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS"};
  RedactionOptions reading{.detector = *pii::Detector::Create(options), .treatments = {{Action::kPseudonymize}}};
  reading.read = [](std::string_view text, std::string_view) -> absl::StatusOr<std::vector<pii::Finding>> {
    return std::vector<pii::Finding>{{0, text.find('m'), text.find('!'), 1, pii::Evidence::kPattern, 0, 0}};
  };
  const auto redaction = *Redaction::Create(std::move(reading));
  const Texts given = {R"(è mario\u0040example!)", R"(\mario@example.it)", R"(\n m!)", R"(\)", "mario@example.it!"};
  const auto out = Redacted(Layout::kUtf8, *GivenTexts(Layout::kUtf8, given), redaction);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **out), (Texts{"è [EMAIL_ADDRESS_1]!", R"(\[EMAIL_ADDRESS_2])",
                                                    R"(\n [EMAIL_ADDRESS_3]!)", R"(\)", "[EMAIL_ADDRESS_2]!"}));
  const auto back = RestoreMap(redaction)->Map(*GivenSchema(Layout::kUtf8, "note"), **out, {"note", 0});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **back), given);
}

TEST(Redaction, ATextCanBeRewrittenAsAWhole) {
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS"};
  RedactionOptions whole{.detector = *pii::Detector::Create(options), .treatments = {{Action::kPseudonymize}}};
  whole.rewrite = [](std::string_view, const std::vector<pii::Finding>& found) -> absl::StatusOr<std::string> {
    if (found.empty()) return "nothing";
    return absl::StrCat(found[0].start, "-", found[0].end);
  };
  const auto out = Redacted(Layout::kUtf8, *GivenTexts(Layout::kUtf8, {"è mario@example.it", "[A_1]", std::nullopt}),
                            *Redaction::Create(std::move(whole)));
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **out), (Texts{"2-18", "nothing", std::nullopt}));
}

TEST(Redaction, TheNumberOfThreadsChangesNothing) {
  Texts texts;
  for (int i = 0; i < 20'000; ++i)
    texts.push_back(absl::StrCat("da p", i * 7 % 3000, "@example.it, ", std::string(40, 'x')));
  const auto array = GivenTexts(Layout::kUtf8, texts);
  const auto one = Redacted(Layout::kUtf8, *array, NewRedaction({Action::kPseudonymize}, 1));
  const auto eight = Redacted(Layout::kUtf8, *array, NewRedaction({Action::kPseudonymize}, 8));
  ASSERT_TRUE(one.ok() && eight.ok());
  EXPECT_EQ(ReadTexts(Layout::kUtf8, **one), ReadTexts(Layout::kUtf8, **eight));
}

TEST(Redaction, CallsAtTheSameTimeShareOneNumbering) {
  const auto redaction = NewRedaction({Action::kPseudonymize}, 4);
  Texts texts;
  for (int i = 0; i < 2'000; ++i) texts.push_back(absl::StrCat("p", i % 50, "@example.it"));
  const auto array = GivenTexts(Layout::kUtf8, texts);
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] { EXPECT_TRUE(Redacted(Layout::kUtf8, *array, redaction).ok()); });
  }
  callers.clear();
  EXPECT_EQ(redaction->size(), 50u);
  EXPECT_EQ(redaction->Tallies().at(0).rows, 8'000);
}

TEST(Redaction, TextsThatContradictTheirArrayAreErrors) {
  const auto said = [](Layout layout, const ArrowArray& array) {
    return Said(Redacted(layout, array, NewRedaction()).status());
  };
  EXPECT_EQ(said(Layout::kUtf8, *GivenTexts(Layout::kUtf8, {"a", "\xff"})),
            "column 'note', row 1: the text is not UTF-8");
  auto backwards = GivenTexts(Layout::kUtf8, {"abc", "def"});
  const std::array<int32_t, 3> offsets = {0, 3, 1};
  backwards.get()->buffers[1] = offsets.data();
  EXPECT_EQ(said(Layout::kUtf8, *backwards), "column 'note', row 1: its offsets go backwards");
  auto outside = GivenTexts(Layout::kUtf8View, {"a text that is longer than twelve bytes"});
  const int64_t size = 3;
  outside.get()->buffers[3] = &size;
  EXPECT_EQ(said(Layout::kUtf8View, *outside), "column 'note', row 0: a text stands outside of its buffers");
  const auto index = IndexArray("i", {5}, GivenTexts(Layout::kUtf8, {"a"}));
  const auto out = RedactMap(NewRedaction())->Map(*Export(Field{"note", "i", true, {}, "u"}), *index, {"note", 0});
  EXPECT_EQ(Said(out.status()), "an index is not one of its dictionary");
}

TEST(Redaction, ALabelThatTellsStandsBeforeEachText) {
  pii::DetectorOptions options;
  options.entities = {"IT_VAT_CODE"};
  const std::shared_ptr<const pii::Detector> detector = *pii::Detector::Create(options);
  const auto array = GivenTexts(Layout::kUtf8, {"07643520567"});
  for (const auto& [name, use_labels, expected] :
       {std::tuple("partita_iva", true, "[IT_VAT_CODE_1]"), std::tuple("partita_iva", false, "07643520567"),
        std::tuple("note", true, "07643520567")}) {
    auto redaction =
        Redaction::Create({.detector = detector, .treatments = {{Action::kPseudonymize}}, .use_labels = use_labels});
    ASSERT_TRUE(redaction.ok());
    const auto out = RedactMap(*redaction)->Map(*GivenSchema(Layout::kUtf8, name), *array, {name, 0});
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(ReadTexts(Layout::kUtf8, **out), Texts{expected});
  }
}

TEST(Redaction, RefusesOptionsThatDoNotFit) {
  EXPECT_FALSE(Redaction::Create({}).ok());
  pii::DetectorOptions options;
  options.entities = {"EMAIL_ADDRESS"};
  const std::shared_ptr<const pii::Detector> detector = *pii::Detector::Create(options);
  EXPECT_FALSE(Redaction::Create({.detector = detector}).ok());
  EXPECT_FALSE(Redaction::Create({.detector = detector, .treatments = {{Action::kAsk}}}).ok());
  EXPECT_FALSE(Redaction::Create({.detector = detector, .treatments = {{Action::kMask}}, .threads = 0}).ok());
}

TEST(TokenCounts, AreNullWhereTheTextIs) {
  const auto count = TokenCountMap([](std::string_view text) { return text.size(); }, 2);
  for (const Layout layout : kLayouts) {
    const auto out =
        count->Map(*GivenSchema(layout, "note"), *GivenTexts(layout, {"abc", std::nullopt, ""}), {"note", 0});
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(Numbers<uint32_t>(**out, 1, 3), (std::vector<uint32_t>{3, 0, 0}));
    EXPECT_FALSE(IsValid(**out, 1));
  }
  const auto encoded = IndexArray("C", {1, -1, 1, 0}, GivenTexts(Layout::kUtf8, {"a", "bcd"}));
  const auto out = count->Map(*Export(Field{"note", "C", true, {}, "u"}), *encoded, {"note", 0});
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(Numbers<uint32_t>(**out, 1, 4), (std::vector<uint32_t>{3, 0, 3, 1}));
}

}  // namespace
}  // namespace tokenfoundry::arrow
