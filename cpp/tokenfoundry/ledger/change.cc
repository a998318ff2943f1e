#include "tokenfoundry/ledger/change.h"

#include "tokenfoundry/ledger/amounts.h"

namespace tokenfoundry::ledger {

absl::Status ValidateWho(std::string_view actor, std::string_view reason) {
  if (actor.empty() || actor.size() > 256) return absl::InvalidArgumentError("actor: not 1 to 256 bytes");
  if (reason.size() > 4096) return absl::InvalidArgumentError("reason: over 4096 bytes");
  return absl::OkStatus();
}

absl::Status Change::Validate() const {
  if (kind < ChangeKind::kRaise || kind > ChangeKind::kGrant) return absl::InvalidArgumentError("kind: unknown");
  TF_RETURN_IF_ERROR(ValidateWho(actor, reason));
  const bool has_amount = kind == ChangeKind::kRaise || kind == ChangeKind::kGrant;
  if (has_amount ? amount <= 0 : amount != 0) {
    return absl::InvalidArgumentError(has_amount ? "amount: not positive" : "amount: only of a raise or a grant");
  }
  if (from_ms < 0 || until_ms <= from_ms) return absl::InvalidArgumentError("until: not after from");
  if (kind != ChangeKind::kGrant && (priority != 0 || price_nano != 0 || !price_currency.empty())) {
    return absl::InvalidArgumentError("priority and price: only of a grant");
  }
  if (price_nano < 0 || price_nano > INT64_MAX / 2) return absl::InvalidArgumentError("price: negative or too large");
  if (price_currency.size() > 16) return absl::InvalidArgumentError("price_currency: over 16 bytes");
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
