#include <unistd.h>

#include <iostream>

#include "benchmarks/cpp/ledger/calls.h"
#include "benchmarks/cpp/ledger/measurements.h"

namespace tokenfoundry::bench {

constexpr int64_t kOpenHolds = 64;  // What calls under way leave behind.

void Fill(const std::string& path, int64_t entries) {
  const int64_t begin_ns = WallNow_ns();
  const auto books = OpenBooks(path);
  auto budgets = MatchingBudgets(1);
  budgets.push_back(BudgetPerConsumer());
  SetBudgets(books->ledger(), budgets);
  for (int64_t i = 0; i < entries; ++i) {
    const std::string id = Numbered("call/", i);
    ReserveOne(books->ledger(), id, Numbered("c", i % 1000), Detail(i, kAsked_bytes));
    SettleOne(books->ledger(), id, Detail(i, kTold_bytes));
  }
  for (int64_t i = 0; i < kOpenHolds; ++i) {
    ReserveOne(books->ledger(), Numbered("open/", i), Numbered("c", i), Detail(i, kAsked_bytes));
  }
  std::cout << "{\"seconds\":" << static_cast<double>(WallNow_ns() - begin_ns) / 1e9 << "}" << std::endl;
  _exit(0);  // Nothing is closed: the next opening replays the log as after a kill.
}

void MeasureOpening(const std::string& path) {
  const int64_t begin_ns = WallNow_ns();
  const auto books = OpenBooks(path);
  const int64_t took_ns = WallNow_ns() - begin_ns;
  std::cout << "{\"seconds\":" << static_cast<double>(took_ns) / 1e9 << ",\"entries\":" << books->ledger().size() << "}"
            << std::endl;
}

}  // namespace tokenfoundry::bench
