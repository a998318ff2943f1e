// Many threads on few budgets, while an administrator changes them and somebody looks: what no order of calls may
// break.
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int kThreads = 8;
constexpr int kCalls = 2000;             // Of each thread.
constexpr int64_t kMost_tokens = 20;     // Of a call.
constexpr int64_t kCap_tokens = 15'000;  // Below what is asked for of each project.
constexpr int64_t kBurst_tokens = 2'000;
const std::vector<std::string> kProjects{"capped", "burst", "slow", "prepaid"};

class Contention : public LedgerTest {
 protected:
  static std::vector<Budget> BudgetsWith(int64_t cap) {
    Budget capped = Matching(BudgetOf("capped", cap), Axis::kProject, {"capped"});
    Budget burst = Matching(BudgetOf("burst", cap), Axis::kProject, {"burst"});
    burst.burst.size = kBurst_tokens;
    Budget slow = Matching(BudgetOf("slow", cap), Axis::kProject, {"slow"});
    slow.at_cap = AtCap::kThrottle;
    slow.throttle_from = cap / 2;
    Budget prepaid = Matching(BudgetOf("prepaid", kNoCap), Axis::kProject, {"prepaid"});
    prepaid.window.kind = WindowKind::kLifetime;
    prepaid.prepaid = true;
    Budget rolling = BudgetOf("rolling", kNoCap);
    rolling.window.kind = WindowKind::kRolling;
    rolling.window.length_ms = kDay_ms;
    rolling.calls.each = {Axis::kProject};
    return {capped, burst, slow, prepaid, rolling};
  }

  // One caller: every hold is settled with no more than it holds, or voided.
  void Call(int thread) {
    std::mt19937_64 random(static_cast<uint64_t>(thread));
    for (int i = 0; i < kCalls; ++i) {
      const std::string& project = kProjects[random() % kProjects.size()];
      const std::string id = std::to_string(thread) + "-" + std::to_string(i);
      const auto tokens = static_cast<int64_t>(random() % kMost_tokens) + 1;
      const auto reserved = ledger_->Reserve({id, Tokens(tokens), Project(project), std::nullopt, ++clock_ms_, ""});
      ASSERT_TRUE(reserved.ok()) << reserved.status();
      if (!std::holds_alternative<Hold>(reserved->outcome)) continue;
      if (random() % 8 == 0) {
        ASSERT_TRUE(ledger_->Void({id, std::nullopt, ++clock_ms_}).ok());
      } else {
        const int64_t used = tokens - static_cast<int64_t>(random() % 3 == 0 ? random() % (tokens + 1) : 0);
        ASSERT_TRUE(ledger_->Settle({id, Tokens(used), {}, 0, std::nullopt, ++clock_ms_}).ok());
        used_tokens_.at(project) += used;
      }
      ++resolved_;
    }
  }

  void Grant() {
    ChangeRequest grant{"grant" + std::to_string(changes_++), {}, clock_ms_};
    grant.change.kind = ChangeKind::kGrant;
    grant.change.budget = "prepaid";
    grant.change.amount = 900;
    grant.change.priority = static_cast<int32_t>(changes_ % 3);
    grant.change.actor = "ann";
    granted_tokens_ += grant.change.amount;
    ASSERT_TRUE(ledger_->Apply(grant).ok());
  }

  void Administer(int round) {
    ASSERT_TRUE(ledger_->SetBudgets(BudgetsWith(round % 2 == 0 ? kCap_tokens - 500 : kCap_tokens), clock_ms_).ok());
    if (round < 15) Grant();
    ChangeRequest freeze{"freeze" + std::to_string(changes_++), {}, clock_ms_};
    freeze.change.kind = round % 2 == 0 ? ChangeKind::kFreeze : ChangeKind::kUnfreeze;
    freeze.change.budget = "capped";
    freeze.change.actor = "ann";
    ASSERT_TRUE(ledger_->Apply(freeze).ok());
  }

  void Look() {
    const auto balances = ledger_->Balances(clock_ms_);
    ASSERT_TRUE(balances.ok()) << balances.status();
    const std::map<std::string, int64_t> most{{"capped", kCap_tokens},
                                              {"slow", kCap_tokens},
                                              {"burst", kCap_tokens + kBurst_tokens},
                                              {"prepaid", granted_tokens_},
                                              {"rolling", INT64_MAX}};
    for (const Balance& balance : *balances) {
      ASSERT_GE(balance.held, 0) << balance.budget;
      const int64_t all = balance.used + balance.held;
      EXPECT_LE(all, most.at(balance.budget)) << balance.budget;
    }
  }

  std::atomic<int64_t> clock_ms_{kStart_ms};
  std::atomic<int64_t> resolved_{0};
  std::atomic<int64_t> granted_tokens_{0};
  int changes_ = 0;
  std::map<std::string, std::atomic<int64_t>> used_tokens_;
};

TEST_F(Contention, NoCapIsPassedAndNoTokenIsLostWhileBudgetsChange) {
  for (const std::string& project : kProjects) used_tokens_[project] = 0;
  SetBudgets(BudgetsWith(kCap_tokens));
  std::atomic<int> running = kThreads;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < kThreads; ++thread) {
    callers.emplace_back([&, thread] {
      Call(thread);
      --running;
    });
  }
  for (int round = 0; running > 0; ++round) {
    if (round < 40) Administer(round);
    Look();
    std::this_thread::yield();
  }
  for (std::thread& caller : callers) caller.join();

  EXPECT_TRUE(ledger_->Holds().empty());
  EXPECT_EQ(ledger_->size(), static_cast<uint64_t>(resolved_ + changes_));
  now_ms_ = clock_ms_;
  for (const std::string& project : kProjects) {
    const Balance rolling = BalanceOf("rolling", {project}), own = BalanceOf(project);
    EXPECT_EQ(rolling.posted, used_tokens_[project]) << project;
    EXPECT_EQ(own.posted, used_tokens_[project]) << project;
    EXPECT_EQ(own.held, 0) << project;
  }
  int64_t spent = 0;
  for (const ledger::Grant& grant : ledger_->Grants()) {
    EXPECT_EQ(grant.held, 0);
    EXPECT_LE(grant.spent, grant.change.amount);
    spent += grant.spent;
  }
  EXPECT_EQ(spent, used_tokens_["prepaid"]);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

}  // namespace
}  // namespace tokenfoundry::ledger
