#include <algorithm>
#include <array>
#include <utility>

#include "tokenfoundry/pii/names_decode_internal.h"
#include "tokenfoundry/pii/names_internal.h"
#include "tokenfoundry/pii/names_memo_internal.h"
#include "tokenfoundry/pii/names_model_internal.h"
#include "tokenfoundry/pii/names_runs_internal.h"

namespace tokenfoundry::pii {
namespace {

struct WordRowsOf {
  std::array<uint32_t, kMaxWordFeatures> rows;
  int count;
};

// A word of the window: its rows, or already their sum.
struct WeighedWord {
  RowSum sum;
  bool is_summed;
  uint64_t cut_hash;  // Word::hash before it was classified.
  WordRowsOf rows;
};

// Both only begin to load the rows: they lie all over a table that no cache near the core holds.
void LoadWordRows(const NameModel& model, const Word& word, WordRowsOf* features) {
  features->count = WordFeatures(word, &features->rows);
  for (int i = 0; i < features->count; ++i) __builtin_prefetch(model.word_row(features->rows[i]));
}
int LoadPairRows(const NameModel& model, const Word* word, std::array<uint32_t, kMaxPairFeatures>* rows) {
  const int count = PairFeatures(word, rows);
  for (int i = 0; i < count; ++i) __builtin_prefetch(model.pair_row((*rows)[i]));
  return count;
}

RowSum SumOfRows(const NameModel& model, const WordRowsOf& features) {
  RowSum sum = {};
  for (int i = 0; i < features.count; ++i) {
    const int8_t* const row = model.word_row(features.rows[i]);
    for (int weight = 0; weight < kWordRowWeights; ++weight)
      sum[weight] = static_cast<int16_t>(sum[weight] + row[weight]);
  }
  return sum;
}

Emission EmissionOf(const NameModel& model, const WeighedWord* word, std::span<const uint32_t> pairs) {
  const int32_t bias = static_cast<int32_t>(model.bias() / model.step());
  Emission emission = {bias, bias};
  for (int place = -kReach; place <= kReach; ++place) {
    const RowSum& row = word[place].sum;
    emission.begin += row[2 * (place + kReach)];
    emission.inside += row[2 * (place + kReach) + 1];
  }
  for (const uint32_t pair : pairs) {
    const int8_t* const row = model.pair_row(pair);
    emission.begin += row[0];
    emission.inside += row[1];
  }
  return emission;
}

// Where the name that ends with `word` ends: behind the period of an initial ("Rossi M."), and before the s of a German
// genitive ("Ferdinandas Idee").
uint32_t NameEnd(std::string_view text, const Word& word, const Word& next) {
  if (word.shape == Shape::kInitial && word.end < text.size() && text[word.end] == '.') return word.end + 1;
  const bool noun_follows = next.gap == Gap::kSpace && next.shape == Shape::kCapitalised;
  return word.genitive && noun_follows ? word.end - 1 : word.end;
}

// Whether the word by itself still names somebody who was found to bear it.
bool NamesAlone(const Word& word) {
  constexpr uint8_t kLeastLetters = 3;
  constexpr uint16_t kElse = kTitle | kParticle | kStopWord | kPlaceCue | kPlaceName;
  const bool is_written_as_one =
      word.shape == Shape::kCapitalised || word.shape == Shape::kUpper || word.shape == Shape::kInnerUpper;
  if (!is_written_as_one || word.letters < kLeastLetters || (word.classes & kElse) != 0) return false;
  return (word.classes & kEveryday) == 0 || (word.classes & (kGivenName | kSurname)) != 0;
}

}  // namespace

struct NameTagger::Scratch::Rooms {
  std::vector<Word> words;
  std::array<WeighedWord, kWindowWords + kContextWords> weighed;  // words[i].
  WordMemo memo;
  std::array<std::array<uint32_t, kMaxPairFeatures>, kMaxRunWords> pairs;
};

NameTagger::Scratch::Scratch() : rooms_(std::make_unique<Rooms>()) {}
NameTagger::Scratch::~Scratch() = default;
NameTagger::Scratch::Scratch(Scratch&&) noexcept = default;
NameTagger::Scratch& NameTagger::Scratch::operator=(Scratch&&) noexcept = default;

// Weighs runs and writes the names in them.
class NameTagger::Finder {
 public:
  Finder(const NameModel& model, std::string_view text, float margin, Scratch::Rooms* rooms, std::vector<NameSpan>* out)
      : model_(model),
        text_(text),
        margin_steps_(static_cast<int32_t>(margin / model.step())),
        rooms_(*rooms),
        out_(*out) {}

  void OnCut(const Word& word) {
    rooms_.memo.Prefetch(word);
    model_.lexicon().Prefetch(word.plain_hash);
  }

