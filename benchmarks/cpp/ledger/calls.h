// The calls that the driver makes: the same five budgets, amounts and details as `ledger_rivals/workload.py`.
//
// Everything here that knows the ledger's own types; the measurements only time it. A failed call ends the process with
// its status on stderr: a benchmark of wrong answers tells nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/books/books.h"

namespace tokenfoundry::bench {

constexpr int64_t kNow_ms = 1'780'000'000'000;  // When every call begins and ends.

std::unique_ptr<books::Books> OpenBooks(const std::string& path, bool power = false);

// A ledger without an audit log, whose store keeps little in memory.
class SmallBuffers {
 public:
  SmallBuffers(const std::string& path, uint64_t write_buffer_bytes);
  ledger::Ledger& ledger() { return *ledger_; }

 private:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

// `count` monthly budgets in money that match every call and never refuse it.
std::vector<ledger::Budget> MatchingBudgets(int count);

// One budget with an account for each consumer.
ledger::Budget BudgetPerConsumer();

void SetBudgets(ledger::Ledger& ledger, const std::vector<ledger::Budget>& budgets);

// Text that RocksDB compresses little, another one for each number, as what a gateway tells of its calls.
constexpr size_t kAsked_bytes = 100, kTold_bytes = 600;
std::string_view Detail(int64_t number, size_t bytes);

// `consumer` and the other axes name the caller as a gateway does.
void ReserveOne(ledger::Ledger& ledger, const std::string& id, const std::string& consumer, std::string_view detail);
void SettleOne(ledger::Ledger& ledger, const std::string& id, std::string_view detail);

// `name` and `number` beside each other.
std::string Numbered(std::string_view name, int64_t number);

// The accounts hold nothing, have `pairs` settled calls posted, and are the sum of their entries.
void CheckBooks(books::Books& books, uint64_t pairs);

// Process CPU, wall clock.
int64_t CpuNow_ns();
int64_t WallNow_ns();

}  // namespace tokenfoundry::bench
