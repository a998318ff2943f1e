#include <algorithm>
#include <iostream>
#include <thread>
#include <vector>

#include "benchmarks/cpp/ledger/calls.h"
#include "benchmarks/cpp/ledger/measurements.h"

namespace tokenfoundry::bench {
namespace {

constexpr int kBudgets = 5;

// Wall ns of each of its pairs.
std::vector<int64_t> RunPairs(ledger::Ledger& ledger, int thread, int64_t pairs) {
  std::vector<int64_t> took_ns;
  took_ns.reserve(static_cast<size_t>(pairs));
  const std::string prefix = Numbered("call/", thread) + "/";
  for (int64_t i = 0; i < pairs; ++i) {
    const std::string id = Numbered(prefix, i);
    const int64_t begin_ns = WallNow_ns();
    ReserveOne(ledger, id, "c", Detail(i, kAsked_bytes));
    SettleOne(ledger, id, Detail(i, kTold_bytes));
    took_ns.push_back(WallNow_ns() - begin_ns);
  }
  return took_ns;
}

double Percentile_us(const std::vector<int64_t>& sorted_ns, double part) {
  const auto at = static_cast<size_t>(part * static_cast<double>(sorted_ns.size() - 1));
  return static_cast<double>(sorted_ns[at]) / 1e3;
}

}  // namespace

void MeasurePairs(const std::string& path, int threads, int64_t pairs, bool power) {
  const auto books = OpenBooks(path, power);
  SetBudgets(books->ledger(), MatchingBudgets(kBudgets));
  std::vector<std::vector<int64_t>> took_ns(static_cast<size_t>(threads));
  const int64_t cpu_ns = CpuNow_ns(), wall_ns = WallNow_ns();
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] { took_ns[static_cast<size_t>(t)] = RunPairs(books->ledger(), t, pairs / threads); });
  }
  for (std::thread& thread : running) thread.join();
  const int64_t took_cpu_ns = CpuNow_ns() - cpu_ns, took_wall_ns = WallNow_ns() - wall_ns;

  std::vector<int64_t> all_ns;
  for (const auto& each : took_ns) all_ns.insert(all_ns.end(), each.begin(), each.end());
  std::sort(all_ns.begin(), all_ns.end());
  CheckBooks(*books, all_ns.size());
  const auto count = static_cast<double>(all_ns.size());
  std::cout << "{\"cpu_us\":" << static_cast<double>(took_cpu_ns) / 1e3 / count
            << ",\"p50_us\":" << Percentile_us(all_ns, 0.5) << ",\"p99_us\":" << Percentile_us(all_ns, 0.99)
            << ",\"per_second\":" << count * 1e9 / static_cast<double>(took_wall_ns) << "}" << std::endl;
}

}  // namespace tokenfoundry::bench