  void OnWord(size_t index) {
    Word& word = rooms_.words[index];
    WeighedWord& weighed = rooms_.weighed[index];
    weighed.cut_hash = word.hash;
    weighed.is_summed = rooms_.memo.Find(&word, &weighed.sum);
    if (!weighed.is_summed) {
      Classify(model_.lexicon(), &word);
      LoadWordRows(model_, word, &weighed.rows);
    }
    ++steps_;
  }

  void OnShift(size_t count) {
    std::move(rooms_.weighed.begin() + static_cast<std::ptrdiff_t>(count), rooms_.weighed.end(),
              rooms_.weighed.begin());
  }

  void OnRun(size_t first, size_t count, bool overlong) {
    std::array<int, kMaxRunWords> pair_counts;
    for (size_t i = 0; i < count; ++i)
      pair_counts[i] = LoadPairRows(model_, &rooms_.words[first + i], &rooms_.pairs[i]);
    for (size_t i = first - kReach; i < first + count + kReach; ++i) Sum(i);
    std::array<Emission, kMaxRunWords> emissions;
    std::array<Gap, kMaxRunWords> gaps;
    for (size_t i = 0; i < count; ++i) {
      emissions[i] =
          EmissionOf(model_, &rooms_.weighed[first + i], {rooms_.pairs[i].data(), static_cast<size_t>(pair_counts[i])});
      gaps[i] = rooms_.words[first + i].gap;
    }
    steps_ += count;
    if (overlong) {
      for (size_t i = 0; i < count; ++i) Decide(first + i, {&emissions[i], 1}, {&gaps[i], 1});
    } else {
      Decide(first, {emissions.data(), count}, {gaps.data(), count});
    }
  }

  uint64_t steps() const { return steps_; }

 private:
  void Sum(size_t index) {
    WeighedWord& weighed = rooms_.weighed[index];
    if (weighed.is_summed) return;
    weighed.sum = SumOfRows(model_, weighed.rows);
    weighed.is_summed = true;
    rooms_.memo.Add(rooms_.words[index], weighed.cut_hash, weighed.sum);
  }

  void Decide(size_t first, std::span<Emission> emissions, std::span<const Gap> gaps) {
    std::array<uint8_t, kMaxRunWords> labels;
    const auto shift = [&](int32_t by) {
      for (Emission& emission : emissions) {
        emission.begin += by;
        emission.inside += by;
      }
    };
    shift(-margin_steps_);
    BestLabels(model_, emissions, gaps, {labels.data(), emissions.size()});
    shift(margin_steps_);
    std::array<float, kMaxRunWords> probabilities;
    bool weighed = false;
    for (size_t i = 0; i < emissions.size();) {
      if (labels[i] == kOutside) {
        ++i;
        continue;
      }
      if (!weighed) NameProbabilities(model_, emissions, gaps, {probabilities.data(), emissions.size()});
      weighed = true;
      size_t end = i + 1;
      float score = probabilities[i];
      for (; end < emissions.size() && labels[end] == kInside; ++end) score = std::min(score, probabilities[end]);
      out_.push_back({rooms_.words[first + i].start,
                      NameEnd(text_, rooms_.words[first + end - 1], rooms_.words[first + end]), score});
      i = end;
    }
  }

  const NameModel& model_;
  const std::string_view text_;
  const int32_t margin_steps_;
  Scratch::Rooms& rooms_;
  std::vector<NameSpan>& out_;
  uint64_t steps_ = 0;
};

absl::StatusOr<std::unique_ptr<const NameTagger>> NameTagger::Load(const std::string& path) {
  TF_ASSIGN_OR_RETURN(std::unique_ptr<const NameModel> model, NameModel::Load(path));
  return std::unique_ptr<const NameTagger>(new NameTagger(std::move(model)));
}

NameTagger::NameTagger(std::unique_ptr<const NameModel> model) : model_(std::move(model)) {}
NameTagger::~NameTagger() = default;

void NameTagger::Tag(std::string_view text, float margin, Scratch* scratch, std::vector<NameSpan>* out,
                     uint64_t* steps) const {
  Scratch::Rooms& rooms = *scratch->rooms_;
  rooms.memo.Prepare();
  Finder finder(*model_, text, margin, &rooms, out);
  ForEachRun(text, &rooms.words, finder);
  if (steps != nullptr) *steps += finder.steps() + text.size();
}

std::vector<std::string_view> NameTagger::WordsOf(std::string_view name) const {
  std::vector<std::string_view> words;
  WordCutter cutter(name);
  Word word;
  size_t count = 0;
  for (WordCutter::Cut cut; (cut = cutter.Next(&word)) != WordCutter::Cut::kTextEnd;) {
    if (cut != WordCutter::Cut::kWord) continue;
    ++count;
    Classify(model_->lexicon(), &word);
    if (NamesAlone(word)) words.push_back(name.substr(word.start, word.end - word.start));
  }
  if (count < 2) words.clear();
  return words;
}

}  // namespace tokenfoundry::pii
