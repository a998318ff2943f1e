// The identifiers that are a fixed run of letters and digits: in the table, and in sentences.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/cpp/pii/detectors.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/pii/recognizers/code_forms_internal.h"
#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::pii {
namespace {

std::string FindIn(std::string_view text) {
  std::string found;
  const auto findings = EverythingButNames().Detect(text);
  for (const Finding& f : findings.value()) {
    if (!found.empty()) found += ", ";
    found += EverythingButNames().entities()[f.entity] + " " + std::string(text.substr(f.start, f.end - f.start));
  }
  return found;
}

TEST(CodeForms, NameAValidatorThatExistsAndAnEntityOfTheirRecognizer) {
  for (const CodeForms& row : CodeFormTable()) {
    if (!row.validator.empty()) {
      EXPECT_NE(FindValidator(row.validator), nullptr) << row.validator;
    }
    EXPECT_FALSE(row.forms.empty());
    EXPECT_NE(SpecOf(row.entity).recognizer, nullptr) << SpecOf(row.entity).name;
  }
}

TEST(CodeForms, AreThereForEveryEntityThatIsFoundByForm) {
  std::set<Entity> with_forms;
  for (const CodeForms& row : CodeFormTable()) with_forms.insert(row.entity);
  for (const EntitySpec& spec : Catalogue()) {
    if (spec.recognizer == &kCodeRecognizer) {
      EXPECT_TRUE(with_forms.contains(spec.entity)) << spec.name;
    }
  }
}

TEST(Catalogue, HasARowForEveryEntityWithASourceAndAScore) {
  EXPECT_EQ(Catalogue().size(), kEntityCount);
  for (size_t i = 0; i < kEntityCount; ++i) {
    const EntitySpec& spec = SpecOf(static_cast<Entity>(i));
    EXPECT_FALSE(spec.source.empty()) << spec.name;
    if (spec.recognizer == nullptr) continue;
    EXPECT_GT(spec.scores.validated + spec.scores.in_context + spec.scores.alone, 0) << spec.name;
    EXPECT_TRUE(spec.scores.validated == 0 || !spec.validator.empty()) << spec.name;
  }
}

struct Sentence {
  std::string_view text;
  std::string_view found;
};

TEST(Code, FindsIdentifiersInTheFormsThatPeopleWrite) {
  for (const Sentence& s :
       std::initializer_list<Sentence>{{"P.IVA 00743110157", "IT_VAT_CODE 00743110157"},
                                       {"IT00743110157", "IT_VAT_CODE IT00743110157"},
                                       {"it00743110157", "IT_VAT_CODE it00743110157"},
                                       {"codice fiscale 00743110157", "IT_FISCAL_CODE 00743110157"},
                                       {"passaporto n. YA1234567", "IT_PASSPORT YA1234567"},
                                       {"carta d'identità CA00000AA", "IT_IDENTITY_CARD CA00000AA"},
                                       {"Mi NIF es 12345678Z.", "ES_NIF 12345678Z"},
                                       {"DNI: 12.345.678-Z", "ES_NIF 12.345.678-Z"},
                                       {"NIE X1234567L", "ES_NIE X1234567L"},
                                       {"n° sécu 2 55 08 14 168 025 38", "FR_NIR 2 55 08 14 168 025 38"},
                                       {"SIRET 732 829 320 00074", "FR_SIRET 732 829 320 00074"},
                                       {"Steuer-ID 86 095 742 719", "DE_TAX_ID 86 095 742 719"},
                                       {"USt-IdNr. DE136695976", "DE_VAT_ID DE136695976"},
                                       {"NI number AB 12 34 56 C", "UK_NINO AB 12 34 56 C"},
                                       {"NHS no 943 476 5919", "UK_NHS 943 476 5919"},
                                       {"PESEL 44051401359", "PL_PESEL 44051401359"},
                                       {"BSN 111222333", "NL_BSN 111222333"},
                                       {"SSN 536-90-4399", "US_SSN 536-90-4399"},
                                       {"hetu 131052-308T", "FI_PERSONAL_IDENTITY_CODE 131052-308T"},
                                       {"BIC UNCRITMM", "BIC UNCRITMM"},
                                       {"partita_iva,nome\n00743110157,x\n", "IT_VAT_CODE 00743110157"}}) {
    EXPECT_EQ(FindIn(s.text), s.found) << s.text;
  }
}

TEST(Code, LeavesWhatOnlyLooksAlike) {
  for (const std::string_view text :
       {"P.IVA 00743110158", "numero 00743110157", "ordine 111222333", "DNI 12345678A", "12345678Z9", "x12345678Z",
        "SSN 000-12-3456", "commit 12345678a", "0.12345678Z", "CONSIDERATO il ricorso", "es 12345678 y más",
        "550e8400-e29b-41d4-a716-446655440000x"}) {
    EXPECT_EQ(FindIn(text), "") << text;
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
