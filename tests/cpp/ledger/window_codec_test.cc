#include <gtest/gtest.h>

#include "tests/cpp/ledger/window_examples.h"
#include "tests/cpp/ledger/zone_examples.h"
#include "tokenfoundry/ledger/codec_internal.h"

namespace tokenfoundry::ledger {
namespace {

BudgetRecord RecordOf(const Window& window) {
  BudgetRecord record;
  record.budget.name = "claims";
  record.budget.window = window;
  record.budget.calls.each = {Axis::kSession};
  return record;
}

std::vector<Window> OneOfEachKind() {
  return {Daily(Odd(), 86'399),
          Weekly(Rome(), 7, kHalfPastTwo_s),
          Monthly(Rome(), 31, 60),
          Quarterly(Monrovia(), 12, 30),
          Yearly(UtcZone(), 4, 6),
          Shift(Rome(), {0, 6 * kHour_s, 86'399}),
          Rolling(UtcZone(), kMaxRolling_ms),
          WithoutEnd(UtcZone(), WindowKind::kSession),
          WithoutEnd(UtcZone(), WindowKind::kLifetime)};
}

TEST(WindowCodec, ReadsBackEveryFieldOfEveryKind) {
  for (const Window& window : OneOfEachKind()) {
    const auto read = DecodeBudget("claims", Encode(RecordOf(window)));
    ASSERT_TRUE(read.ok()) << static_cast<int>(window.kind) << " " << read.status();
    EXPECT_EQ(read->budget.window, window) << static_cast<int>(window.kind);
  }
}

TEST(WindowCodec, CallsACutRecordDamaged) {
  for (const Window& window : OneOfEachKind()) {
    const std::string bytes = Encode(RecordOf(window));
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(DecodeBudget("claims", std::string_view(bytes).substr(0, size)).status().code(),
                absl::StatusCode::kDataLoss)
          << static_cast<int>(window.kind) << " cut to " << size;
    }
  }
}

TEST(WindowCodec, CallsAWindowDamagedThatCannotBe) {
  for (const Window& window : {Shift(UtcZone(), {60, 60}), Rolling(UtcZone(), 1), Monthly(UtcZone(), 32)}) {
    EXPECT_EQ(DecodeBudget("claims", Encode(RecordOf(window))).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace tokenfoundry::ledger
