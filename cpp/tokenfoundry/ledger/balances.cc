#include <algorithm>
#include <map>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::StatusOr<std::vector<Balance>> Ledger::Impl::Balances(int64_t at_ms, std::string_view only_of) {
  TF_RETURN_IF_ERROR(ValidateTime(at_ms));
  return Locked(store::OnStall::kWait, [&]() -> absl::StatusOr<std::vector<Balance>> {
    std::vector<Balance> balances;
    for (size_t i = 0; i < budgets_.size(); ++i) {
      const BudgetState& state = budgets_[i];
      const Budget& budget = state.budget();
      if (!only_of.empty() && budget.name != only_of) continue;
      TF_ASSIGN_OR_RETURN(const auto lines, LinesAt(i, at_ms));
      for (const auto& [each, line] : lines) {
        const std::string key = AccountKey(state.record.id, line.window.start_ms, each);
        TF_ASSIGN_OR_RETURN(AccountKeyParts parts, DecodeAccountKey(key));
        if (parts.each.size() != budget.calls.each.size()) {
          return Poison("an account of budget " + budget.name + " is damaged");
        }
        const Standing standing =
            StandingFrom(state, key, line.window.end_ms, line.account, line.used, line.account.held, at_ms, at_ms);
        Balance balance;
        balance.budget = budget.name;
        for (size_t axis = 0; axis < parts.each.size(); ++axis) {
          balance.each.emplace_back(budget.calls.each[axis], std::move(parts.each[axis]));
        }
        balance.unit = budget.unit;
        balance.mode = budget.mode;
        balance.start_ms = line.window.start_ms - OldestBefore(budget.window);
        balance.end_ms = line.window.end_ms;
        balance.cap = standing.cap;
        balance.posted = line.account.posted;
        balance.used = standing.used;
        balance.held = line.account.held;
        balance.left = standing.left();
        if (standing.cap != kNoCap) {
          const __int128 over = static_cast<__int128>(standing.used) + line.account.held - standing.cap;
          balance.over_by = Clamp(std::max<__int128>(0, over));
        }
        balance.raised = standing.raised;
        balance.burst_left = standing.burst;
        balance.frozen = standing.frozen;
        balances.push_back(std::move(balance));
      }
    }
    return balances;
  });
}

// What counts at `at_ms`, by the values of `each` as in an account's key.
absl::StatusOr<std::map<std::string, Ledger::Impl::Line>> Ledger::Impl::LinesAt(size_t budget, int64_t at_ms) {
  BudgetState& state = budgets_[budget];
  const Window& window = state.budget().window;
  const Bounds bounds = state.BoundsAt(at_ms);
  int64_t first_ms = bounds.start_ms - OldestBefore(window), last_ms = bounds.start_ms;
  const bool is_session = window.kind == WindowKind::kSession;
  // Those that go on: when they began and what they are called, as several may begin in one millisecond.
  std::set<std::pair<int64_t, std::string>> sessions;
  size_t session_axis = 0;
  if (is_session) {
    for (const auto& [key, session] : sessions_) {
      if (session.GoesOn(at_ms, session_idle_ms_)) sessions.emplace(session.start_ms, SessionNameOf(key));
    }
    if (sessions.empty()) return std::map<std::string, Line>();
    first_ms = sessions.begin()->first;
    last_ms = sessions.rbegin()->first;
    const std::vector<Axis>& axes = state.budget().calls.each;
    session_axis = static_cast<size_t>(std::find(axes.begin(), axes.end(), Axis::kSession) - axes.begin());
  }
  TF_RETURN_IF_ERROR(CompleteFrom(budget, first_ms));

  std::map<std::string, Line> lines;
  const auto add = [&](std::string_view key, const Account& account) -> absl::Status {
    if (account.entries == 0 && account.holds == 0 && account.paced_from_ms == 0) return absl::OkStatus();
    TF_ASSIGN_OR_RETURN(const AccountKeyParts parts, DecodeAccountKey(key));
    if (is_session &&
        (session_axis >= parts.each.size() || !sessions.contains({parts.window_start_ms, parts.each[session_axis]}))) {
      return absl::OkStatus();
    }
    Line& line = lines[std::string(EachOf(key))];
    line.window = {is_session ? parts.window_start_ms : bounds.start_ms, bounds.end_ms};
    line.account.posted = SaturatingAdd(line.account.posted, account.posted);
    line.account.held += account.held;
    line.account.paced_from_ms = account.paced_from_ms;
    line.used = SaturatingAdd(line.used, UsedOf(account));
    return absl::OkStatus();
  };
  const std::string first = AccountPrefix(state.record.id, first_ms);
  const std::string end = AfterPrefix(AccountPrefix(state.record.id, last_ms));
  TF_RETURN_IF_ERROR(ForEach(store_, accounts_on_disk_, {first, end},
                             [&](std::string_view key, std::string_view value) -> absl::Status {
                               if (accounts_.items().contains(std::string(key))) return absl::OkStatus();
                               TF_ASSIGN_OR_RETURN(const Through<AccountRecord> stored, DecodeAccount(value));
                               Account account;
                               static_cast<AccountRecord&>(account) = stored.record;
                               return add(key, account);
                             }));
  for (const auto& [key, item] : accounts_.items()) {
    if (key >= first && key < end) TF_RETURN_IF_ERROR(add(key, item.record));
  }
  if (state.budget().calls.each.empty() && !is_session) lines.try_emplace("", Line{bounds, {}, 0});
  return lines;
}

}  // namespace tokenfoundry::ledger
