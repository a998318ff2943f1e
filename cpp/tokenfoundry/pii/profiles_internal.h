// How much is looked for: three steps, each with how sure a finding must be.
#pragma once

#include <span>
#include <string_view>

#include "tokenfoundry/pii/catalogue_internal.h"

namespace tokenfoundry::pii {

struct ProfileSpec {
  Profile profile;
  std::string_view name;
  double score_threshold;
};

std::span<const ProfileSpec> ProfileTable();

// The profile of that name, or nullptr.
const ProfileSpec* FindProfile(std::string_view name);

}  // namespace tokenfoundry::pii
