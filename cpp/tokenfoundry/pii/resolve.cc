#include <algorithm>
#include <map>
#include <tuple>

#include "tokenfoundry/pii/resolve_internal.h"

namespace tokenfoundry::pii {
namespace {

bool StartsBefore(const Candidate& a, const Candidate& b) { return a.start < b.start; }

bool Wins(const Candidate& a, const Candidate& b) {
  const auto rank = [](const Candidate& c) {
    return std::tuple(!c.validated, -int64_t{c.end - c.start}, c.start, c.entity, -c.score);
  };
  return rank(a) < rank(b);
}

bool AnyOverlap(const std::vector<Candidate>& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end(),
                            [](const Candidate& a, const Candidate& b) { return b.start < a.end; }) != sorted.end();
}

}  // namespace

void Resolve(std::vector<Candidate>* candidates) {
  std::sort(candidates->begin(), candidates->end(), StartsBefore);
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
