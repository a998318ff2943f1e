#include <algorithm>
#include <map>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::StatusOr<std::vector<Balance>> Ledger::Balances(int64_t at_ms) {
  TF_RETURN_IF_ERROR(ValidateTime(at_ms));
  return Locked(store::OnStall::kWait, [&]() -> absl::StatusOr<std::vector<Balance>> {
    // What the disk does not show: accounts that only hold, and in a reader those it summed itself.
    std::map<std::string_view, const Account*> in_memory;
    std::vector<Balance> balances;
    for (size_t i = 0; i < budgets_.size(); ++i) {
      const Bounds bounds = budgets_[i].BoundsAt(at_ms);
      TF_RETURN_IF_ERROR(CompleteFrom(i, bounds.start_ms));
    }
    for (const auto& [key, account] : accounts_) {
      if (account.holds > 0 || account.entries > 0) in_memory[key] = &account;
    }
    for (size_t i = 0; i < budgets_.size(); ++i) {
      const Bounds bounds = budgets_[i].BoundsAt(at_ms);
      const BudgetRecord& record = budgets_[i].record;
      const Budget& budget = record.budget;
      const std::string prefix = AccountPrefix(record.id, bounds.start_ms), end = AfterPrefix(prefix);
      std::map<std::string, Account> found;
      absl::Status decoded;
      TF_RETURN_IF_ERROR(
          store_.Scan(accounts_on_disk_, {prefix, end}, [&](std::string_view key, std::string_view value) {
            auto on_disk = DecodeAccount(value);
            decoded = on_disk.status();
            if (decoded.ok()) found[std::string(key)].posted = on_disk->posted;
            return decoded.ok();
          }));
      TF_RETURN_IF_ERROR(decoded);
      for (auto it = in_memory.lower_bound(prefix); it != in_memory.end() && it->first < end; ++it) {
        found[std::string(it->first)] = *it->second;
      }
      if (budget.each.empty()) found.try_emplace(prefix);
      for (const auto& [key, account] : found) {
        TF_ASSIGN_OR_RETURN(AccountKeyParts parts, DecodeAccountKey(key));
        if (parts.each.size() != budget.each.size())
          return Poison("an account of budget " + budget.name + " is damaged");
        Balance balance{budget.name,
                        {},
                        budget.unit,
                        budget.mode,
                        bounds.start_ms,
                        bounds.end_ms,
                        budget.hard,
                        account.posted,
                        account.held,
                        LeftOf(budget.hard, account.posted, account.held),
                        0};
        const __int128 used = static_cast<__int128>(account.posted) + account.held;
        balance.over_by = static_cast<int64_t>(std::clamp<__int128>(used - budget.hard, 0, INT64_MAX));
        for (size_t axis = 0; axis < budget.each.size(); ++axis) {
          balance.each.emplace_back(budget.each[axis], std::move(parts.each[axis]));
        }
        balances.push_back(std::move(balance));
      }
    }
    return balances;
  });
}

}  // namespace tokenfoundry::ledger
