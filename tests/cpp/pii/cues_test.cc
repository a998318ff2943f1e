#include <gtest/gtest.h>

#include <string>

#include "tokenfoundry/pii/cues_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kAllLanguages[] = {"de", "en", "es", "fr", "it"};

const CueTable& AllCues() {
  static const CueTable table(kAllLanguages);
  return table;
}

// The words that speak for `cue` beside the value marked by <>, or "" if none do.
std::string CueIn(std::string text, Cue cue, const CueTable& table = AllCues()) {
  const size_t start = text.find('<');
  text.erase(start, 1);
  const size_t end = text.find('>');
  text.erase(end, 1);
  CueReader reader(table, text);
  const auto place = reader.Beside(start, end, cue);
  return place ? text.substr(place->start, place->end - place->start) : "";
}

TEST(CueReader, FindsAPhraseBeforeTheValueInAnyCaseAndPunctuation) {
  EXPECT_EQ(CueIn("la mia Partita IVA: <1>", Cue::kVat), "Partita IVA");
  EXPECT_EQ(CueIn("P. IVA <1>", Cue::kVat), "P. IVA");
  EXPECT_EQ(CueIn("\"partita_iva\": \"<1>\"", Cue::kVat), "partita_iva");
  EXPECT_EQ(CueIn("partitaIva=<1>", Cue::kVat), "partitaIva");
  EXPECT_EQ(CueIn("SÉCURITÉ SOCIALE <1>", Cue::kFrNir), "SÉCURITÉ SOCIALE");
  EXPECT_EQ(CueIn("il passaporto è <1>", Cue::kPassport), "passaporto");
  EXPECT_EQ(CueIn("«passaporto»\xC2\xA0<1>", Cue::kPassport), "passaporto");
  EXPECT_EQ(CueIn("carta d’identità <1>", Cue::kIdentityCard), "carta d’identità");
  EXPECT_EQ(CueIn("se\u0301curite\u0301 sociale <1>", Cue::kFrNir), "se\u0301curite\u0301 sociale");
}

TEST(CueReader, FindsAPhraseJustBehindTheValueOnTheSameLine) {
  EXPECT_EQ(CueIn("<1> (NIE)", Cue::kEsNie), "NIE");
  EXPECT_EQ(CueIn("<1>\nNIE", Cue::kEsNie), "");
  EXPECT_EQ(CueIn("<1> e altre trenta cose prima del NIE", Cue::kEsNie), "");
}

TEST(CueReader, TakesAWordOnlyWhole) {
  EXPECT_EQ(CueIn("manipola <1>", Cue::kPlNip), "");
  EXPECT_EQ(CueIn("insieme <1>", Cue::kEsNie), "");
  EXPECT_EQ(CueIn("bancario <1>", Cue::kBank), "");
}

TEST(CueReader, LeavesAPhraseToTheNumberThatStandsNearer) {
  EXPECT_EQ(CueIn("passaporto 12345678, ordine <1>", Cue::kPassport), "");
  EXPECT_EQ(CueIn("passaporto (ordine): <1>", Cue::kPassport), "passaporto");
  EXPECT_EQ(CueIn("passaporti 12345678 e <1>", Cue::kPassport), "passaporti");
}

TEST(CueReader, LeavesAPhraseOfAnotherSentenceOrParagraphToThat) {
  EXPECT_EQ(CueIn("My passport is lost. Order <1> has shipped.", Cue::kPassport), "");
  EXPECT_EQ(CueIn("My passport is lost\n\nOrder <1> has shipped.", Cue::kPassport), "");
  EXPECT_EQ(CueIn("My passport (order copy) <1> has shipped.", Cue::kPassport), "passport");
}

TEST(CueReader, SeesNoFurtherThanItsReach) {
  EXPECT_EQ(CueIn("passaporto " + std::string(60, '.') + "<1>", Cue::kPassport), "passaporto");
  EXPECT_EQ(CueIn("passaporto " + std::string(80, '.') + "<1>", Cue::kPassport), "");
}

TEST(CueReader, FindsTheSameWhereverTheTextIsCutIntoBlocks) {
  for (size_t padding = 200; padding < 560; ++padding) {
    EXPECT_EQ(CueIn(std::string(padding, ' ') + "partita iva <1>", Cue::kVat), "partita iva") << padding;
  }
}

TEST(CueReader, FindsTheHeaderOfAColumn) {
  const std::string far(80, 'x');  // Beyond the reach of a phrase in the running text.
  EXPECT_EQ(CueIn("nome,partita_iva,note\n" + far + ",1,a\nBianchi,<2>,b\n", Cue::kVat), "partita_iva");
  EXPECT_EQ(CueIn("nome,partita_iva,note\n" + far + ",1,a\nBianchi,2,<b>\n", Cue::kVat), "");
  EXPECT_EQ(CueIn("| Nome | P.IVA |\n| --- | --- |\n| " + far + " | <1> |", Cue::kVat), "P.IVA");
  EXPECT_EQ(CueIn("nome\tpiva\n" + far + "\t<1>", Cue::kVat), "piva");
  EXPECT_EQ(CueIn("nome;piva\n\"" + far + "; x\";<1>", Cue::kVat), "piva");
  EXPECT_EQ(CueIn("nome,partita_iva\n" + far + ",1,2\nBianchi,<2>", Cue::kVat), "");
}

TEST(CueReader, TakesNoProseForATable) {
  EXPECT_EQ(CueIn("the passport, again\nthanks, <1>", Cue::kPassport).size(), 8u);  // Near, so it speaks anyway.
  const std::string far(80, 'x');
  EXPECT_EQ(CueIn("a, passport, b\n" + far + ", <1>, c", Cue::kPassport), "");
  EXPECT_EQ(CueIn("a, passport, b\n1, 2, 3\n" + far + ", <1>, c", Cue::kPassport), "passport");
  EXPECT_EQ(CueIn("I lost the passport that I had,yes\n" + far + ",<1>", Cue::kPassport), "");
}

TEST(CueReader, KnowsOnlyTheWordsOfItsLanguages) {
  const std::string_view english[] = {"en"};
  EXPECT_EQ(CueIn("cellulare <1>", Cue::kPhone, CueTable(english)), "");
  EXPECT_EQ(CueIn("mobile <1>", Cue::kPhone, CueTable(english)), "mobile");
}

TEST(CueReader, NamesTheNearestOfSeveralCues) {
  constexpr Cue kCues[] = {Cue::kPhone, Cue::kOther};
  const std::string text = "telefono per ordine 1";
  CueReader reader(AllCues(), text);
  EXPECT_EQ(reader.NearestBefore(20, kCues), Cue::kOther);
  EXPECT_EQ(reader.NearestBefore(9, kCues), Cue::kPhone);
  EXPECT_EQ(reader.NearestBefore(0, kCues), Cue::kNone);
}

TEST(CueReader, ReadsEachByteABoundedNumberOfTimes) {
  const std::string unit = "a,tel 1\n";
  std::string text;
  while (text.size() < 100'000) text += unit;
  CueReader reader(AllCues(), text);
  for (size_t at = 0; at < text.size(); ++at) reader.Beside(at, at + 1, Cue::kVat);
  EXPECT_LE(reader.steps(), 24 * text.size());
}

TEST(CueTable, RefusesAPhraseWithoutAWordOrWithFour) {
  CueTable table({});
  EXPECT_FALSE(table.Add("12", Cue::kCustom));
  EXPECT_FALSE(table.Add("one two three four", Cue::kCustom));
  EXPECT_TRUE(table.Add("numéro de badge", Cue::kCustom));
}

}  // namespace
}  // namespace tokenfoundry::pii
