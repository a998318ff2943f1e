#include "tokenfoundry/pii/tools/learner.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tokenfoundry::pii {
namespace {

constexpr float kFirstSquare = 1e-2f;  // AdaGrad's sum of squares before the first update.
constexpr float kStep = 1.0f / 16;     // Logits a unit of an int8 weight stands for: weights reach +-7.9.
constexpr float kNegligible = 1e-4f;

using Labels = std::array<double, kLabels>;

double LogSum(const Labels& terms) {
  const double top = std::max({terms[0], terms[1], terms[2]});
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - top);
  return top + std::log(sum);
}

int8_t Rounded(float weight) { return static_cast<int8_t>(std::clamp(std::lround(weight / kStep), -127L, 127L)); }

}  // namespace

Learner::Learner(const LearnerOptions& options)
    : options_(options),
      rate_(options.rate),
      words_(size_t{kWordRows} * kWordRowWeights),
      words_squares_(words_.size(), kFirstSquare),
      pairs_(size_t{kPairRows} * kPairRowWeights),
      pairs_squares_(pairs_.size(), kFirstSquare),
      transitions_(kTransitions),
      transitions_squares_(kTransitions, kFirstSquare) {}

void Learner::Update(std::vector<float>* weights, std::vector<float>* squares, size_t index, float gradient) {
  float& weight = (*weights)[index];
  float& square = (*squares)[index];
  square += gradient * gradient;
  weight -= rate_ / std::sqrt(square) * (gradient + options_.decay * weight);
}

// The runs of one line, each a step.
class Learner::Pass {
 public:
  Pass(Learner* learner, const LabelledLine& line, const Lexicon& lexicon, float weight, Random* random)
      : learner_(*learner), line_(line), lexicon_(lexicon), weight_(weight), random_(*random) {}

  void OnCut(const Word& word) { lexicon_.Prefetch(word.plain_hash); }

  void OnWord(size_t index) {
    Word& word = learner_.window_[index];
    Classify(lexicon_, &word);
    if (word.shape == Shape::kNothing || (word.classes & kStopWord) != 0) return;
    if (!random_.Chance(learner_.options_.word_dropout)) return;
    word.hash = kUnknownWord;
    if (random_.Chance(learner_.options_.class_dropout / learner_.options_.word_dropout)) {
      word.classes = static_cast<uint16_t>(word.classes & ~(kGivenName | kSurname | kEveryday));
    }
  }

  void OnShift(size_t) {}

  void OnRun(size_t first, size_t count, bool overlong) {
    if (overlong) return;
    count_ = count;
    Collect(first);
    Weigh();
    const double log_total = ForwardBackward();
    for (size_t i = 0; i < count_; ++i) loss_ -= emission_[i][gold_[i]];
    for (size_t i = 1; i < count_; ++i) loss_ -= Transition(i, gold_[i - 1], gold_[i]);
    loss_ += log_total;
    Step(log_total);
  }

  double loss() const { return loss_; }

 private:
  struct Features {
    std::array<uint32_t, kMaxWordFeatures> rows;
    int count;
  };

  // The label of words_[index] in the gold spans: a word belongs to a name if it begins inside it.
  uint8_t GoldOf(const Word& word) const {
    for (const LabelledSpan& name : line_.names) {
      if (word.start < name.start && word.end > name.start) return kBegin;
      if (word.start < name.start || word.start >= name.end) continue;
      return word.start == name.start ? kBegin : kInside;
    }
    return kOutside;
  }

  void Collect(size_t first) {
    const std::vector<Word>& words = learner_.window_;
    features_.resize(count_ + 2 * kReach);
    for (size_t i = 0; i < features_.size(); ++i) {
      features_[i].count = WordFeatures(words[first + i - kReach], &features_[i].rows);
    }
    pairs_.resize(count_);
    for (size_t i = 0; i < count_; ++i) {
      gaps_[i] = words[first + i].gap;
      pair_counts_[i] = PairFeatures(&words[first + i], &pairs_[i]);
      gold_[i] = GoldOf(words[first + i]);
      // A name whose first words are outside the run begins where the run does.
      if (gold_[i] == kInside && (i == 0 || gold_[i - 1] == kOutside)) gold_[i] = kBegin;
    }
  }

  static size_t WordWeight(uint32_t row, int place, int label) {
    return size_t{row} * kWordRowWeights + static_cast<size_t>(2 * (place + kReach) + label - 1);
  }

  void Weigh() {
    for (size_t i = 0; i < count_; ++i) {
      emission_[i] = {0, 0, 0};
      for (int label = kBegin; label <= kInside; ++label) {
        double sum = 0;
        for (int place = -kReach; place <= kReach; ++place) {
          const Features& features = features_[i + static_cast<size_t>(place + kReach)];
          for (int f = 0; f < features.count; ++f) sum += learner_.words_[WordWeight(features.rows[f], place, label)];
        }
        for (int f = 0; f < pair_counts_[i]; ++f) sum += learner_.pairs_[size_t{pairs_[i][f]} * 2 + label - 1];
        emission_[i][label] = sum;
      }
    }
    emission_[0][kInside] = -1e9;
  }

  double Transition(size_t i, int before, int label) const {
    if (label == kInside && before == kOutside) return -1e9;
    return learner_.transitions_[TransitionIndex(gaps_[i], before, label)];
  }

