#include "tokenfoundry/vault/vault.h"

#include <limits>

#include "tokenfoundry/vault/record_internal.h"

namespace tokenfoundry::vault {
namespace {

// A conversation in use writes its new end only when this part of its time has gone: most calls write nothing.
constexpr int64_t kUnwritten_part = 8;

int64_t EndOf(int64_t now_ms, int64_t ttl_ms) {
  int64_t end_ms;
  return __builtin_add_overflow(now_ms, ttl_ms, &end_ms) ? std::numeric_limits<int64_t>::max() : end_ms;
}

std::string EncodeHead(uint64_t id, int64_t expires_at_ms) {
  std::string bytes;
  AppendLittle(&bytes, id);
  AppendLittle(&bytes, expires_at_ms);
  return bytes;
}

absl::Status Damaged(const char* what) { return absl::DataLossError(std::string("the vault: ") + what); }

absl::Status CheckName(std::string_view scope, int64_t ttl_ms) {
  if (scope.size() != kScopeBytes) return absl::InvalidArgumentError("scope: not three hashes");
  return ttl_ms > 0 ? absl::OkStatus() : absl::InvalidArgumentError("ttl_ms: not positive");
}

absl::Status CheckKind(std::string_view kind) {
  return kind.size() == kKindBytes ? absl::OkStatus() : absl::InvalidArgumentError("kind: not a hash");
}

bool Fits(std::string_view part, std::string_view asked) { return asked.empty() || part == asked; }

}  // namespace

absl::StatusOr<std::optional<Vault::Head>> Vault::HeadOf(std::string_view scope) const {
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(scopes_, scope));
  if (!bytes) return std::nullopt;
  ByteReader reader(*bytes);
  const Head head{reader.Little<uint64_t>(), reader.Little<int64_t>()};
  if (!reader.AtEnd() || head.id == 0) return Damaged("the head of a conversation");
  return head;
}

absl::StatusOr<Place> Vault::Look(const LookRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(CheckName(request.scope, request.ttl_ms));
  const std::lock_guard lock(mu_);
  TF_ASSIGN_OR_RETURN(const std::optional<Head> head, HeadOf(request.scope));
  if (!head || head->expires_at_ms <= request.now_ms) return Place{next_id_++, true};
  const int64_t end_ms = EndOf(request.now_ms, request.ttl_ms);
  // A shorter time to live holds at once.
  if (head->expires_at_ms > end_ms || head->expires_at_ms < end_ms - request.ttl_ms / kUnwritten_part) {
    store::Batch batch;
    batch.Put(scopes_, request.scope, EncodeHead(head->id, end_ms));
    TF_RETURN_IF_ERROR(store_.Write(batch, on_stall).status());
  }
  return Place{head->id, false};
}

absl::StatusOr<uint32_t> Vault::LastNumber(uint64_t id, std::string_view kind) const {
  TF_RETURN_IF_ERROR(CheckKind(kind));
  TF_ASSIGN_OR_RETURN(const auto last, store_.Get(values_, KeyOf(id, RecordOf::kLast, kind)));
  if (!last) return 0;
  const auto number = DecodeNumber(*last);
  if (!number) return Damaged("the last number of a kind");
  return *number;
}

absl::StatusOr<Known> Vault::Find(uint64_t id, std::string_view kind, std::string_view value) const {
  TF_ASSIGN_OR_RETURN(const auto known, store_.Get(values_, KeyOf(id, RecordOf::kValue, value)));
  if (!known) {
    TF_ASSIGN_OR_RETURN(const uint32_t last, LastNumber(id, kind));
    if (last == std::numeric_limits<uint32_t>::max()) return absl::OutOfRangeError("the vault has no number left");
    return Known{last + 1, ""};
  }
  const auto number = DecodeNumber(*known);
  if (!number) return Damaged("the number of a value");
  TF_ASSIGN_OR_RETURN(auto sealed, Value(id, kind, *number));
  if (!sealed || sealed->empty()) return Damaged("a number without its value");
  return Known{*number, *std::move(sealed)};
}

