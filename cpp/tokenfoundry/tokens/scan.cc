#include "tokenfoundry/tokens/scan_internal.h"

namespace tokenfoundry::tokens {

Scan ScanOf(Pretokenizer pretokenizer, InstructionSet build) {
  if (build > BestInstructionSet()) return nullptr;
  switch (build) {
    case InstructionSet::kAvx512:
      return avx512::ScanOf(pretokenizer);
    case InstructionSet::kAvx2:
      return avx2::ScanOf(pretokenizer);
    case InstructionSet::kSse:
      return sse::ScanOf(pretokenizer);
  }
  return nullptr;
}

Scan ScanOf(Pretokenizer pretokenizer) { return ScanOf(pretokenizer, BestInstructionSet()); }

}  // namespace tokenfoundry::tokens
