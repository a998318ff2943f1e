#include "found_values.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Births() {
  static const std::unique_ptr<const Detector> detector =
      *Detector::Create({.entities = std::vector<std::string>{"DATE_OF_BIRTH", "DATE_TIME"}});
  return *detector;
}

constexpr std::string_view kEntity = "DATE_OF_BIRTH";

TEST(DateOfBirth, TakesTheDateBesideAWordOfBirth) {
  const auto births = *Detector::Create({.entities = std::vector<std::string>{"DATE_OF_BIRTH"}});
  ExpectMarked(*births, kEntity,
               {"nato a Milano il [12/03/1980]",
                "la signora, nata il [3 maggio 1975], chiede",
                "Data di nascita: [12.03.1980]",
                "Luogo e data di nascita: Ferrara (FE), [12/03/1980]",
                "NATO A MILANO IL [12/03/1980]",
                "nato il [12/3/80] a Ferrara",
                "She was born on [March 12, 1980] in Leeds",
                "DOB: [03/12/1980]",
                "D.O.B. [12 Mar 1980]",
                "date of birth [1980-03-12]",
                "My birthday is [March 12]",
                "né le [3 mai 1990] à Lyon",
                "née à Paris le [1er mai 1990]",
                "Date de naissance : [03/05/1990]",
                "geboren am [12. März 1980]",
                "Max (geb. [12.3.1980])",
                "wurde am [12.03.1980] in Köln geboren.",
                "Geburtsdatum: [12.03.1980]",
                "fecha de nacimiento: [3 de mayo de 1990]",
                "nacido el [03-05-1990]",
                "{\"birth_date\": \"[1980-03-12]\", \"since\": \"2020-01-01\"}",
                "{\"dataNascita\":\"[12/03/1980]\"}",
                "dateOfBirth=[19800312]",
                "birthdate [12 03 1980]"});
}

TEST(DateOfBirth, WinsOverAPlainDate) { ExpectMarked(Births(), kEntity, {"nato il [12/03/1980]"}); }

TEST(DateOfBirth, LeavesOtherDaysAlone) {
  const auto births = *Detector::Create({.entities = std::vector<std::string>{"DATE_OF_BIRTH"}});
  ExpectNothing(*births, {"il 12/03/1980", "the NATO treaty of 4/4/1949", "signed by NATO on 4/4/1949",
                          "nato a Ferrara, assunto il 01/03/2010", "He was born in Rome. On 12/03/2020 we met.",
                          "née en Italie, embauchée le 03/02/2015", "nata il 31/02/1980", "des années le 12/03/1980",
                          "the stubborn 12/03/1980", "Geburtsdatum fehlt\n\n12.03.1980"});
}

}  // namespace
}  // namespace tokenfoundry::pii