absl::StatusOr<std::optional<Vault::LastNumbers>> Vault::LastNumbersWith(uint64_t id, std::span<const NewValue> values,
                                                                         bool is_new) const {
  LastNumbers last;
  for (const NewValue& value : values) {
    const auto [of_kind, is_first] = last.try_emplace(value.kind, 0);
    if (!is_new) {
      if (is_first) {
        TF_ASSIGN_OR_RETURN(of_kind->second, LastNumber(id, value.kind));
      }
      TF_ASSIGN_OR_RETURN(const auto known, store_.Get(values_, KeyOf(id, RecordOf::kValue, value.value)));
      if (known) return std::nullopt;
    }
    if (of_kind->second == std::numeric_limits<uint32_t>::max() || value.number != ++of_kind->second) {
      return std::nullopt;
    }
  }
  return last;
}

absl::StatusOr<bool> Vault::Keep(const KeepRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(CheckName(request.scope, request.ttl_ms));
  if (request.values.empty()) return absl::InvalidArgumentError("values: none");
  for (const NewValue& value : request.values) {
    TF_RETURN_IF_ERROR(CheckKind(value.kind));
    if (value.value.size() != kHashBytes) return absl::InvalidArgumentError("value: not a hash");
    if (value.sealed.empty()) return absl::InvalidArgumentError("sealed: empty");
  }
  const std::lock_guard lock(mu_);
  TF_ASSIGN_OR_RETURN(const std::optional<Head> head, HeadOf(request.scope));
  const bool is_over = !head || head->expires_at_ms <= request.now_ms;
  const uint64_t id = request.place.id;
  const bool is_new = request.place.is_new;
  // Also when it was erased since: a call of before adds nothing to what begins after.
  if (is_new ? !is_over || id == 0 || id >= next_id_ : is_over || head->id != id) return false;
  TF_ASSIGN_OR_RETURN(const std::optional<LastNumbers> last, LastNumbersWith(id, request.values, is_new));
  if (!last) return false;
  store::Batch batch;
  if (is_new) {
    if (head) batch.DeleteRange(values_, IdKey(head->id), IdKey(head->id + 1));
    batch.Put(scopes_, request.scope, EncodeHead(id, EndOf(request.now_ms, request.ttl_ms)));
  }
  for (const NewValue& value : request.values) {
    batch.Put(values_, KeyOf(id, RecordOf::kValue, value.value), EncodeNumber(value.number));
    batch.Put(values_, NumberKey(id, value.kind, value.number), value.sealed);
  }
  for (const auto& [kind, number] : *last) batch.Put(values_, KeyOf(id, RecordOf::kLast, kind), EncodeNumber(number));
  TF_RETURN_IF_ERROR(store_.Write(batch, on_stall).status());
  return true;
}

absl::StatusOr<std::optional<std::string>> Vault::Value(uint64_t id, std::string_view kind, uint32_t number) const {
  TF_RETURN_IF_ERROR(CheckKind(kind));
  return store_.Get(values_, NumberKey(id, kind, number));
}

absl::StatusOr<uint64_t> Vault::Erase(const Match& match) {
  return DeleteWhere([&](std::string_view scope, const Head&) {
    return Fits(scope.substr(0, kHashBytes), match.project) && Fits(scope.substr(kHashBytes, kHashBytes), match.key) &&
           Fits(scope.substr(2 * kHashBytes), match.name);
  });
}

absl::StatusOr<uint64_t> Vault::Sweep(int64_t now_ms) {
  return DeleteWhere([&](std::string_view, const Head& head) { return head.expires_at_ms <= now_ms; });
}

absl::StatusOr<bool> Vault::Replace(const Piece& before, std::string_view sealed) {
  if (sealed.empty()) return absl::InvalidArgumentError("sealed: empty");
  const std::lock_guard lock(mu_);
  TF_ASSIGN_OR_RETURN(const auto now, Value(before.id, before.kind, before.number));
  if (!now || *now != before.sealed) return false;
  store::Batch batch;
  batch.Put(values_, NumberKey(before.id, before.kind, before.number), sealed);
  TF_RETURN_IF_ERROR(store_.Write(batch).status());
  return true;
}

absl::Status Vault::Compact() { return store_.Rewrite(values_); }

}  // namespace tokenfoundry::vault
