// What goes over all of the vault: opening, deleting, sealing anew, counting.
#include <utility>

#include "tokenfoundry/vault/record_internal.h"
#include "tokenfoundry/vault/vault.h"

namespace tokenfoundry::vault {
namespace {

constexpr size_t kNumberKeyBytes = 8 + 1 + kKindBytes + 4;

bool IsNumber(std::string_view key) {
  return key.size() == kNumberKeyBytes && key[8] == static_cast<char>(RecordOf::kNumber);
}

}  // namespace

std::vector<store::FamilySpec> Vault::Families() {
  return {{"vault.scopes", 1, 1, /*point_lookups=*/true}, {"vault.values", 1, 1, /*point_lookups=*/true}};
}

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(store::Store& store) {
  std::unique_ptr<Vault> vault(new Vault(store));
  TF_ASSIGN_OR_RETURN(vault->scopes_, store.Lookup("vault.scopes"));
  TF_ASSIGN_OR_RETURN(vault->values_, store.Lookup("vault.values"));
  // Every conversation has a value from its first write on, so the greatest id is that of the last record.
  TF_ASSIGN_OR_RETURN(const auto last, store.Last(vault->values_));
  if (last && last->first.size() < 8) return absl::DataLossError("the vault: a key is damaged");
  const std::lock_guard lock(vault->mu_);
  if (last) vault->next_id_ = LoadBig<uint64_t>(last->first.data()) + 1;
  return vault;
}

absl::StatusOr<uint64_t> Vault::DeleteWhere(
    const std::function<bool(std::string_view scope, const Head& head)>& is_meant) {
  std::vector<std::string> meant;
  absl::Status damaged;
  const auto look = [&](std::string_view key, std::string_view value) {
    ByteReader reader(value);
    const Head head{reader.Little<uint64_t>(), reader.Little<int64_t>()};
    if (!reader.AtEnd() || key.size() != kScopeBytes) {
      damaged = absl::DataLossError("the vault: the head of a conversation");
      return false;
    }
    if (is_meant(key, head)) meant.emplace_back(key);
    return true;
  };
  TF_RETURN_IF_ERROR(store_.Scan(scopes_, {}, look));
  TF_RETURN_IF_ERROR(damaged);
  uint64_t deleted = 0;
  for (const std::string& scope : meant) {
    const std::lock_guard lock(mu_);
    // It may have been used or deleted since it was seen.
    TF_ASSIGN_OR_RETURN(const std::optional<Head> head, HeadOf(scope));
    if (!head || !is_meant(scope, *head)) continue;
    store::Batch batch;
    batch.DeleteRange(values_, IdKey(head->id), IdKey(head->id + 1));
    batch.Delete(scopes_, scope);
    TF_RETURN_IF_ERROR(store_.Write(batch).status());
    ++deleted;
  }
  if (deleted > 0) {
    TF_RETURN_IF_ERROR(store_.Rewrite(values_));
    TF_RETURN_IF_ERROR(store_.Rewrite(scopes_));
  }
  return deleted;
}

absl::StatusOr<std::vector<Piece>> Vault::Pieces(const std::optional<Piece>& after, size_t limit) const {
  std::vector<Piece> pieces;
  const std::string first = after ? NumberKey(after->id, after->kind, after->number) : "";
  TF_RETURN_IF_ERROR(store_.Scan(values_, {first}, [&](std::string_view key, std::string_view value) {
    if (!IsNumber(key) || key == first) return true;
    const std::string kind(key.substr(9, kKindBytes));
    pieces.push_back(
        {LoadBig<uint64_t>(key.data()), kind, LoadBig<uint32_t>(key.data() + 9 + kKindBytes), std::string(value)});
    return pieces.size() < limit;
  }));
  return pieces;
}

absl::StatusOr<Stats> Vault::Count() const {
  Stats stats;
  TF_RETURN_IF_ERROR(store_.Scan(scopes_, {}, [&](std::string_view, std::string_view) {
    ++stats.conversations;
    return true;
  }));
  TF_RETURN_IF_ERROR(store_.Scan(values_, {}, [&](std::string_view key, std::string_view) {
    stats.values += IsNumber(key);
    return true;
  }));
  return stats;
}

}  // namespace tokenfoundry::vault
