#include <algorithm>
#include <map>
#include <tuple>

#include "tokenfoundry/pii/resolve_internal.h"

namespace tokenfoundry::pii {
namespace {

// By start; of those that start together the longer first, and denied words last.
bool StartsBefore(const Candidate& a, const Candidate& b) {
  return std::tuple(a.start, b.end, a.denied) < std::tuple(b.start, a.end, b.denied);
}

bool Wins(const Candidate& a, const Candidate& b) {
  const auto rank = [](const Candidate& c) {
    return std::tuple(c.proof, -int64_t{c.end - c.start}, -c.score, c.start, c.entity, c.cue.start, c.cue.end);
  };
  return rank(a) < rank(b);
}

bool AnyOverlap(const std::vector<Candidate>& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end(),
                            [](const Candidate& a, const Candidate& b) { return b.start < a.end; }) != sorted.end();
}

// Removes a denied word inside something longer: that is protected whole, the word with it. `sorted` by StartsBefore.
void DropDeniedInside(std::vector<Candidate>* sorted) {
  Extent longest;  // Of those before that are not denied words, the one that goes furthest.
  std::erase_if(*sorted, [&](const Candidate& c) {
    if (c.denied) return c.end <= longest.end && (longest.start < c.start || c.end < longest.end);
    if (c.end > longest.end) longest = {c.start, c.end};
    return false;
  });
}

}  // namespace

void Resolve(std::vector<Candidate>* candidates) {
  std::sort(candidates->begin(), candidates->end(), StartsBefore);
  DropDeniedInside(candidates);
  if (!AnyOverlap(*candidates)) return;

  std::sort(candidates->begin(), candidates->end(), Wins);
  std::map<uint32_t, uint32_t> taken;  // Start to end of what stays; disjoint.
  const auto is_free = [&](const Candidate& candidate) {
    const auto next = taken.lower_bound(candidate.start);
    if (next != taken.end() && next->first < candidate.end) return false;
    return next == taken.begin() || std::prev(next)->second <= candidate.start;
  };
  std::vector<Candidate> kept;
  for (const Candidate& candidate : *candidates) {
    if (!is_free(candidate)) continue;
    taken.emplace(candidate.start, candidate.end);
    kept.push_back(candidate);
  }
  std::sort(kept.begin(), kept.end(), StartsBefore);
  *candidates = std::move(kept);
}

}  // namespace tokenfoundry::pii
