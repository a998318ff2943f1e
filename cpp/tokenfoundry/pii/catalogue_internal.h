// What each entity is: one row says its name (Presidio's, so that policies carry over), where it is used, what finds
// and proves it, the words that speak for it, how sure each proof makes it, and the standard behind it.
//
// One table, constant, any thread.
#pragma once

#include <span>
#include <string_view>

#include "tokenfoundry/pii/cues_internal.h"
#include "tokenfoundry/pii/entity_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {

// The smallest profile that looks for the entity; each profile includes the ones before it.
enum class Profile : uint8_t { kMinimal, kDefault, kStrict };

// What a redactor does with it where its policy says nothing.
enum class DefaultAction : uint8_t { kPseudonymize, kAllow };

struct Scores {       // Presidio's scale; 0 is never reported.
  double validated;   // The check digits or the grammar prove it.
  double in_context;  // The form, beside a word that speaks for it.
  double alone;       // The form, or check digits that many numbers satisfy by chance, and no such word.
};

struct EntitySpec {
  Entity entity;
  std::string_view name;
  std::string_view countries;    // ISO 3166-1 alpha-2, "EU", or "*".
  const Recognizer* recognizer;  // Null for names: the tagger finds those.
  std::string_view validator;    // What proves it, in words for a reader; empty where nothing can.
  Cue cue;
  Scores scores;
  Profile profile;
  DefaultAction action;
  std::string_view source;
};

std::span<const EntitySpec> Catalogue();

const EntitySpec& SpecOf(Entity entity);

// The entity of that name, or nullptr.
const EntitySpec* FindEntity(std::string_view name);

}  // namespace tokenfoundry::pii
