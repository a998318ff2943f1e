#include "found_values.h"
#include "tests/cpp/pii/detectors.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Dates() {
  static const std::unique_ptr<const Detector> detector =
      *Detector::Create({.entities = std::vector<std::string>{"DATE_TIME"}, .profile = "strict"});
  return *detector;
}

constexpr std::string_view kEntity = "DATE_TIME";

TEST(DateTime, ReadsDatesInDigits) {
  ExpectMarked(Dates(), kEntity,
               {"il [12/03/2025], poi", "[2025-03-12]", "[12.03.2025].", "[12-3-2025]", "[12/31/2024]", "[1/2/99]",
                "[29.02.2024]", "[12 / 03 / 1980]"});
}

TEST(DateTime, ReadsMonthsInFiveLanguages) {
  ExpectMarked(Dates(), kEntity,
               {"il [12 marzo 2025] e", "on [March 12, 2025],", "[12 March 2025]", "[12th of March 2025]",
                "le [3 mai 1990]", "le [1er août 2020]", "am [12. März 2025]", "el [3 de mayo de 1990]",
                "[12-Mar-2025]", "[March 12th]", "[marzo 2025]", "[5 dicembre]"});
}

TEST(DateTime, JoinsTheTimeToItsDate) {
  ExpectMarked(Dates(), kEntity,
               {"[2025-03-12T09:14:03Z]", "[2025-03-12 09:14:03.123+01:00] INFO", "[12/Mar/2025:09:14:03 +0000]",
                "[12/03/2025 09:30]", "[20250312T091403Z]"});
}

TEST(DateTime, ReadsTimesOfDay) {
  ExpectMarked(Dates(), kEntity,
               {"alle [9.30]", "at [09:30]", "à [14h30]", "at [5 pm].", "um [9.30 Uhr]", "[14 Uhr]", "[11:59 PM]"});
}

TEST(DateTime, LeavesAloneWhatTheCalendarDoesNotHave) {
  ExpectNothing(Dates(),
                {"31/02/2025", "29.02.2023", "30/13/2024", "2025-13-01", "31 giugno 2025", "25:61", "9.30",
                 "version 1.2.3", "1.10.2020.4", "10.0.12.99", "10:20:30:40", "5 set", "3 may be", "1/2", "12-3-45-6"});
}

TEST(DateTime, IsLookedForOnRequestAloneAndIsAllowedByDefault) {
  ExpectNothing(EverythingButNames(), {"il 12/03/2025", "12 marzo 2025"});
  for (const EntityInfo& entity : Entities()) {
    if (entity.name == kEntity) {
      EXPECT_EQ(entity.action, "allow");
    }
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
