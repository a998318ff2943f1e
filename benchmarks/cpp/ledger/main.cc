// The ledger's core alone, without Python; bench_ledger.py runs it and reads what it prints.
//
//   tf_bench_ledger pairs PATH THREADS PAIRS process|power
//   tf_bench_ledger fill PATH ENTRIES
//   tf_bench_ledger open PATH
//   tf_bench_ledger memory PATH ACCOUNTS
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "benchmarks/cpp/ledger/measurements.h"

int main(int argc, char** argv) {
  using namespace tokenfoundry::bench;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words[0];
  const auto number = [&](size_t at) { return std::atoll(words[at].c_str()); };
  if (what == "pairs" && words.size() == 5) {
    MeasurePairs(words[1], static_cast<int>(number(2)), number(3), words[4] == "power");
  } else if (what == "fill" && words.size() == 3) {
    Fill(words[1], number(2));
  } else if (what == "open" && words.size() == 2) {
    MeasureOpening(words[1]);
  } else if (what == "memory" && words.size() == 3) {
    MeasureMemory(words[1], number(2));
  } else {
    std::cerr << "usage: see the top of benchmarks/cpp/ledger/main.cc\n";
    return 2;
  }
  return 0;
}
