// Which of the builds of the inner loops this CPU can run. Free functions, any thread.
#pragma once

namespace tokenfoundry::tokens {

enum class InstructionSet { kSse, kAvx2, kAvx512 };

// The widest one of this CPU. The two wider ones use the bit instructions too; whoever has BMI2 has LZCNT.
inline InstructionSet BestInstructionSet() {
  static const InstructionSet best = [] {
    const bool has_bits =
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    if (has_bits && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      return InstructionSet::kAvx512;
    }
    return has_bits && __builtin_cpu_supports("avx2") ? InstructionSet::kAvx2 : InstructionSet::kSse;
  }();
  return best;
}

}  // namespace tokenfoundry::tokens
