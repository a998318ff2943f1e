// The vault: what stands in for which value in a conversation that goes on over many calls.
//
// A conversation is named by a scope of three keyed hashes; it has an id for as long as it is kept. In it each value,
// known by a keyed hash, has a number among those of its kind, from 1 without gaps, and its sealed bytes. What is
// sealed and how is the caller's: nothing here can be read without a key that is not here.
//
// A number never changes hands: Keep compares and sets, under one lock, so that two calls at once never give one number
// to two values, or two numbers to one value. What Keep returned survives as store.h says: with `power`, once the
// ticket of any later write of the store is durable.
//
// A conversation that was not used for its time to live is over: it is not found, and its name begins anew under
// another id. Sweep and Erase delete what is over or unwanted and rewrite the files it stood in.
//
// Thread-safe. Methods may block on disk. Times are Unix ms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::vault {

inline constexpr size_t kHashBytes = 16;
inline constexpr size_t kScopeBytes = 3 * kHashBytes;  // Of its project, its key and its name.
inline constexpr size_t kKindBytes = 8;

struct LookRequest {
  std::string_view scope;
  int64_t now_ms;
  int64_t ttl_ms;  // Positive.
};

struct Place {
  uint64_t id;
  bool is_new;  // Nothing is kept: the first Keep begins it.
};

struct Known {
  uint32_t number = 0;  // The value's, or the next of its kind.
  std::string sealed;   // Empty: the value has no number.
};

struct NewValue {
  std::string_view kind;   // A keyed hash.
  std::string_view value;  // A keyed hash of the kind and the value.
  uint32_t number;         // The next of its kind, as Find gave it, or the next after the ones before it here.
  std::string_view sealed;
};

struct KeepRequest {
  std::string_view scope;
  Place place;                       // As Look gave it; no longer new after the first Keep.
  std::span<const NewValue> values;  // Each another one; at least one.
  int64_t now_ms;
  int64_t ttl_ms;
};

// Which conversations: those whose scope has the parts that are not empty. All empty: all of them.
struct Match {
  std::string_view project, key, name;
};

// One sealed value, and where it stands.
struct Piece {
  uint64_t id;
  std::string kind;
  uint32_t number;
  std::string sealed;
};

struct Stats {
  uint64_t conversations = 0;
  uint64_t values = 0;
};

class Vault {
 public:
  static std::vector<store::FamilySpec> Families();

  // `store` is open with Families() and outlives the vault.
  static absl::StatusOr<std::unique_ptr<Vault>> Open(store::Store& store);

  // Where the conversation stands, whose time to live begins anew; or where it would, when there is none.
  absl::StatusOr<Place> Look(const LookRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  absl::StatusOr<Known> Find(uint64_t id, std::string_view kind, std::string_view value) const;

  // Gives values their numbers, all or none; the first one begins the conversation. False when a number is taken, a
  // value has one, or the conversation stands elsewhere by now: look and find again.
  absl::StatusOr<bool> Keep(const KeepRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // The sealed bytes of a number.
  absl::StatusOr<std::optional<std::string>> Value(uint64_t id, std::string_view kind, uint32_t number) const;

  // The last number of a kind, 0 for none.
  absl::StatusOr<uint32_t> LastNumber(uint64_t id, std::string_view kind) const;

  // Both return how many conversations they deleted. When they return, nothing of these is on the disk.
  absl::StatusOr<uint64_t> Erase(const Match& match);
  absl::StatusOr<uint64_t> Sweep(int64_t now_ms);

  // The sealed values after one that was seen before, none for the first, at most `limit` of them.
  absl::StatusOr<std::vector<Piece>> Pieces(const std::optional<Piece>& after, size_t limit) const;

  // Seals that value anew; false when it is no longer as it was.
  absl::StatusOr<bool> Replace(const Piece& before, std::string_view sealed);

  // Rewrites the files, so that what was replaced is on the disk no more.
  absl::Status Compact();

  // Reads everything.
  absl::StatusOr<Stats> Count() const;

 private:
  struct Head {
    uint64_t id;
    int64_t expires_at_ms;
  };

  explicit Vault(store::Store& store) : store_(store) {}
  using LastNumbers = std::map<std::string_view, uint32_t>;  // By kind.
  // The last numbers with these values; nothing when theirs are not the next ones, or one has a number.
  absl::StatusOr<std::optional<LastNumbers>> LastNumbersWith(uint64_t id, std::span<const NewValue> values,
                                                             bool is_new) const;
  absl::StatusOr<std::optional<Head>> HeadOf(std::string_view scope) const;
  absl::StatusOr<uint64_t> DeleteWhere(const std::function<bool(std::string_view scope, const Head& head)>& is_meant);

  store::Store& store_;
  store::Family scopes_, values_;

  mutable std::mutex mu_;  // Over every write; reads take none. Never held while the store stalls an event loop.
  uint64_t next_id_ ABSL_GUARDED_BY(mu_) = 1;
};

}  // namespace tokenfoundry::vault
