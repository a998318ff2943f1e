// Trains the name tagger.
//
//   tf_train_names --corpora DIR [--corpora DIR...] --data DIR --gazetteer FILE --out FILE
//                  [--code DIR...] [--all] [--errors] [--epochs N] [--rounds N] [--seed N] [--margin LOGITS] [--fold N]
//                  [--rate R] [--decay D] [--word-dropout P] [--class-dropout P] [--bias LOGITS] [--weight CORPUS=W...]
//
// --corpora: labelled lines (training_lines.h). --data: the folder of lexicon.tsv and templates.tsv. --code: folders of
// source code, as examples without names. Without --all, part of the lines is held out and the result is measured on
// it; with
// --all everything is learnt. --fold says which seventh, 0 to 6. --errors prints every line that is tagged wrong. The
// rest are the learner's (learner.h);
// --weight counts the lines of the corpora of that prefix for so much, 0 leaves them out.
//
// The same arguments and data give the same file. About half a minute.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/pii/names_internal.h"
#include "tokenfoundry/pii/names_model_internal.h"
#include "tokenfoundry/pii/tools/augment.h"
#include "tokenfoundry/pii/tools/evaluate.h"
#include "tokenfoundry/pii/tools/learner.h"
#include "tokenfoundry/pii/tools/negatives.h"
#include "tokenfoundry/pii/tools/training_lines.h"

namespace tokenfoundry::pii {
namespace {

struct Arguments {
  std::vector<std::string> corpora;
  std::vector<std::string> code;
  std::string data;
  std::string gazetteer;
  std::string out;
  int epochs = 14;
  bool all = false;
  bool errors = false;
  float margin = 0;
  uint64_t seed = 1;
  int rounds = 1;  // Trainings whose weights are averaged.
  size_t fold = kFolds - 1;
  LearnerOptions learner;
  std::map<std::string, float> weights;  // Of corpora by prefix, instead of kShares'.
};

// How much a line of a corpus counts, and how many variants of it an epoch sees.
struct Share {
  std::string_view prefix;
  float weight;
  int variants;
};
constexpr std::array<Share, 7> kShares = {{{"written_", 1.0f, 3},
                                           {"train_", 1.0f, 5},
                                           {"wikigold", 1.0f, 2},
                                           {"wikinews", 1.0f, 2},
                                           {"germeval", 0.4f, 1},
                                           {"europeana", 0.1f, 1},
                                           {"", 0.2f, 1}}};

Share ShareOf(const Corpus& corpus) {
  return *std::find_if(kShares.begin(), kShares.end(),
                       [&](const Share& share) { return corpus.name.starts_with(share.prefix); });
}

// How often a word was met, how often in lower case, and how often so inside a name.
struct Use {
  int any = 0;
  int lower = 0;
  int lower_in_name = 0;
};

constexpr int kKnownUses = 2;

using Uses = std::unordered_map<uint64_t, Use>;  // By Word::plain_hash.

Uses UsesOf(const std::vector<Corpus>& corpora, std::string_view templates) {
  Uses uses;
  for (const Corpus& corpus : corpora) {
    for (const LabelledLine& line : corpus.training) {
      WordCutter cutter(line.text);
      Word word;
      for (WordCutter::Cut cut; (cut = cutter.Next(&word)) != WordCutter::Cut::kTextEnd;) {
        if (cut != WordCutter::Cut::kWord) continue;
        ++uses[word.plain_hash].any;
        if (word.shape != Shape::kLower && word.shape != Shape::kSingleLower) continue;
        const bool in_name = std::any_of(line.names.begin(), line.names.end(), [&](const LabelledSpan& name) {
          return word.start >= name.start && word.start < name.end;
        });
        Use& use = uses[word.plain_hash];
        ++(in_name ? use.lower_in_name : use.lower);
      }
    }
  }
  // What templates say around their slots; only as words that are met.
  for (const std::string_view line : LinesOf(templates)) {
    WordCutter cutter(line);
    Word word;
    for (WordCutter::Cut cut; (cut = cutter.Next(&word)) != WordCutter::Cut::kTextEnd;) {
      if (cut == WordCutter::Cut::kWord) uses[word.plain_hash].any += kKnownUses;
    }
  }
  return uses;
}

constexpr int kEverydayUses = 3;
// Met so often in lower case and never in a name, a word is taken for one that in lower case never is part of one: a
// word of no list, a surname, a given name.
constexpr int kStopUses = 5;
constexpr int kStopUsesOfSurname = 50;
constexpr int kStopUsesOfGivenName = 250;

absl::StatusOr<std::string> BuildLexicon(std::string_view gazetteer, std::string_view classes, const Uses& uses) {
  std::string slots(kLexiconBytes, '\0');
  const auto hash_of = [](std::string_view text, uint64_t* hash) {
    Word word;
    if (WordCutter(text).Next(&word) != WordCutter::Cut::kWord || word.end != text.size()) return false;
    *hash = word.plain_hash;
    return true;
  };
  const auto add = [&](uint64_t hash, uint16_t bits) {
    return AddToLexicon(&slots, hash, bits) ? absl::OkStatus() : absl::ResourceExhaustedError("the lexicon is full");
  };
  uint64_t hash;
  for (const std::string_view line : LinesOf(gazetteer)) {
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab + 1 >= line.size() || !hash_of(line.substr(0, tab), &hash)) continue;
    TF_RETURN_IF_ERROR(add(hash, static_cast<uint8_t>(line[tab + 1] - '0')));
  }
  const std::map<std::string_view, uint16_t> names = {{"given", kGivenName},   {"surname", kSurname},
                                                      {"title", kTitle},       {"particle", kParticle},
                                                      {"placecue", kPlaceCue}, {"placename", kPlaceName}};
  for (const std::string_view line : LinesOf(classes)) {
    const size_t tab = line.find('\t');
    const auto found = names.find(line.substr(0, tab));
    if (found == names.end())
      return absl::InvalidArgumentError(absl::StrCat("no class: ", AbslView(line.substr(0, tab))));
    for (std::string_view rest = line.substr(tab + 1); !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find('|'));
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
      if (hash_of(word, &hash)) TF_RETURN_IF_ERROR(add(hash, found->second));
    }
  }
  std::map<uint64_t, Use> ordered(uses.begin(), uses.end());  // The order of adding decides the slots.
  for (const auto& [word, use] : ordered) {
    if (use.any >= kKnownUses) TF_RETURN_IF_ERROR(add(word, kKnown));
    if (use.lower < kEverydayUses) continue;
    TF_RETURN_IF_ERROR(add(word, kEveryday));
    const uint16_t known = Lexicon(reinterpret_cast<const uint8_t*>(slots.data())).Find(word);
    const int enough = (known & kGivenName) != 0 ? kStopUsesOfGivenName
                       : (known & kSurname) != 0 ? kStopUsesOfSurname
                                                 : kStopUses;
    if (use.lower >= enough && use.lower_in_name == 0 && (known & kParticle) == 0)
      TF_RETURN_IF_ERROR(add(word, kStopWord));
  }
  return slots;
}

