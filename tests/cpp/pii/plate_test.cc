#include "found_values.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Plates() {
  static const std::unique_ptr<const Detector> detector =
      *Detector::Create({.entities = std::vector<std::string>{"LICENSE_PLATE", "DE_KFZ", "UK_VEHICLE_REGISTRATION"}});
  return *detector;
}

TEST(Plate, NeedsAWordThatSaysPlate) {
  ExpectMarked(
      Plates(), "LICENSE_PLATE",
      {"targa [AB123CD]", "auto, targata [AB 123 CD], è", "[FE 123456] targa vecchia", "immatriculé [AA-123-BB]",
       "matrícula [1234 BCD]", "matrícula: [1234BCD]", "license plate [7ABC123]", "plate number [KL 07 AB 12]"});
  ExpectNothing(Plates(), {"AB123CD", "AA-123-BB", "1234 BCD", "FE 123456", "part AB123CD-01", "targa 123", "1234 GBP",
                           "license plates are checked, see the list. ABC1234"});
}

TEST(Plate, KnowsTheGermanOneByItsDistrict) {
  ExpectMarked(Plates(), "DE_KFZ",
               {"Kennzeichen [M-AB 1234]", "[M-AB 1234]", "[HH-XY 99]", "der Wagen [TÜ-AB 123E] steht", "[B-MW 1234H]",
                "Kennzeichen [M AB 1234]"});
  ExpectNothing(Plates(), {"ISO-AB 123", "M AB 1234", "XX-AB 123", "M-AB 0123", "M-ABC 123", "M-AB 12345", "S-AB-12",
                           "COM-AB 12"});
}

TEST(Plate, NamesTheBritishOne) {
  ExpectMarked(Plates(), "UK_VEHICLE_REGISTRATION", {"number plate [AB12 CDE]", "reg no [AB12CDE]"});
  ExpectNothing(Plates(), {"AB12 CDE", "AB12CDE"});
}

}  // namespace
}  // namespace tokenfoundry::pii
