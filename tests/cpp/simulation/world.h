// What a history is made of: budgets, calls and administrators' changes, drawn at random.
//
// Few values and small caps, so that everything soon meets everything else. One thread.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::simulation {

using namespace ledger;  // NOLINT: a simulation of the ledger speaks its words.

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}

  int64_t Below(int64_t limit) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit)); }
  int64_t Between(int64_t first, int64_t last) { return first + Below(last - first + 1); }
  bool Percent(int percent) { return Below(100) < percent; }
  template <typename List>
  const auto& Of(const List& list) {
    return list[static_cast<size_t>(Below(static_cast<int64_t>(list.size())))];
  }
  std::mt19937_64& bits() { return random_; }

 private:
  std::mt19937_64 random_;
};

class World {
 public:
  explicit World(Chance& chance) : chance_(chance) {}

  int64_t Start_ms();
  std::vector<Budget> Budgets();
  // The set somewhat changed; budgets that were there before may return.
  std::vector<Budget> Changed(std::vector<Budget> budgets);
  Axes Call();
  Amounts Used();  // Of a call.
  Change ChangeOf(const std::vector<Budget>& budgets, int64_t now_ms);

 private:
  Budget NewBudget();
  void DrawCaps(Budget* budget);
  void DrawCalls(Budget* budget);
  Window DrawWindow();

  Chance& chance_;
  int made_ = 0;
  std::vector<Budget> gone_;
};

}  // namespace tokenfoundry::simulation