struct Example {
  LabelledLine line;
  float weight;
};

class Trainer {
 public:
  explicit Trainer(const Arguments& arguments) : arguments_(arguments), random_(arguments.seed) {}

  absl::Status Run() {
    TF_RETURN_IF_ERROR(Read());
    const LearnerOptions& options = arguments_.learner;
    Learner learner(options);
    for (int round = 0; round < arguments_.rounds; ++round) {
      learner.StartAnew();
      for (int epoch = 0; epoch < arguments_.epochs; ++epoch) {
        learner.set_rate(options.rate *
                         (1.0f - 0.85f * static_cast<float>(epoch) / static_cast<float>(arguments_.epochs)));
        std::vector<Example> examples = Examples();
        double loss = 0;
        for (const Example& example : examples) {
          loss += learner.Learn(example.line, Lexicon(reinterpret_cast<const uint8_t*>(lexicon_.data())),
                                example.weight, &random_);
        }
        if (2 * epoch >= arguments_.epochs) learner.Accumulate();
        std::fprintf(stderr, "round %d, epoch %d: %zu lines, loss %.0f\n", round + 1, epoch + 1, examples.size(), loss);
      }
    }
    std::ofstream file(arguments_.out, std::ios::binary | std::ios::trunc);
    const std::string model = EncodeNameModel(learner.Quantised(lexicon_));
    file.write(model.data(), static_cast<std::streamsize>(model.size()));
    file.close();
    if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", arguments_.out));
    return Report();
  }

