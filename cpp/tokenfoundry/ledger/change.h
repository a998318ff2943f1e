// What an administrator does to a budget, besides defining it. Each is an entry of the ledger, with who and why.
//
// Plain values. Amounts are in the budget's unit, times Unix ms.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/window.h"

namespace tokenfoundry::ledger {

// On disk: never renumbered.
enum class ChangeKind : uint8_t {
  kRaise = 1,     // The cap is `amount` higher in [from_ms, until_ms).
  kReset = 2,     // What the current window has used so far no longer counts against the cap.
  kFreeze = 3,    // Admits nothing ..
  kUnfreeze = 4,  // .. until this.
  kGrant = 5,     // `amount` of prepaid units, usable in [from_ms, until_ms).
};
constexpr std::array<std::string_view, 5> kChangeKindNames{"raise", "reset", "freeze", "unfreeze", "grant"};

// Who does something (required), and why.
absl::Status ValidateWho(std::string_view actor, std::string_view reason);

struct Change {
  ChangeKind kind = ChangeKind::kRaise;
  std::string budget;
  std::optional<std::vector<std::string>> each;  // The values of one account; absent: all of the budget.
  int64_t amount = 0;
  int64_t from_ms = 0;
  int64_t until_ms = kNever;
  int32_t priority = 0;        // Of a grant: the least is spent first, then the one that ends first, then the oldest.
  int64_t price_nano = 0;      // Of a grant: what was paid for it, in nano units ..
  std::string price_currency;  // .. of this currency.
  std::string actor;           // Required.
  std::string reason;

  absl::Status Validate() const;

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace tokenfoundry::ledger
