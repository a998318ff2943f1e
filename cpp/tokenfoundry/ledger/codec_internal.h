// Bytes of the ledger's families; FORMAT.md describes them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/budget.h"
#include "tokenfoundry/ledger/entry.h"
#include "tokenfoundry/ledger/event.h"
#include "tokenfoundry/ledger/rollup.h"

namespace tokenfoundry::ledger {

absl::Status Damaged(const std::string& what);

// Numbers or texts of which most are zero or empty: a mask of those that are not, then these. A place that is added at
// the end reads as empty from what was stored before.
template <typename Mask, typename T, size_t kSize>
void AppendSparse(std::string* out, const std::array<T, kSize>& values) {
  static_assert(kSize <= 8 * sizeof(Mask));
  Mask mask = 0;
  for (size_t i = 0; i < kSize; ++i) mask |= static_cast<Mask>((values[i] == T{} ? 0 : 1) << i);
  AppendLittle(out, mask);
  for (const T& value : values) {
    if (value == T{}) continue;
    if constexpr (std::is_integral_v<T>) {
      AppendLittle(out, value);
    } else {
      AppendSized(out, value);
    }
  }
}

template <typename Mask, size_t kSize, typename T>
std::array<T, kSize> ReadSparse(ByteReader& reader) {
  std::array<T, kSize> values{};
  const Mask mask = reader.Little<Mask>();
  for (size_t i = 0; i < kSize; ++i) {
    if ((mask >> i & 1) == 0) continue;
    if constexpr (std::is_integral_v<T>) {
      values[i] = reader.Little<T>();
    } else {
      values[i] = T(reader.Sized());
    }
  }
  return values;
}

// What is stored of a hold, under its id.
struct HoldRecord {
  int64_t at_ms = 0;
  Amounts amounts{};
  Axes axes;
  int64_t session_start_ms = 0;
  std::vector<Burn> burns;
  std::string detail;

  friend bool operator==(const HoldRecord&, const HoldRecord&) = default;
};
std::string Encode(const HoldRecord& hold);
absl::StatusOr<HoldRecord> DecodeHold(std::string_view bytes);

std::string Encode(const Change& change);
absl::StatusOr<Change> DecodeChange(std::string_view bytes);

// What is stored of an entry that has been corrected, under its sequence number.
struct CorrectedRecord {
  Amounts amounts{};        // The sum of the corrections alone.
  std::vector<Burn> burns;  // What the entry and its corrections have taken and not given back, none zero.

  friend bool operator==(const CorrectedRecord&, const CorrectedRecord&) = default;
};
std::string Encode(const CorrectedRecord& corrected);
absl::StatusOr<CorrectedRecord> DecodeCorrected(std::string_view bytes);

// What is stored of a budget, under its name.
struct BudgetRecord {
  uint32_t id = 0;               // Its accounts carry it; a budget that counts anew gets a new one.
  uint32_t position = 0;         // In the set, as the caller ordered it.
  int64_t complete_from_ms = 0;  // Accounts of windows that begin at or after this are on disk if they are not zero.
  Budget budget;

  friend bool operator==(const BudgetRecord&, const BudgetRecord&) = default;
};
std::string Encode(const BudgetRecord& record);
absl::StatusOr<BudgetRecord> DecodeBudget(std::string_view name, std::string_view bytes);

// What is stored of an account, under AccountKey: the entries before `through` are in it.
struct AccountRecord {
  int64_t posted = 0;
  uint64_t entries = 0;
  int64_t forgiven = 0;       // Of posted, by a reset: it no longer counts against the cap.
  int64_t alerted = 0;        // The greatest level that has been told.
  int64_t paced_from_ms = 0;  // When throttling began; 0 if it has not.

  // Every sum of entries is made here, in their order. Saturates: what was used must be booked, whatever stands there
  // already, or its hold could never be released. What is forgiven never exceeds what is posted, or a correction would
  // leave room for more than the cap.
  void Add(int64_t amount);

  friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};
template <typename Record>
struct Through {
  Record record;
  uint64_t through = 0;
};
std::string Encode(const AccountRecord& record, uint64_t through);
absl::StatusOr<Through<AccountRecord>> DecodeAccount(std::string_view bytes);

// Sorts by budget, then window, then the values of `each`.
std::string AccountPrefix(uint32_t budget_id);
std::string AccountPrefix(uint32_t budget_id, int64_t window_start_ms);
std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, std::string_view each);
std::string AccountKey(uint32_t budget_id, int64_t window_start_ms, const Budget& budget, const Axes& axes);
std::string EachKey(const std::vector<std::string>& values);
inline std::string_view EachOf(std::string_view account_key) { return account_key.substr(12); }
// The same for every window: the budget and the values of `each`.
int64_t WindowStartOf(std::string_view account_key);
std::string LineKey(std::string_view account_key);
struct AccountKeyParts {
  uint32_t budget_id;
  int64_t window_start_ms;
  std::vector<std::string> each;
};
absl::StatusOr<AccountKeyParts> DecodeAccountKey(std::string_view key);

// What is stored of a rollup, under RollupKey; hour and axes are in the key.
std::string RollupKey(int64_t at_ms, const Axes& axes);
std::string HourKey(int64_t hour_ms);
std::string Encode(const Rollup& rollup, uint64_t through);
absl::StatusOr<Through<Rollup>> DecodeRollup(std::string_view key, std::string_view bytes);

// What is stored of a grant, under the sequence number of its entry.
struct GrantRecord {
  Change change;
  int64_t created_ms = 0;
  int64_t spent = 0;
  std::vector<Burn> paid;  // Debts of earlier grants that this one has paid, less what was refunded of them.

  friend bool operator==(const GrantRecord&, const GrantRecord&) = default;
};
std::string Encode(const GrantRecord& grant);
absl::StatusOr<GrantRecord> DecodeGrant(std::string_view bytes);

std::string Encode(const Event& event);
absl::StatusOr<Event> DecodeEvent(std::string_view bytes);

// Two times, e.g. of a session (start, last) or a block (least, greatest), and a credit (left, when).
std::string EncodePair(int64_t first, int64_t second);
absl::StatusOr<std::pair<int64_t, int64_t>> DecodePair(std::string_view bytes);

// The least key greater than every key that begins with `prefix`, which is not all 0xff.
std::string AfterPrefix(std::string prefix);

std::string SeqKey(uint64_t seq);

}  // namespace tokenfoundry::ledger
