#include <algorithm>
#include <map>
#include <tuple>

#include "tokenfoundry/pii/resolve_internal.h"

namespace tokenfoundry::pii {
namespace {

bool StartsBefore(const Candidate& a, const Candidate& b) {
  return std::tuple(a.start, a.end, a.denied) < std::tuple(b.start, b.end, b.denied);
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

// Removes a denied word inside something longer: that is protected whole, the word with it. `sorted` by start.
void DropDeniedInside(std::vector<Candidate>* sorted) {
  uint32_t reach = 0;  // How far those before go that are not denied words.
  uint32_t reach_start = 0;
  std::vector<bool> inside(sorted->size());
  for (size_t i = 0; i < sorted->size(); ++i) {
    const Candidate& c = (*sorted)[i];
    if (c.denied) {
      inside[i] = c.end <= reach && (reach_start < c.start || c.end < reach);
    } else if (c.end > reach) {
      reach = c.end;
      reach_start = c.start;
    }
  }
  // One that starts where a longer one starts may have come before it.
  for (size_t i = sorted->size(); i-- > 1;) {
    const Candidate& longer = (*sorted)[i];
    for (size_t j = i; !longer.denied && j-- > 0 && (*sorted)[j].start == longer.start;) {
      if ((*sorted)[j].denied && (*sorted)[j].end < longer.end) inside[j] = true;
    }
  }
  size_t i = 0;
  std::erase_if(*sorted, [&](const Candidate&) { return inside[i++]; });
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