 private:
  absl::Status Read() {
    for (const std::string& folder : arguments_.corpora) {
      TF_ASSIGN_OR_RETURN(std::vector<Corpus> more, ReadCorpora(folder, !arguments_.all, arguments_.fold));
      for (Corpus& corpus : more) {
        if (corpus.name.starts_with("europeana")) CleanOldPrint(&corpus);
        corpora_.push_back(std::move(corpus));
      }
    }
    TF_ASSIGN_OR_RETURN(const std::string gazetteer, ReadWholeFile(arguments_.gazetteer));
    TF_ASSIGN_OR_RETURN(const std::string classes, ReadWholeFile(arguments_.data + "/lexicon.tsv"));
    TF_ASSIGN_OR_RETURN(const std::string templates, ReadWholeFile(arguments_.data + "/templates.tsv"));
    TF_ASSIGN_OR_RETURN(templates_, Templates::Parse(templates));
    TF_ASSIGN_OR_RETURN(lexicon_, BuildLexicon(gazetteer, classes, UsesOf(corpora_, templates)));
    pool_ = PoolOf(corpora_, gazetteer);
    for (const std::string& folder : arguments_.code) {
      for (std::string& line : CodeLines(folder, false, kCodeBytes)) code_.push_back(std::move(line));
      for (const std::string& line : CodeLines(folder, true, kCodeBytes / 4)) held_out_code_ += line + "\n";
    }
    return absl::OkStatus();
  }

  // What one epoch learns from, in random order.
  std::vector<Example> Examples() {
    std::vector<Example> examples;
    for (const Corpus& corpus : corpora_) {
      Share share = ShareOf(corpus);
      for (const auto& [prefix, weight] : arguments_.weights) {
        if (corpus.name.starts_with(prefix)) share.weight = weight;
      }
      if (share.weight <= 0) continue;
      for (const LabelledLine& line : corpus.training) {
        for (int variant = 0; variant < share.variants; ++variant) {
          const LabelledLine renamed =
              random_.Chance(variant == 0 ? 0.15 : 0.5) ? WithOtherNames(line, pool_, &random_) : line;
          examples.push_back({variant == 0 ? renamed : WithOtherCase(renamed, &random_), share.weight});
          if (share.variants == 1) examples.back().line = WithOtherCase(renamed, &random_);
        }
      }
    }
    for (LabelledLine& line : templates_.Fill(pool_, &random_))
      examples.push_back({WithOtherCase(line, &random_), 0.7f});
    for (size_t i = 0; i < kCodeLines && !code_.empty(); ++i) examples.push_back({{random_.Pick(code_), {}}, 1.0f});
    for (const std::string& line : LogLines(kLogLinesTrained, &random_)) examples.push_back({{line, {}}, 1.0f});
    random_.Shuffle(&examples);
    return examples;
  }

  absl::Status Report() const {
    TF_ASSIGN_OR_RETURN(const auto tagger, NameTagger::Load(arguments_.out));
    std::printf("%-22s %6s %6s | %6s %6s %6s | %6s\n", "corpus", "gold", "found", "P", "R", "F1", "exact");
    const auto print = [](const std::string& name, const Tally& tally) {
      if (tally.gold + tally.found == 0) return;
      std::printf("%-22s %6d %6d | %6.3f %6.3f %6.3f | %6.3f\n", name.c_str(), tally.gold, tally.found,
                  tally.overlap_precision(), tally.overlap_recall(), tally.overlap_f1(), tally.exact_f1());
    };
    std::string prose;
    std::map<std::string, Tally> groups;
    for (const Corpus& corpus : corpora_) {
      const Tally tally = Evaluate(*tagger, corpus.development, arguments_.margin);
      print(corpus.name, tally);
      const bool written = corpus.name.starts_with("written_") || corpus.name.starts_with("train_");
      if (written) groups["all written " + corpus.name.substr(corpus.name.find('_') + 1, 2)].Add(tally);
      if (written) groups["all written"].Add(tally);
      for (const LabelledLine& line : corpus.development) prose += written ? line.text + " " : "";
      if (arguments_.errors) PrintErrors(*tagger, corpus, arguments_.margin);
      if (!written || corpus.development.empty()) continue;
      std::vector<LabelledLine> small, capitals;
      for (const LabelledLine& line : corpus.development) {
        small.push_back({LowerCase(line.text), line.names});
        capitals.push_back({UpperCase(line.text), line.names});
      }
      const auto same_sizes = [&](std::vector<LabelledLine>* lines) {
        std::vector<LabelledLine> kept;
        for (size_t i = 0; i < lines->size(); ++i) {
          if ((*lines)[i].text.size() == corpus.development[i].text.size()) kept.push_back((*lines)[i]);
        }
        return kept;
      };
      groups["written, lower case"].Add(Evaluate(*tagger, same_sizes(&small), arguments_.margin));
      groups["written, ALL CAPS"].Add(Evaluate(*tagger, same_sizes(&capitals), arguments_.margin));
    }
    for (const auto& [name, tally] : groups) print(name, tally);
    PrintSweep(*tagger);
    Random random(99);
    std::string logs;
    for (const std::string& line : LogLines(20000, &random)) logs += line + "\n";
    const auto measure = [&](const char* name, const std::string& text) {
      const Speed speed = Measure(*tagger, text, arguments_.margin);
      std::printf("%-22s %.1f us/KB, %.0f names/MB (%zu bytes)\n", name, speed.us_per_kb, speed.names_per_mb,
                  text.size());
    };
    if (!prose.empty()) measure("prose", prose);
    if (!held_out_code_.empty()) measure("code held out", held_out_code_);
    measure("logs", logs);
    return absl::OkStatus();
  }

