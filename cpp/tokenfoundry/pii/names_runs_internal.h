// The words of a text in runs: what has to be decided together, and nothing else does.
//
// A run is a longest sequence of words that could be names, joined by gaps that a name may cross. Words outside runs
// are O. A run of over kMaxRunWords is given in pieces that say so: its words are decided one by one, so that no
// decision depends on where the run began. Training and tagging see the same runs.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/names_features_internal.h"

namespace tokenfoundry::pii {

inline constexpr size_t kMaxRunWords = 40;
inline constexpr size_t kWindowWords = 256;
static_assert(kWindowWords > kMaxRunWords + 4 * kContextWords);

// The visitor is told of every word when it is cut, classifies it as words[index] a little later, and is told of every
// run when all the words around it are cut:
//   void OnCut(const Word& word);
//   void OnWord(size_t index);
//   void OnRun(size_t first, size_t count, bool overlong);
//   void OnShift(size_t count);   // words[count + i] has become words[i].
template <typename Visitor>
void ForEachRun(std::string_view text, std::vector<Word>* words, Visitor&& visitor) {
  WordCutter cutter(text);
  WordCutter::Cut cut;
  do {
    words->assign(kContextWords, Word{});
    size_t told = 0;              // The visitor knows of the words before this one.
    size_t next = kContextWords;  // The first word that is in no run yet and not known to be outside.
    size_t run = next;            // The run that is open: [run, next).
    bool overlong = false;
    const auto close = [&](size_t end) {
      if (end > run) visitor.OnRun(run, end - run, overlong);
      overlong = false;
    };
    while (true) {
      do {
        words->emplace_back();
        cut = cutter.Next(&words->back());
        if (cut == WordCutter::Cut::kWord) visitor.OnCut(words->back());
      } while (cut == WordCutter::Cut::kWord && words->size() < kWindowWords);
      if (cut != WordCutter::Cut::kWord) {
        words->back() = Word{};  // The border, and what lies beyond.
        words->back().gap = cutter.closing_gap();
        words->back().gap_hash = cutter.closing_gap_hash();
        if (words->size() == kContextWords + 1) break;
        words->resize(words->size() + kContextWords - 1);
      }
      for (; told < words->size(); ++told) {
        visitor.OnWord(told);
      }
      const size_t end = words->size() - kContextWords;
      for (; next < end; ++next) {
        const Word& candidate = (*words)[next];
        const bool can = CanBeName(candidate);
        if (!can || !Joins((*words)[next - 1], candidate)) {
          close(next);
          run = can ? next : next + 1;
        } else if (next - run == kMaxRunWords) {
          overlong = true;
          visitor.OnRun(run, next - run, true);
          run = next;
        }
      }
      if (cut != WordCutter::Cut::kWord) {
        close(next);
        break;
      }
      const size_t gone = (run < next ? run : next) - kContextWords;
      words->erase(words->begin(), words->begin() + static_cast<std::ptrdiff_t>(gone));
      visitor.OnShift(gone);
      told -= gone;
      next -= gone;
      run -= gone;
    }
  } while (cut != WordCutter::Cut::kTextEnd);
}

}  // namespace tokenfoundry::pii
