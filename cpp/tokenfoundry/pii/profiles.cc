#include <algorithm>

#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/pii/profiles_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr ProfileSpec kProfiles[] = {
    {Profile::kMinimal, "minimal", 0.5},
    {Profile::kDefault, "default", 0.5},
    {Profile::kStrict, "strict", 0.25},
};

std::string_view NameOf(DefaultAction action) { return action == DefaultAction::kAllow ? "allow" : "pseudonymize"; }

}  // namespace

std::span<const ProfileSpec> ProfileTable() { return kProfiles; }

const ProfileSpec* FindProfile(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kProfiles), std::end(kProfiles), [&](const ProfileSpec& p) { return p.name == name; });
  return found == std::end(kProfiles) ? nullptr : found;
}

std::vector<std::string_view> Profiles() {
  std::vector<std::string_view> names;
  for (const ProfileSpec& profile : kProfiles) names.push_back(profile.name);
  return names;
}

std::vector<std::string_view> Languages() { return {"de", "en", "es", "fr", "it"}; }

std::vector<EntityInfo> Entities() {
  std::vector<EntityInfo> entities;
  for (const EntitySpec& spec : Catalogue()) {
    const double score = spec.scores.validated > 0 ? spec.scores.validated : spec.scores.in_context;
    entities.push_back({spec.name, spec.countries, spec.validator, kProfiles[static_cast<size_t>(spec.profile)].name,
                        NameOf(spec.action), score, spec.source});
  }
  return entities;
}

}  // namespace tokenfoundry::pii