  // Counts at several margins, to be summed over folds.
  void PrintSweep(const NameTagger& tagger) const {
    for (const std::string_view kind : {"train", "chat", "news", "hard", "notes", "bait", "written"}) {
      for (int quarter = -4; quarter <= 4; ++quarter) {
        const float margin = arguments_.margin + 0.25f * static_cast<float>(quarter);
        Tally tally;
        for (const Corpus& corpus : corpora_) {
          const bool written = corpus.name.starts_with("written_") || corpus.name.starts_with("train_");
          if (written && corpus.name.find(kind) != std::string::npos)
            tally.Add(Evaluate(tagger, corpus.development, margin));
        }
        if (tally.gold + tally.found == 0) continue;
        std::printf("sweep %s %+.2f %d %d %d %d %d\n", std::string{kind}.c_str(), margin, tally.gold, tally.found,
                    tally.gold_overlapped, tally.found_overlapping, tally.exact);
      }
    }
  }

  static constexpr size_t kCodeBytes = 4'000'000;  // Of each folder.
  static constexpr size_t kCodeLines = 20000;      // An epoch.
  static constexpr size_t kLogLinesTrained = 4000;

  const Arguments arguments_;
  Random random_;
  std::vector<Corpus> corpora_;
  NamePool pool_;
  Templates templates_;
  std::string lexicon_;
  std::vector<std::string> code_;
  std::string held_out_code_;
};

bool Parse(int argc, char** argv, Arguments* arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--all") {
      arguments->all = true;
      continue;
    }
    if (name == "--errors") {
      arguments->errors = true;
      continue;
    }
    if (++i == argc) return false;
    if (name == "--corpora") {
      arguments->corpora.emplace_back(argv[i]);
    } else if (name == "--code") {
      arguments->code.emplace_back(argv[i]);
    } else if (name == "--data") {
      arguments->data = argv[i];
    } else if (name == "--gazetteer") {
      arguments->gazetteer = argv[i];
    } else if (name == "--out") {
      arguments->out = argv[i];
    } else if (name == "--epochs") {
      arguments->epochs = std::atoi(argv[i]);
    } else if (name == "--rounds") {
      arguments->rounds = std::atoi(argv[i]);
    } else if (name == "--seed") {
      arguments->seed = static_cast<uint64_t>(std::atoll(argv[i]));
    } else if (name == "--fold") {
      arguments->fold = static_cast<size_t>(std::atoll(argv[i]));
    } else if (name == "--rate") {
      arguments->learner.rate = static_cast<float>(std::atof(argv[i]));
    } else if (name == "--decay") {
      arguments->learner.decay = static_cast<float>(std::atof(argv[i]));
    } else if (name == "--bias") {
      arguments->learner.bias = static_cast<float>(std::atof(argv[i]));
    } else if (name == "--word-dropout") {
      arguments->learner.word_dropout = static_cast<float>(std::atof(argv[i]));
    } else if (name == "--class-dropout") {
      arguments->learner.class_dropout = static_cast<float>(std::atof(argv[i]));
    } else if (name == "--weight") {
      const std::string_view value = argv[i];
      const size_t equals = value.find('=');
      if (equals == std::string_view::npos) return false;
      arguments->weights[std::string{value.substr(0, equals)}] = static_cast<float>(std::atof(argv[i] + equals + 1));
    } else if (name == "--margin") {
      arguments->margin = static_cast<float>(std::atof(argv[i]));
    } else {
      return false;
    }
  }
  return !arguments->corpora.empty() && !arguments->data.empty() && !arguments->gazetteer.empty() &&
         !arguments->out.empty() && arguments->epochs > 0;
}

}  // namespace
}  // namespace tokenfoundry::pii

int main(int argc, char** argv) {
  tokenfoundry::pii::Arguments arguments;
  if (!tokenfoundry::pii::Parse(argc, argv, &arguments)) {
    std::fputs(
        "usage: tf_train_names --corpora DIR... --data DIR --gazetteer FILE --out FILE [--code DIR...] [--epochs N] "
        "[--rounds N] [--seed N] "
        "[--margin LOGITS] [--all] [--errors]\n",
        stderr);
    return 2;
  }
  const absl::Status status = tokenfoundry::pii::Trainer(arguments).Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "train_names: %s\n", status.ToString().c_str());
  return 1;
}
