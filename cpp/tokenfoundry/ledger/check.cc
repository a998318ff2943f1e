#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::Status Ledger::Check() const {
  std::vector<BudgetRecord> records;
  std::vector<Block> everything;
  std::optional<store::Store::Snapshot> snapshot;
  {
    const std::lock_guard lock(mu_);
    snapshot.emplace(store_.TakeSnapshot());
    everything.resize(blocks_.size(), {INT64_MIN, INT64_MAX});  // Skips nothing.
  }
  TF_RETURN_IF_ERROR(ReadBudgets(&*snapshot, &records));
  std::vector<FoldTarget> targets;
  for (const BudgetRecord& record : records) targets.push_back({&record, record.complete_from_ms, kNever});
  std::unordered_map<std::string, Account> sums;
  TF_RETURN_IF_ERROR(Fold(targets, everything, &*snapshot, &sums));
  for (const BudgetRecord& record : records) {
    const std::string& name = record.budget.name;
    const std::string first = AccountPrefix(record.id, record.complete_from_ms),
                      end = AfterPrefix(AccountPrefix(record.id));
    absl::Status checked;
    TF_RETURN_IF_ERROR(
        store_.Scan(accounts_on_disk_, {first, end, &*snapshot}, [&](std::string_view key, std::string_view value) {
          auto stored = DecodeAccount(value);
          if (!stored.ok()) return checked = stored.status(), false;
          const auto sum = sums.find(std::string(key));
          const int64_t expected = sum == sums.end() ? 0 : sum->second.posted;
          if (stored->posted != expected) {
            checked =
                absl::DataLossError("an account of budget " + name + " has posted " + std::to_string(stored->posted) +
                                    ", its entries sum to " + std::to_string(expected));
          }
          if (sum != sums.end()) sums.erase(sum);
          return checked.ok();
        }));
    TF_RETURN_IF_ERROR(checked);
  }
  for (const auto& [key, sum] : sums) {
    if (sum.entries > 0)
      return absl::DataLossError("an account with " + std::to_string(sum.entries) + " entries is missing");
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
