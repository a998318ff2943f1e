// Bytes of the ledger's families; FORMAT.md describes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/budget.h"
#include "tokenfoundry/ledger/entry.h"

namespace tokenfoundry::ledger {

// What is stored of a hold, under its id.
struct HoldRecord {
  int64_t at_ms = 0;
  Amounts amounts{};
  Axes axes;
  std::string detail;

  friend bool operator==(const HoldRecord&, const HoldRecord&) = default;
};
std::string Encode(const HoldRecord& hold);
absl::StatusOr<HoldRecord> DecodeHold(std::string_view bytes);

// What is stored of a budget, under its name.
struct BudgetRecord {
  uint32_t id = 0;               // Its accounts carry it; a budget that counts anew gets a new one.
  uint32_t position = 0;         // In the set, as the caller ordered it.
  int64_t complete_from_ms = 0;  // Accounts of windows that begin at or after this are on disk if they are not zero.
  Budget budget;
};
std::string Encode(const BudgetRecord& record);
absl::StatusOr<BudgetRecord> DecodeBudget(std::string_view name, std::string_view bytes);

// What is stored of an account, under AccountKey.
struct AccountRecord {
  int64_t posted = 0;
  uint64_t entries = 0;

  friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};
std::string Encode(const AccountRecord& record);
absl::StatusOr<AccountRecord> DecodeAccount(std::string_view bytes);

// Sorts by budget, then window, then the values of `each`.
std::string AccountPrefix(uint32_t budget_id);
std::string AccountPrefix(uint32_t budget_id, int64_t window_start_ms);
std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, const Budget& budget, const Axes& axes);
struct AccountKeyParts {
  uint32_t budget_id;
  int64_t window_start_ms;
  std::vector<std::string> each;
};
absl::StatusOr<AccountKeyParts> DecodeAccountKey(std::string_view key);

// The least key greater than every key that begins with `prefix`, which is not all 0xff.
std::string AfterPrefix(std::string prefix);

std::string SeqKey(uint64_t seq);

}  // namespace tokenfoundry::ledger
