#include "found_values.h"

namespace tokenfoundry::pii {
namespace {

const Detector& Streets() {
  static const std::unique_ptr<const Detector> detector =
      *Detector::Create({.entities = std::vector<std::string>{"STREET_ADDRESS"}});
  return *detector;
}

constexpr std::string_view kEntity = "STREET_ADDRESS";

TEST(StreetAddress, ReadsItalianStreetsWithTheirNumber) {
  ExpectMarked(
      Streets(), kEntity,
      {"Abito in [via Giuseppe Garibaldi 12] a Ferrara.", "[Via Roma, 12/A]",
       "ci vediamo in [piazza San Marco n. 3], ok?", "[corso Vittorio Emanuele II, 45 bis]", "[VIA GIUSEPPE MAZZINI 4]",
       "[via XX Settembre 20]", "[via 4 Novembre 3]", "[via G. Garibaldi 5]", "[p.zza Duomo 1]",
       "[C.so Buenos Aires 33]", "[viale dell'Università 6]", "[Via Verdi 7, int. 5, scala B]", "[largo Augusto 8]",
       "abito in [via garibaldi 12], vieni?", "[Via Appia Nuova snc]"});
}

TEST(StreetAddress, ReadsEnglishStreetsWithTheirNumber) {
  ExpectMarked(Streets(), kEntity,
               {"[221B Baker Street]", "He lives at [10 Downing St].", "[1600 Pennsylvania Ave NW, Apt 4]",
                "[500 5th Ave]", "Send it to [12 St. James's Square] today", "[350 Fifth Avenue, Suite 200]",
                "i live at [10 downing street]", "[12, High Street]", "[Flat 3, 221B Baker Street]"});
}

TEST(StreetAddress, ReadsFrenchStreetsBehindTheirNumber) {
  ExpectMarked(Streets(), kEntity,
               {"Il habite [12 rue de la Paix].", "[5 bis, avenue Victor Hugo]", "[3 place de la République]",
                "[12 rue du 8 mai 1945]", "j'habite au [12 rue victor hugo], à lyon",
                "j'habite [8 rue de la république] depuis 3 ans", "[14 quai d’Orsay]"});
}

TEST(StreetAddress, ReadsGermanStreetsByTheirEnding) {
  ExpectMarked(Streets(), kEntity,
               {"Sie wohnt in der [Hauptstraße 12].", "[Musterstr. 5a]", "[Am Alten Markt 3]",
                "[Schönhauser Allee 12a]", "[Karl-Marx-Ring 5]", "[Berliner Straße 5 b], Hinterhaus",
                "[Straße des 17. Juni 135]", "[Unter den Linden 77]", "[Alte Poststraße 3]"});
}

TEST(StreetAddress, ReadsSpanishStreetsWithFloorAndDoor) {
  ExpectMarked(Streets(), kEntity,
               {"Vivo en la [Calle Mayor 5, 3º B].", "[Avda. de la Constitución, 12]", "[C/ Serrano 21]",
                "[Plaza de España, 3, 2º izq]", "[Paseo de la Castellana, nº 100]", "[calle Alcalá, s/n]"});
}

TEST(StreetAddress, TakesThePostcodeAndTheTownWithIt) {
  ExpectMarked(
      Streets(), kEntity,
      {"[Via Roma 12, 20121 Milano (MI)], citofono Bianchi", "[Via Verdi 3\n20121 Milano]\nTel.",
       "[Via Verdi 3 - 44121 Ferrara (FE)]", "[Via Verdi 3, Ferrara (FE)]", "[12 rue de la Paix, 75002 Paris].",
       "[Goethestraße 7, 60313 Frankfurt am Main].", "[Hauptstr. 12, D-10115 Berlin]", "[Calle Mayor 5, 28013 Madrid]",
       "[10 Downing Street, London SW1A 2AA]", "[742 Evergreen Terrace, Springfield, IL 62704]",
       "[1 Infinite Loop, Cupertino, CA 95014]", "[123 Main St, Apt 4B, Springfield IL 62704-1234]",
       "[Rue Voltaire, 75011 Paris]"});
}

TEST(StreetAddress, NeedsAWordThatSaysSoWhereThereIsNoNumber) {
  ExpectMarked(Streets(), kEntity,
               {"residente in [via Roma]", "Indirizzo: [Via dell'Orso]", "Domicilio: [Calle de Alcalá]"});
  ExpectNothing(Streets(), {"via Roma è chiusa", "la piazza Duomo era piena", "Il treno passa via Bologna alle 12"});
}

TEST(StreetAddress, LeavesOtherUsesOfTheWordsAlone) {
  ExpectNothing(Streets(), {"Scrivimi via e-mail 2 volte",
                            "ho avuto il via libera 3 giorni fa",
                            "Corso di Laurea 12 ore",
                            "corso di inglese 2 livello",
                            "Corso Excel 2019",
                            "corso Analisi Matematica 1",
                            "12 avenue of research",
                            "St. 5",
                            "connect via SSH 22",
                            "via Python 3.11",
                            "via Python 3",
                            "via Java 8",
                            "via the DOM Level 2",
                            "via USB 3.0",
                            "In 2008 Wall Street collapsed",
                            "12 March Dr. Smith",
                            "3 Mount St. Helens",
                            "5 place settings",
                            "In der Allee 3 Bäume",
                            "Am Montag 3 Leute",
                            "Parkplatz 3",
                            "String 3",
                            "Monitoring 24",
                            "Umweg 3",
                            "la calle 13",
                            "en la calle 3 personas",
                            "Strada Statale 16",
                            "reste 1 place de parking",
                            "Die Straße 5",
                            "for way 5 in ways:",
                            "5 Google Drive links",
                            "the 9 Supreme Court justices",
                            "Chapter 3 Baker Street",
                            "Versand via DHL 5",
                            "Via Lattea 3",
                            "Die Rue Morgue 2",
                            "$12 Main Street",
                            "Via Roma 12.50 euro",
                            "Via Roma 12 euro",
                            "Phase 2 Data Center",
                            "Chapter 5 New Bridge",
                            "Copyright 2009 Neil Groves",
                            "C. Bianchi 12",
                            "Baden-Württemberg 164",
                            "die Bundesstraße 216"});
}

TEST(StreetAddress, SaysWhatSpokeForIt) {
  const std::string_view text = "residente in via Roma 12";
  const auto findings = *Streets().Detect(text);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].evidence, Evidence::kContext);
  EXPECT_EQ(text.substr(findings[0].cue_start, findings[0].cue_end - findings[0].cue_start), "residente");
}

}  // namespace
}  // namespace tokenfoundry::pii