  double ForwardBackward() {
    forward_[0] = emission_[0];
    for (size_t i = 1; i < count_; ++i) {
      for (int label = 0; label < kLabels; ++label) {
        Labels terms;
        for (int before = 0; before < kLabels; ++before)
          terms[before] = forward_[i - 1][before] + Transition(i, before, label);
        forward_[i][label] = LogSum(terms) + emission_[i][label];
      }
    }
    backward_[count_ - 1] = {0, 0, 0};
    for (size_t i = count_ - 1; i > 0; --i) {
      for (int before = 0; before < kLabels; ++before) {
        Labels terms;
        for (int label = 0; label < kLabels; ++label) {
          terms[label] = Transition(i, before, label) + emission_[i][label] + backward_[i][label];
        }
        backward_[i - 1][before] = LogSum(terms);
      }
    }
    return LogSum(forward_[count_ - 1]);
  }

  void Step(double log_total) {
    for (size_t i = 1; i < count_; ++i) {
      for (int before = 0; before < kLabels; ++before) {
        for (int label = 0; label < kLabels; ++label) {
          if (label == kInside && before == kOutside) continue;
          double gradient = std::exp(forward_[i - 1][before] + Transition(i, before, label) + emission_[i][label] +
                                     backward_[i][label] - log_total);
          if (gold_[i - 1] == before && gold_[i] == label) gradient -= 1;
          transition_gradients_[i][before * kLabels + label] = static_cast<float>(gradient) * weight_;
        }
      }
    }
    for (size_t i = 0; i < count_; ++i) {
      for (int label = kBegin; label <= kInside; ++label) {
        double gradient = std::exp(forward_[i][label] + backward_[i][label] - log_total);
        if (gold_[i] == label) gradient -= 1;
        StepEmission(i, label, static_cast<float>(gradient) * weight_);
      }
    }
    for (size_t i = 1; i < count_; ++i) {
      for (int before = 0; before < kLabels; ++before) {
        for (int label = 0; label < kLabels; ++label) {
          const float gradient = transition_gradients_[i][before * kLabels + label];
          if (label == kInside && before == kOutside) continue;
          if (std::abs(gradient) < kNegligible) continue;
          learner_.Update(&learner_.transitions_, &learner_.transitions_squares_,
                          static_cast<size_t>(TransitionIndex(gaps_[i], before, label)), gradient);
        }
      }
    }
  }

  void StepEmission(size_t i, int label, float gradient) {
    if (std::abs(gradient) < kNegligible) return;
    for (int place = -kReach; place <= kReach; ++place) {
      const Features& features = features_[i + static_cast<size_t>(place + kReach)];
      for (int f = 0; f < features.count; ++f) {
        learner_.Update(&learner_.words_, &learner_.words_squares_, WordWeight(features.rows[f], place, label),
                        gradient);
      }
    }
    for (int f = 0; f < pair_counts_[i]; ++f) {
      learner_.Update(&learner_.pairs_, &learner_.pairs_squares_, size_t{pairs_[i][f]} * 2 + label - 1, gradient);
    }
  }

  Learner& learner_;
  const LabelledLine& line_;
  const Lexicon& lexicon_;
  const float weight_;
  Random& random_;
  double loss_ = 0;
  size_t count_ = 0;
  std::vector<Features> features_;
  std::vector<std::array<uint32_t, kMaxPairFeatures>> pairs_;
  std::array<int, kMaxRunWords> pair_counts_;
  std::array<Gap, kMaxRunWords> gaps_;
  std::array<uint8_t, kMaxRunWords> gold_;
  std::array<Labels, kMaxRunWords> emission_, forward_, backward_;
  std::array<std::array<float, kLabels * kLabels>, kMaxRunWords> transition_gradients_;
};

double Learner::Learn(const LabelledLine& line, const Lexicon& lexicon, float weight, Random* random) {
  Pass pass(this, line, lexicon, weight, random);
  ForEachRun(line.text, &window_, pass);
  return pass.loss();
}

void Learner::Accumulate() {
  const auto add = [](const std::vector<float>& weights, std::vector<float>* sum) {
    sum->resize(weights.size());
    for (size_t i = 0; i < weights.size(); ++i) (*sum)[i] += weights[i];
  };
  add(words_, &words_sum_);
  add(pairs_, &pairs_sum_);
  add(transitions_, &transitions_sum_);
  ++accumulated_;
}

void Learner::StartAnew() {
  for (std::vector<float>* weights : {&words_, &pairs_, &transitions_}) std::fill(weights->begin(), weights->end(), 0);
  for (std::vector<float>* squares : {&words_squares_, &pairs_squares_, &transitions_squares_}) {
    std::fill(squares->begin(), squares->end(), kFirstSquare);
  }
}

NameWeights Learner::Quantised(const std::string& lexicon) const {
  NameWeights weights;
  weights.step = kStep;
  weights.bias = options_.bias;
  weights.lexicon = lexicon;
  const bool mean = accumulated_ > 0;
  const float scale = mean ? 1.0f / static_cast<float>(accumulated_) : 1.0f;
  const std::vector<float>& transitions = mean ? transitions_sum_ : transitions_;
  for (size_t i = 0; i < transitions.size(); ++i) {
    weights.transitions[i] =
        static_cast<int16_t>(std::clamp(std::lround(transitions[i] * scale / kStep), -4000L, 4000L));
  }
  for (const float weight : mean ? words_sum_ : words_)
    weights.words.push_back(static_cast<char>(Rounded(weight * scale)));
  for (const float weight : mean ? pairs_sum_ : pairs_)
    weights.pairs.push_back(static_cast<char>(Rounded(weight * scale)));
  return weights;
}

}  // namespace tokenfoundry::pii
