#include <malloc.h>

#include <algorithm>
#include <iostream>

#include "benchmarks/cpp/ledger/calls.h"
#include "benchmarks/cpp/ledger/measurements.h"

namespace tokenfoundry::bench {
namespace {

int64_t HeapBytes() {
  const auto info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

// Bytes per call, over a call of each consumer.
double HoldOneEach(ledger::Ledger& ledger, std::string_view name, int64_t accounts) {
  const int64_t before = HeapBytes();
  for (int64_t i = 0; i < accounts; ++i) ReserveOne(ledger, Numbered(name, i), Numbered("consumer-", i), {});
  return static_cast<double>(HeapBytes() - before) / static_cast<double>(accounts);
}

}  // namespace

void MeasureMemory(const std::string& path, int64_t accounts) {
  // Small beside what is measured: a few bytes per account.
  SmallBuffers books(path, static_cast<uint64_t>(std::clamp<int64_t>(accounts * 4, 256 << 10, 8 << 20)));
  SetBudgets(books.ledger(), {BudgetPerConsumer()});
  HoldOneEach(books.ledger(), "warm/", 1000);  // What is made once.
  const double with_account = HoldOneEach(books.ledger(), "first/", accounts);
  const double hold = HoldOneEach(books.ledger(), "second/", accounts);
  std::cout << "{\"bytes_per_account\":" << with_account - hold << ",\"bytes_per_hold\":" << hold << "}" << std::endl;
}

}  // namespace tokenfoundry::bench
