// An entry of the ledger: one thing that happened, written once and never changed.
//
// Its stored bytes (FORMAT.md) are what the audit log hashes. A plain value. Times are Unix ms.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/change.h"

namespace tokenfoundry::ledger {

// On disk: never renumbered.
enum class EntryKind : uint8_t {
  kSettled = 1,    // A hold, ended with the amounts that were really used.
  kVoid = 2,       // A hold, ended with nothing used.
  kHit = 3,        // Answered from the cache; no hold.
  kRefused = 4,    // Turned away; no hold.
  kRecovered = 5,  // A hold of an earlier process, ended at its held amounts when the ledger was opened.
  kAdjusted = 6,   // A correction of an earlier entry: the difference, on the same axes and in the same windows.
  kChanged = 7,    // An administrator's change, of a budget or of what the books do not keep; nothing was used.
  kRented = 8,     // An hour of an endpoint that is paid by the hour; no hold, and its id is never forgotten.
};
constexpr size_t kEntryKinds = 8;
constexpr std::array<std::string_view, kEntryKinds> kEntryKindNames{"settled",   "void",     "hit",     "refused",
                                                                    "recovered", "adjusted", "changed", "rented"};

using Flags = uint16_t;
constexpr Flags kOverrun = 1 << 0;    // Set by the ledger: an amount exceeds what was held.
constexpr Flags kUncertain = 1 << 1;  // The provider may have counted otherwise.
constexpr Flags kEstimated = 1 << 2;  // Counted here, not reported by the provider.

// What a call took from one grant. Negative: a correction gave it back.
struct Burn {
  uint64_t grant = 0;  // The sequence number of the grant's entry.
  int64_t amount = 0;

  friend bool operator==(const Burn&, const Burn&) = default;
};

struct Entry {
  uint64_t seq = 0;  // From 0, without holes.
  EntryKind kind = EntryKind::kSettled;
  Flags flags = 0;
  int64_t at_ms = 0;         // When the call began: it decides the windows.
  int64_t posted_at_ms = 0;  // When the entry was written; never decreases from one entry to the next.
  Amounts amounts{};
  Tallies tallies{};
  std::string id;
  Axes axes;
  int64_t session_start_ms = 0;  // Of the session of the call; 0 if it belongs to none.
  std::vector<Burn> burns;       // By prepaid budgets.
  std::optional<uint64_t> of;    // kAdjusted: the entry that it corrects.
  std::optional<Change> change;  // kChanged: of a budget.
  std::string actor;             // kAdjusted, and kChanged without a change: who ..
  std::string reason;            // .. and why.
  std::string detail;            // The caller's own record, opaque here.

  friend bool operator==(const Entry&, const Entry&) = default;
};

std::string Encode(const Entry& entry);
absl::StatusOr<Entry> DecodeEntry(std::string_view bytes);

}  // namespace tokenfoundry::ledger
