// A conditional random field over runs of words, trained by AdaGrad.
//
// The weights are laid out as the model's (names_model_internal.h), in floats. One thread; the same calls in the same
// order give the same weights to the bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenfoundry/pii/names_model_internal.h"
#include "tokenfoundry/pii/names_runs_internal.h"
#include "tokenfoundry/pii/tools/random.h"
#include "tokenfoundry/pii/tools/training_lines.h"

namespace tokenfoundry::pii {

struct LearnerOptions {
  float rate = 0.1f;           // AdaGrad's.
  float decay = 1e-5f;         // Pull towards zero, per update of a weight.
  float word_dropout = 0.2f;   // How often a word is made unknown, so that its surroundings learn to tell.
  float bias = 0.4f;           // Added to every word's names when the model is written: recall for precision.
  float class_dropout = 0.1f;  // How often the lexicon does not know it either.
};

class Learner {
 public:
  explicit Learner(const LearnerOptions& options);

  // One step on one line. `weight` scales how much the line counts. Returns the line's loss in nats.
  double Learn(const LabelledLine& line, const Lexicon& lexicon, float weight, Random* random);

  // Shrinks the rate for the epochs that remain.
  void set_rate(float rate) { rate_ = rate; }

  // Adds the weights as they stand to the mean that Quantised gives; without any, it gives the weights as they stand.
  void Accumulate();

  // Forgets the weights but not their mean: what is learnt next is averaged with what was learnt so far.
  void StartAnew();

  // Rounded to int8; `lexicon` becomes the model's.
  NameWeights Quantised(const std::string& lexicon) const;

 private:
  class Pass;
  void Update(std::vector<float>* weights, std::vector<float>* squares, size_t index, float gradient);

  const LearnerOptions options_;
  float rate_;
  std::vector<float> words_, words_squares_;
  std::vector<float> pairs_, pairs_squares_;
  std::vector<float> transitions_, transitions_squares_;
  std::vector<float> words_sum_, pairs_sum_, transitions_sum_;
  int accumulated_ = 0;
  std::vector<Word> window_;
};

}  // namespace tokenfoundry::pii
