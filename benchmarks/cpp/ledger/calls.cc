#include "benchmarks/cpp/ledger/calls.h"

#include <time.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <utility>
#include <variant>

namespace tokenfoundry::bench {
namespace {

using ledger::Axis;

constexpr ledger::Amounts kWorst{1'500'000, 2'000, 1};
constexpr ledger::Amounts kActual{900'000, 1'200, 1};

[[noreturn]] void Fail(const std::string& cause) {
  std::cerr << "tf_bench_ledger: " << cause << "\n";
  std::exit(1);
}

void Must(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

template <typename Value>
Value Must(absl::StatusOr<Value> value) {
  Must(value.status());
  return *std::move(value);
}

int64_t Clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

ledger::Axes CallersAxes(const std::string& consumer) {
  ledger::Axes axes;
  const auto set = [&](Axis axis, const std::string& value) { axes[static_cast<size_t>(axis)] = value; };
  set(Axis::kWorkspace, "w");
  set(Axis::kProject, "claims");
  set(Axis::kConsumer, consumer);
  set(Axis::kKey, "k1");
  set(Axis::kModel, "gpt-4o-mini");
  set(Axis::kRegion, "us");
  set(Axis::kEnv, "prod");
  return axes;
}

ledger::Budget Monthly(const std::string& name) {
  auto utc = std::make_shared<ledger::Zone>();
  utc->name = "UTC";
  utc->transitions = {{0, 0}};
  ledger::Budget budget;
  budget.name = name;
  budget.window.kind = ledger::WindowKind::kMonthly;
  budget.window.zone = std::move(utc);
  budget.hard = int64_t{1} << 60;
  return budget;
}

}  // namespace

std::unique_ptr<books::Books> OpenBooks(const std::string& path, bool power) {
  books::BooksOptions options;
  options.path = path;
  options.durability = power ? store::Durability::kPower : store::Durability::kProcess;
  options.now_ms = kNow_ms;
  return Must(books::Books::Open(options));
}

SmallBuffers::SmallBuffers(const std::string& path, uint64_t write_buffer_bytes) {
  store::StoreOptions options;
  options.path = path;
  options.families = ledger::Ledger::Families();
  options.write_buffer_bytes = write_buffer_bytes;
  options.block_cache_bytes = 1 << 20;
  store_ = Must(store::Store::Open(std::move(options)));
  ledger_ = Must(ledger::Ledger::Open({store_.get(), nullptr, kNow_ms}));
}

std::vector<ledger::Budget> MatchingBudgets(int count) {
  std::vector<ledger::Budget> budgets;
  for (int i = 0; i < count; ++i) {
    budgets.push_back(Monthly(Numbered("b", i)));
    budgets.back().calls.match[static_cast<size_t>(Axis::kProject)] = {"claims", "motor"};
  }
  return budgets;
}

ledger::Budget BudgetPerConsumer() {
  ledger::Budget budget = Monthly("consumers");
  budget.calls.each = {Axis::kConsumer};
  return budget;
}

void SetBudgets(ledger::Ledger& ledger, const std::vector<ledger::Budget>& budgets) {
  Must(ledger.SetBudgets(budgets, kNow_ms).status());
}

std::string_view Detail(int64_t number, size_t bytes) {
  static const std::string text = [] {
    std::mt19937 draw(1);
    std::string hex(1 << 20, ' ');
    for (char& digit : hex) digit = "0123456789abcdef"[draw() % 16];
    return hex;
  }();
  return std::string_view(text).substr(static_cast<size_t>(number) * 997 % (text.size() - bytes), bytes);
}

void ReserveOne(ledger::Ledger& ledger, const std::string& id, const std::string& consumer, std::string_view detail) {
  const auto reserved =
      Must(ledger.Reserve({id, kWorst, CallersAxes(consumer), std::nullopt, kNow_ms, std::string(detail)}));
  if (!std::holds_alternative<ledger::Hold>(reserved.outcome)) Fail(id + " was refused");
}

void SettleOne(ledger::Ledger& ledger, const std::string& id, std::string_view detail) {
  Must(ledger.Settle({id, kActual, {}, 0, std::string(detail), kNow_ms}).status());
}

void CheckBooks(books::Books& books, uint64_t pairs) {
  for (const ledger::Balance& balance : Must(books.ledger().Balances(kNow_ms))) {
    if (balance.held != 0) Fail(balance.budget + " still holds something");
    if (balance.posted != static_cast<int64_t>(pairs) * kActual[0]) Fail(balance.budget + " has another sum posted");
  }
  const auto verified = Must(books.Verify());
  if (!verified.problem.empty()) Fail(verified.problem);
}

std::string Numbered(std::string_view name, int64_t number) {
  std::string text(name);
  return text += std::to_string(number);
}

int64_t CpuNow_ns() { return Clock_ns(CLOCK_PROCESS_CPUTIME_ID); }
int64_t WallNow_ns() { return Clock_ns(CLOCK_MONOTONIC); }

}  // namespace tokenfoundry::bench
