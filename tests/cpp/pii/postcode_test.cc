#include "found_values.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Postcodes() {
  static const std::unique_ptr<const Detector> detector =
      *Detector::Create({.entities = std::vector<std::string>{"POSTCODE", "DE_PLZ", "UK_POSTCODE"}});
  return *detector;
}

TEST(Postcode, NeedsAWordOrATown) {
  ExpectMarked(Postcodes(), "POSTCODE",
               {"CAP [20121]", "il CAP è [20121] e", "{\"cap\": \"[20121]\"}", "ZIP code: [62704]", "zip: [62704-1234]",
                "postal code [75002]", "code postal [75002]", "código postal: [28013]", "\"postalCode\": \"[20121]\"",
                "[20121] Milano (MI)", "[44121] Reggio nell'Emilia (RE)", "Springfield, IL [62704]",
                "Springfield IL [62704]", "I-[20121] Milano", "[28013] Madrid", "Madrid [28013]"});
  ExpectNothing(Postcodes(), {"20121", "20121 pezzi", "a cap of 10000 users", "market cap 50000",
                              "zip file 12345 bytes", "See PR 70437", "CAP 201212", "il CAP. Il totale è 20121",
                              "CAP 20121.50", "10115 Milano", "line 12345"});
}

TEST(Postcode, IsAGermanOneBesideTheGermanWord) {
  ExpectMarked(Postcodes(), "DE_PLZ", {"PLZ [10115]", "PLZ: [10115] Berlin", "Postleitzahl [80331]"});
}

TEST(Postcode, KnowsTheBritishOneByItsShape) {
  ExpectMarked(Postcodes(), "UK_POSTCODE",
               {"[SW1A 1AA]", "write to us at [M1 1AE], please", "postcode [sw1a 1aa]", "postcode [SW1A1AA]",
                "[EC1A 1BB]", "[B33 8TH]", "[CR2 6XH]"});
  ExpectNothing(Postcodes(), {"SW1A", "M1", "MacBook M1 8GB", "SW1A1AA", "m1 1ae", "part X-SW1A 1AA", "SW1A 1AA-2",
                              "ZZ1 1AA", "SW1A 1CI", "e2 2nd"});
}

}  // namespace
}  // namespace tokenfoundry::pii
