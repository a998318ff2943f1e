// Identifiers that are a fixed run of letters and digits: how each is printed, and what check it must pass.
//
// A form is written in one character per character: `d` a digit, `l` a letter, `x` either, a space one separator
// (space, dash, dot, slash or a wide one), anything else itself (capitals match both cases).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tokenfoundry/pii/entity_internal.h"

namespace tokenfoundry::pii {

enum class Strength : uint8_t {
  kProves,  // The check and the form leave no doubt.
  kChecks,  // The check digits fit one number in ten or a hundred: a word beside the value decides.
  kForm,    // There is no check, or a weak one: a word beside the value decides.
};

struct CodeForms {
  Entity entity;
  std::string_view forms;      // Separated by "|".
  std::string_view validator;  // By name (validators/registry.h), or empty.
  Strength strength;
  double alone = 0;  // The score without such a word, where these forms tell more than the entity's others.
};

inline constexpr size_t kMaxCodeChars = 34;  // Letters and digits of one code.

std::span<const CodeForms> CodeFormTable();

}  // namespace tokenfoundry::pii
