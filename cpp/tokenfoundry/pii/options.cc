#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/detector_internal.h"
#include "tokenfoundry/pii/profiles_internal.h"
#include "tokenfoundry/pii/regex_size_internal.h"
#include "tokenfoundry/pii/validators/registry.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

constexpr double kMaxNameMargin = 100;  // Logits; far beyond where nothing, or everything, is a name.

bool IsEntityName(std::string_view name) {
  return !name.empty() && IsUpper(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
}

absl::Status ValidateName(const char* what, const std::string& name) {
  if (IsEntityName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " name '", name, "' must be like BADGE or STAFF_ID: A-Z, 0-9 and _, starting with a letter"));
}

bool IsText(std::string_view value) { return value.find('\0') == std::string_view::npos && text::IsValidUtf8(value); }

absl::Status ValidatePattern(const CustomPattern& pattern) {
  TF_RETURN_IF_ERROR(ValidateName("pattern", pattern.name));
  TF_RETURN_IF_ERROR(ValidateScore(absl::StrCat("pattern ", pattern.name, ": score"), pattern.score));
  if (pattern.regex.empty())
    return absl::InvalidArgumentError(absl::StrCat("pattern ", pattern.name, " has an empty regex"));
  if (!IsText(pattern.regex)) {
    return absl::InvalidArgumentError(absl::StrCat("pattern ", pattern.name, ": the regex must be UTF-8 without NUL"));
  }
  if (const uint64_t size = RegexSize(pattern.regex); size > kMaxRegexSize) {
    return absl::InvalidArgumentError(absl::StrCat("pattern ", pattern.name,
                                                   " is too large: with its repeats written out it has ", size,
                                                   " characters, at most ", kMaxRegexSize, " are taken"));
  }
  if (!pattern.validator.empty() && FindValidator(pattern.validator) == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "pattern ", pattern.name, ": unknown validator '", pattern.validator, "'; known: ",
        absl::StrJoin(ValidatorNames(), ", ", [](std::string* out, std::string_view name) { out->append(name); })));
  }
  CueTable table({});
  for (const std::string& phrase : pattern.context) {
    if (!table.Add(phrase, Cue::kCustom)) {
      return absl::InvalidArgumentError(
          absl::StrCat("pattern ", pattern.name, ": the context '", phrase, "' must be one to three words"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateDenyList(const DenyList& list) {
  TF_RETURN_IF_ERROR(ValidateName("deny list", list.name));
  if (list.values.empty()) return absl::InvalidArgumentError(absl::StrCat("the deny list of ", list.name, " is empty"));
  for (const std::string& value : list.values) {
    if (value.empty() || !IsText(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the deny list of ", list.name, " holds a value that is empty or not UTF-8 without NUL"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateScore(const std::string& of, double score) {
  if (score >= 0 && score <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(of, " must be from 0 to 1, is ", score));
}

absl::Status DetectorOptions::Validate() const {
  if (FindProfile(profile) == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("unknown profile '", profile, "'; known: minimal, default, strict"));
  }
  for (const std::string& name : entities.value_or(std::vector<std::string>{})) {
    if (FindEntity(name) == nullptr) {
      const auto append = [](std::string* out, const EntityInfo& info) { out->append(info.name); };
      return absl::InvalidArgumentError(
          absl::StrCat("unknown entity '", name, "'; known: ", absl::StrJoin(Entities(), ", ", append)));
    }
  }
  for (const std::string& language : languages) {
    const std::vector<std::string_view> known = Languages();
    if (std::find(known.begin(), known.end(), language) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("unknown language '", language, "'; known: de, en, es, fr, it"));
    }
  }
  for (const CustomPattern& pattern : patterns) TF_RETURN_IF_ERROR(ValidatePattern(pattern));
  for (const DenyList& list : deny) TF_RETURN_IF_ERROR(ValidateDenyList(list));
  if (score_threshold) TF_RETURN_IF_ERROR(ValidateScore("score_threshold", *score_threshold));
  if (!(std::abs(name_margin) <= kMaxNameMargin)) {
    return absl::InvalidArgumentError(
        absl::StrCat("name_margin must be from -", kMaxNameMargin, " to ", kMaxNameMargin));
  }
  if (entities && entities->empty() && patterns.empty() && deny.empty()) {
    return absl::InvalidArgumentError("no entity, no pattern and no deny list to look for");
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::pii
